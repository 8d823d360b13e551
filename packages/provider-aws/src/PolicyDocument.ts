/**
 * A policy as the session policy that AWS holds it by: always present, compact, and at most 2,048 characters.
 *
 * The document allows and denies what `Policy.covers` says of the same request, with two additions that a plan names:
 * guarded actions stay out, and an authority to list `bucket/prefix/*` is one to list the bucket under that prefix. What
 * IAM cannot say as it stands is refused, never rounded.
 *
 * @example
 * ```ts
 * import { Actions, PolicyDocument } from "@bailiwick/provider-aws"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const table = yield* Actions.load
 *   const compiled = PolicyDocument.compile(policy, { table, partition: "aws", room: 2048, permitted: [], hasCompany: false })
 *   return yield* Effect.fromResult(compiled) // { text: '{"Version":"2012-10-17","Statement":[…]}', notes, … }
 * })
 * ```
 */
import * as Pattern from "@bailiwick/core/policy/Pattern"
import * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import type * as Actions from "./Actions.ts"
import * as BucketListing from "./document/BucketListing.ts"
import * as Guardrail from "./document/Guardrail.ts"
import * as IamCondition from "./document/IamCondition.ts"
import * as IamStatement from "./document/IamStatement.ts"
import * as IamText from "./document/IamText.ts"
import * as Reach from "./document/Reach.ts"
import * as Split from "./document/Split.ts"
import { enumerate, type Refusal } from "./Refusal.ts"

/** The longest session policy, together with the ARNs of managed ones, in characters. */
export const maximumLength = 2048

export interface Options {
  readonly table: Actions.Table
  /** The partition of the target: `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string
  /** Characters that the document may take. */
  readonly room: number
  /** Guarded actions that the project record names for the target. */
  readonly permitted: ReadonlyArray<string>
  /** Whether other session policies stand beside this one: then every denial is written, whatever the grants reach. */
  readonly hasCompany: boolean
}

export interface Compiled {
  /** Compact JSON. */
  readonly text: string
  /** Whether a grant is tied to networks. */
  readonly network: boolean
  /** What a caller should know, in plain words. */
  readonly notes: ReadonlyArray<string>
}

/** Compiles the policy's AWS statements. Refused: what grants nothing, IAM cannot say, or does not fit. */
export const compile = (policy: Policy.Policy, options: Options): Result.Result<Compiled, Refusal> =>
  Result.gen(function* () {
    const { statements, deny } = Policy.normalise({
      statements: policy.statements.filter(isOfAws),
      deny: policy.deny.filter(isOfAws)
    })
    const { denials, ...compiled } = yield* draft(statements, deny, options)
    const { length } = compiled.text
    if (length <= options.room) return { ...compiled, notes: [...compiled.notes, ...otherProviders(policy)] }
    const measure = (part: ReadonlyArray<Policy.Statement>) =>
      Result.getOrUndefined(draft(part, deny, options))?.text.length
    return yield* Result.fail(Split.refuse({ statements, length, denials, room: options.room, measure }))
  })

interface Draft extends Compiled {
  /** Characters that say what stays denied. */
  readonly denials: number
}

/** The document, whatever its size. */
const draft = (
  grants: ReadonlyArray<Policy.Statement>,
  deny: Policy.Deny,
  { hasCompany, partition, permitted, table }: Options
): Result.Result<Draft, Refusal> =>
  Result.gen(function* () {
    const uses = yield* Reach.reach(table, grants)
    const guard = yield* Guardrail.guard({ table, grants, deny, permitted })
    const allowed = yield* write(grants, "Allow", partition)
    const biting = deny.filter((denial) => hasCompany || bites(denial, grants))
    const denied = yield* write(biting, "Deny", partition)

    const allows = IamStatement.merge(
      allowed.flatMap((statement) => {
        const own = BucketListing.withoutObjects(statement)
        return [...(own === undefined ? [] : [own]), ...BucketListing.beneath(statement)]
      })
    )
    const listings = denied
      .flatMap((statement) => BucketListing.beneath(statement))
      .filter((listing) => BucketListing.isReached(listing, allows))
    const text = IamStatement.encode([...allows, ...IamStatement.merge([...denied, ...listings, ...guard.denials])])
    return {
      text,
      denials: text.length - IamStatement.encode(allows).length,
      network: grants.some(({ conditions }) => isTied(conditions)),
      notes: [...Reach.notes(uses, guard.denied), ...guardNotes(guard), ...(listings.length === 0 ? [] : [aboveDenied])]
    }
  })

const aboveDenied = "a listing above a denied prefix shows the names beneath that prefix"

const isTied = (conditions: Policy.Conditions | undefined): boolean =>
  (conditions?.source_ip ?? conditions?.vpc ?? conditions?.vpc_endpoint) !== undefined

const isOfAws = ({ provider }: Policy.Statement): boolean => provider === "aws"

const write = (
  statements: ReadonlyArray<Policy.Statement>,
  effect: "Allow" | "Deny",
  partition: string
): Result.Result<ReadonlyArray<IamStatement.IamStatement>, Refusal> =>
  Result.all(
    statements.map(({ actions, resources, conditions }) =>
      Result.gen(function* () {
        return {
          effect,
          actions: yield* IamText.all(actions, IamText.action),
          resources: yield* IamText.all(resources, (text) =>
            IamText.resource(text, { partition, denies: effect === "Deny" })
          ),
          condition: yield* IamCondition.write(conditions, effect)
        }
      })
    )
  )

/** Whether a denial can touch a grant at all; one that cannot says nothing that its absence does not. */
const bites = (denial: Policy.Statement, grants: ReadonlyArray<Policy.Statement>): boolean =>
  grants.some(
    (grant) =>
      meet(denial.actions, grant.actions, (text) => Pattern.action("aws", text)) &&
      meet(denial.resources, grant.resources, (text) => Pattern.resource("aws", text))
  )

const meet = (
  left: ReadonlyArray<string>,
  right: ReadonlyArray<string>,
  read: (text: string) => Pattern.Pattern
): boolean => {
  const others = right.map(read)
  return left.some((text) => others.some((other) => Pattern.mayOverlap(read(text), other)))
}

const guardNotes = ({ denied }: Guardrail.Guard): ReadonlyArray<string> => {
  const names = denied.map(({ text }) => text)
  return names.length === 0
    ? []
    : [`guarded actions that the wildcards reach are denied: ${enumerate(names, 3)} (settings.${Guardrail.setting})`]
}

const otherProviders = ({ statements }: Policy.Policy): ReadonlyArray<string> =>
  [...new Set(statements.map(({ provider }) => provider))]
    .filter((provider) => provider !== "aws")
    .map((provider) => `the policy's statements about ${provider} say nothing to AWS`)
