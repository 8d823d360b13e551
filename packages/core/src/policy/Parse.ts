/**
 * Policies as people type them: comma lists, portable verbs and short resource forms, for one provider.
 *
 * Everything that is only meant for typing ends here. What comes out is a plain policy object, which is what is shown,
 * signed and compared.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Conditions } from "./Condition.ts"
import * as Name from "./Name.ts"
import { PolicyTextError, type Reason } from "./PolicyTextError.ts"
import type { Provider } from "./Provider.ts"
import * as SchemaText from "./SchemaText.ts"
import * as ShortForm from "./ShortForm.ts"
import { Policy } from "./Statement.ts"
import * as Verbs from "./Verbs.ts"

/** A comma list, or several of them when a flag stands more than once. */
export type List = string | ReadonlyArray<string>

export interface Source {
  readonly allow: List
  readonly resource: List
  /** Actions denied on every resource. */
  readonly deny?: List
  readonly conditions?: typeof Conditions.Encoded
}

type Parsed<A> = Result.Result<A, PolicyTextError>

/**
 * Reads the text forms of one policy. Nothing is trimmed and an empty item is refused.
 *
 * A comma always separates, so a resource whose name holds one must come from a policy file.
 */
export const parse = (provider: Provider, source: Source): Parsed<Policy> =>
  Result.gen(function* () {
    const actions = yield* list("allow", source.allow, action(provider))
    const resources = yield* list("resource", source.resource, resource(provider))
    const denied = source.deny === undefined ? [] : yield* list("deny", source.deny, action(provider))
    const conditions = source.conditions === undefined ? {} : { conditions: yield* readConditions(source.conditions) }
    return yield* readPolicy({
      statements: [{ provider, actions, resources, ...conditions }],
      deny: denied.length === 0 ? [] : [{ provider, actions: denied, resources: ["*"] }]
    })
  })

/** The actions with every portable verb expanded; anything else stays as it is. */
export const expandVerbs = (provider: Provider, actions: ReadonlyArray<string>): Parsed<ReadonlyArray<string>> =>
  Result.map(
    Result.all(actions.map((text) => expand(provider, { field: "allow", text, start: 0, item: text }))),
    unique
  )

/** One item of a list and where it stands in the text. */
interface Place {
  readonly field: PolicyTextError["field"]
  readonly text: string
  readonly start: number
  readonly item: string
}

const refuse = (place: Place, reason: Reason, detail: string, at = 0, hint?: string): Parsed<never> =>
  Result.fail(
    new PolicyTextError({
      field: place.field,
      reason,
      detail,
      text: place.text,
      offset: place.start + at,
      ...(hint !== undefined && { hint })
    })
  )

const unique = (lists: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => [...new Set(lists.flat())]

const list = (
  field: PolicyTextError["field"],
  texts: List,
  read: (place: Place) => Parsed<ReadonlyArray<string>>
): Parsed<ReadonlyArray<string>> =>
  Result.map(
    Result.all(
      [texts].flat().flatMap((text) => {
        let start = 0
        return text.split(",").map((item) => {
          const place = { field, text, start, item }
          start += item.length + 1
          return Result.flatMap(plain(place), () => read(place))
        })
      })
    ),
    unique
  )

const plain = (place: Place): Parsed<void> => {
  const { item } = place
  if (item === "") return refuse(place, "EmptyItem", "an empty item; it would not mean everything")
  const control = item.search(/\p{Cc}/u)
  if (control !== -1) return refuse(place, "ControlCharacter", "a control character", control)
  if (item !== item.trimStart()) return refuse(place, "OuterBlank", "a blank before an item")
  if (item !== item.trimEnd()) return refuse(place, "OuterBlank", "a blank behind an item", item.trimEnd().length)
  // AWS would replace a policy variable by what the caller is, so the text would say something else than it reads.
  const variable = item.indexOf("${")
  if (variable !== -1) return refuse(place, "Variable", "a policy variable", variable)
  return Result.void
}

const dots = (provider: Provider, place: Place): Parsed<void> => {
  const at = provider === "gcp" || provider === "azure" ? Name.dotSegment(place.item) : -1
  return at === -1 ? Result.void : refuse(place, "DotSegment", 'a "." or ".." segment', at)
}

const action =
  (provider: Provider) =>
  (place: Place): Parsed<ReadonlyArray<string>> => {
    if (provider !== "oidc") return Result.flatMap(dots(provider, place), () => expand(provider, place))
    const blank = place.item.search(/\s/u)
    return blank === -1 ? Result.succeed([place.item]) : refuse(place, "InnerBlank", "a scope holds no blank", blank)
  }

const shapes = { aws: ":", gcp: ".", azure: "/" } as const
const examples = {
  aws: "an AWS action is written service:Action, such as s3:GetObject",
  gcp: "a GCP permission is written service.resource.verb, such as storage.objects.get",
  azure: "an Azure operation is written Provider/type/operation, such as Microsoft.Compute/virtualMachines/read"
} as const

const expand = (provider: Provider, place: Place): Parsed<ReadonlyArray<string>> => {
  const { item } = place
  if (provider === "oidc") return Result.succeed([item])
  const actions = Verbs.expand(provider, item)
  if (actions !== undefined) return Result.succeed(actions)
  if (Verbs.isVerb(item)) return refuse(place, "VerbWithoutCloud", `${provider} has nothing that ${item} could mean`)
  if (/[*?]/u.test(item)) return Result.succeed([item])
  const noun = item.slice(0, item.indexOf(":") + 1)
  if (noun !== "" && (provider !== "aws" || Verbs.isPortableNoun(noun))) {
    const near = Verbs.names.filter((name) => name.startsWith(noun))
    const known = (near.length === 0 ? Verbs.names : near).join(", ")
    return refuse(place, "UnknownVerb", "no portable verb of this name", noun.length, `the verbs are ${known}`)
  }
  return item.includes(shapes[provider])
    ? Result.succeed([item])
    : refuse(place, "Shape", `no action of ${provider}`, 0, examples[provider])
}

const resource =
  (provider: Provider) =>
  (place: Place): Parsed<ReadonlyArray<string>> =>
    Result.flatMap(dots(provider, place), () => {
      const read = ShortForm.read(provider, place.item)
      return typeof read === "string" ? Result.succeed([read]) : refuse(place, "Shape", read.detail, read.at, read.hint)
    })

const whole = (field: "conditions" | "policy", reason: Reason) => (error: Schema.SchemaError) =>
  new PolicyTextError({ field, reason, detail: SchemaText.line(error), text: "", offset: 0 })

const strictly = { onExcessProperty: "error" } as const

const readConditions = (input: typeof Conditions.Encoded): Parsed<Conditions> =>
  Result.mapError(Schema.decodeResult(Conditions, strictly)(input), whole("conditions", "Conditions"))

const readPolicy = (input: typeof Policy.Encoded): Parsed<Policy> =>
  Result.mapError(Schema.decodeResult(Policy, strictly)(input), whole("policy", "Limit"))
