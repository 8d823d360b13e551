/** What a command asks for: targets, a policy, a lifetime, as flags, and what they mean in one project. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Authority from "@bailiwick/core/Authority"
import * as Alias from "@bailiwick/core/Alias"
import * as DurationText from "@bailiwick/core/DurationText"
import * as Policy from "@bailiwick/core/Policy"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Target from "@bailiwick/core/Target"
import { type Failure, usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Suggest from "../ui/Suggest.ts"
import * as NamedPolicy from "./NamedPolicy.ts"
import * as PolicyFile from "./PolicyFile.ts"
import * as UnknownActions from "./UnknownActions.ts"

const list = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.atLeast(0))

export const ttl = Flag.String("ttl").pipe(
  Flag.withMetavar("DURATION"),
  Flag.withDescription("How long, such as 15m or 8h"),
  Flag.withAlias("d"),
  Flag.optional
)

/** What may be done: on which targets, which actions, on which resources. */
export const flags = {
  on: list("on", "TARGET", "A target of the project; several by comma or by repeating"),
  allow: list("allow", "ACTIONS", "Actions or portable verbs; several by comma or by repeating"),
  resource: list(
    "resource",
    "RESOURCES",
    "Resources of the actions; without it the target's own principal (oidc only)"
  ),
  deny: list("deny", "ACTIONS", "Actions denied whatever else is allowed"),
  policy: Flag.String("policy").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("A policy that the project record names, in place of --allow"),
    Flag.optional
  ),
  policyFile: Flag.String("policy-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("A policy as JSON or an IAM document (- for stdin), in place of --allow"),
    Flag.optional
  ),
  policyArns: list(
    "policy-arns",
    "ARNS",
    "Managed policies that the target names, as what the record says of them (aws only)"
  ),
  ttl
}

/** What a signer of a delegation may also say. */
export const signingFlags = {
  maxDepth: Flag.Int("max-depth").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("How often it may be passed on: 0 to 4, else 1"),
    Flag.optional
  ),
  acceptUnenforced: list(
    "accept-unenforced",
    "DIMENSIONS",
    "Restrictions that need not be held by anybody: actions, resources, expiry, network"
  )
}

export interface Asked {
  readonly on: ReadonlyArray<string>
  readonly allow: ReadonlyArray<string>
  readonly resource: ReadonlyArray<string>
  readonly deny: ReadonlyArray<string>
  readonly policy: Option.Option<string>
  readonly policyFile: Option.Option<string>
  readonly policyArns: ReadonlyArray<string>
  readonly ttl: Option.Option<string>
}

/** Whether anything was asked for at all. */
export const isEmpty = (asked: Asked): boolean => asked.on.length === 0 && ways(asked).length === 0

/** The flags by which a policy is said. */
const ways = ({ allow, policy, policyArns, policyFile }: Asked): ReadonlyArray<string> => [
  ...(allow.length > 0 ? ["--allow"] : []),
  ...(Option.isSome(policy) ? ["--policy"] : []),
  ...(Option.isSome(policyFile) ? ["--policy-file"] : []),
  ...(policyArns.length > 0 ? ["--policy-arns"] : [])
]

/** The targets, in the order of the flags, each once. */
export const targets = (
  asked: Pick<Asked, "on">,
  project: ProjectRecord.ProjectRecord
): Effect.Effect<ReadonlyArray<Target.Entry>, Failure> =>
  Effect.forEach(new Set(split(asked.on)), (name) => target(name, project))

/** What could stand behind `--on`. */
export const named = (project: ProjectRecord.ProjectRecord): string => {
  const names = Object.keys(project.targets)
  return names.length === 0 ? adding : `name a target: ${names.join(", ")}`
}

const adding = "add it to bailiwick.toml, then: bailiwick project apply"

const target = Effect.fnUntraced(function* (name: string, project: ProjectRecord.ProjectRecord) {
  const alias = Schema.decodeUnknownOption(Alias.Alias)(name)
  const definition =
    Option.isSome(alias) && Object.hasOwn(project.targets, alias.value) ? project.targets[alias.value] : undefined
  if (Option.isNone(alias) || definition === undefined) {
    const hint = Suggest.hint(name, Object.keys(project.targets)) ?? adding
    return yield* usage(
      "unknown-target",
      `there is no target ${JSON.stringify(name)} in project ${project.project}`,
      hint
    )
  }
  const entry: Target.Entry = { alias: alias.value, provider: definition.provider, principal: definition.principal }
  return entry
})

/** The policy that was asked for on these targets; none if nothing was said about actions. */
export const policy = Effect.fnUntraced(function* (
  asked: Asked,
  on: ReadonlyArray<Target.Entry>,
  project: ProjectRecord.ProjectRecord
) {
  const [way, ...others] = ways(asked)
  if (others.length > 0) {
    return yield* usage(
      "bad-usage",
      "--allow, --policy, --policy-file and --policy-arns exclude one another",
      "give one of them"
    )
  }
  const isNarrower = asked.deny.length > 0 || asked.resource.length > 0
  if (way !== undefined && way !== "--allow" && isNarrower) {
    return yield* usage("bad-usage", `--resource and --deny do not go with ${way}`, "they go with --allow")
  }
  if (Option.isSome(asked.policyFile)) {
    return Option.some(yield* told(yield* file(asked.policyFile.value, on)))
  }
  if (Option.isSome(asked.policy)) return Option.some(yield* NamedPolicy.profile(asked.policy.value, on, project))
  if (asked.policyArns.length > 0) {
    // The name of a managed policy may hold a comma itself.
    const arns = asked.policyArns.flatMap((text) => text.split(/,(?=arn:)/u))
    return Option.some(yield* NamedPolicy.managed(arns, on, project))
  }
  if (way === undefined) {
    if (!isNarrower) return Option.none<Policy.Policy>()
    return yield* usage("missing-flag", "--allow is missing", "say which actions, or name a --policy")
  }
  const parts = yield* Effect.forEach(on, (entry) => ofTarget(asked, entry))
  const policy = Policy.normalise({
    statements: parts.flatMap((part) => part.statements),
    deny: parts.flatMap((part) => part.deny)
  })
  return Option.some(yield* told(policy))
})

/** A denial of an action that AWS does not have may be of one that comes later, or misspelt: then it holds nothing. */
const told = Effect.fnUntraced(function* (policy: Policy.Policy) {
  for (const denied of yield* UnknownActions.among(policy.deny)) {
    const hint = UnknownActions.meant(denied)
    yield* Output.warn(
      `${UnknownActions.sentence(denied)}, so its denial holds nothing today${hint === undefined ? "" : `; ${hint}`}`
    )
  }
  return policy
})

/** The policy for somebody to sign or to keep: nothing would ever be given for an action that AWS does not have. */
export const lasting = Effect.fnUntraced(function* (...asked: Parameters<typeof policy>) {
  const found = yield* policy(...asked)
  const [unknown] = Option.isSome(found) ? yield* UnknownActions.among(found.value.statements) : []
  if (unknown === undefined) return found
  const hint = UnknownActions.meant(unknown) ?? "look the action up in the AWS service authorization reference"
  return yield* usage("bad-policy", UnknownActions.sentence(unknown), hint)
})

const ofTarget = Effect.fnUntraced(function* ({ allow, deny, resource }: Asked, { principal, provider }: Target.Entry) {
  // The audience of a token is its target's principal; a cloud has no resource that could be meant by saying nothing.
  if (resource.length === 0 && provider !== "oidc") {
    return yield* usage("missing-flag", "--resource is missing", "an empty list never means everything; '*' does")
  }
  const source = {
    allow,
    resource: resource.length === 0 ? [principal] : resource,
    ...(deny.length === 0 ? {} : { deny })
  }
  return yield* Effect.fromResult(Result.mapError(Policy.parse(provider, source), refused))
})

const refused = (error: Policy.PolicyTextError): Failure =>
  usage(
    "bad-policy",
    `--${error.field}: ${error.detail}${error.text === "" ? "" : ` at character ${error.offset + 1} of ${JSON.stringify(error.text)}`}`,
    error.hint
  )

const file = Effect.fnUntraced(function* (path: string, on: ReadonlyArray<Target.Entry>) {
  const { isIam, policy } = yield* PolicyFile.read(path)
  const other = on.find(({ provider }) => provider !== "aws")
  if (!isIam || other === undefined) return policy
  return yield* usage(
    "bad-usage",
    `--policy-file: ${path} is an IAM document, and ${other.alias} is a target of ${other.provider}`,
    "name targets of AWS with --on, or write the policy as JSON of the project's own form"
  )
})

/** Seconds. */
export const seconds = (text: Option.Option<string>): Effect.Effect<Option.Option<number>, Failure> =>
  Option.match(text, {
    onNone: () => Effect.succeedNone,
    onSome: (value) =>
      Effect.fromResult(
        Result.mapBoth(DurationText.parse(value), {
          onFailure: (error) => usage("bad-duration", `--ttl: ${error.message}`, error.hint),
          onSuccess: Option.some
        })
      )
  })

export const dimensions = (texts: ReadonlyArray<string>) =>
  Effect.forEach(new Set(split(texts)), (text) =>
    Schema.is(Authority.Dimension)(text)
      ? Effect.succeed(text)
      : usage(
          "bad-value",
          `--accept-unenforced: there is no ${JSON.stringify(text)}`,
          Suggest.hint(text, Authority.Dimension.literals)
        )
  )

const split = (texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.flatMap((text) => text.split(","))
