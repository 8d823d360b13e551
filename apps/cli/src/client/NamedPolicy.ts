/** Policies that an owner has signed into the project record: its profiles, by their name or by what stands for them. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Policy from "@bailiwick/core/Policy"
import { distinct } from "@bailiwick/core/UniqueList"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Target from "@bailiwick/core/Target"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as ManagedPolicies from "@bailiwick/provider-aws/ManagedPolicies"
import type { Refusal } from "@bailiwick/provider-aws/Refusal"
import { type Failure, usage } from "../ui/Failure.ts"
import * as Suggest from "../ui/Suggest.ts"

/** What a profile says of the providers of these targets: one profile may serve targets of several clouds. */
export const profile = Effect.fnUntraced(function* (
  name: string,
  on: ReadonlyArray<Target.Entry>,
  { profiles }: ProjectRecord.ProjectRecord
) {
  const found = Object.entries(profiles).find(([alias]) => alias === name)?.[1]
  if (found === undefined) {
    return yield* usage(
      "unknown-profile",
      `the project names no policy ${JSON.stringify(name)}`,
      Suggest.hint(name, Object.keys(profiles)) ??
        "an owner adds it to bailiwick.toml under [profiles], then: bailiwick project apply"
    )
  }
  const providers = new Set(on.map(({ provider }) => provider))
  const isMeant = ({ provider }: Policy.Statement) => providers.has(provider)
  const policy: Policy.Policy = { statements: found.statements.filter(isMeant), deny: found.deny.filter(isMeant) }
  if (policy.statements.length > 0) return policy
  return yield* usage(
    "bad-policy",
    `--policy: ${name} allows nothing on a target of ${[...providers].join(" or ")}`,
    `it speaks of ${[...new Set(found.statements.map(({ provider }) => provider))].join(", ")}; name a target of these with --on`
  )
})

/** The union of the profiles for which managed policies of these targets stand: what AWS would make of their ARNs. */
export const managed = Effect.fnUntraced(function* (
  arns: ReadonlyArray<string>,
  on: ReadonlyArray<Target.Entry>,
  { profiles, targets }: ProjectRecord.ProjectRecord
) {
  const known = yield* Effect.forEach(on, ({ alias, provider }) => {
    const definition = targets[alias]
    if (provider !== "aws" || definition === undefined) {
      return usage("bad-usage", `--policy-arns: ${alias} is a target of ${provider}`, "name targets of AWS with --on")
    }
    return refused(
      Result.flatMap(AwsTarget.read(definition), (target) => ManagedPolicies.resolve(target.managed, profiles))
    )
  })
  const chosen = yield* refused(ManagedPolicies.choose(arns, known.flat()))
  const union = {
    statements: distinct(chosen.flatMap(({ policy }) => policy.statements)),
    deny: distinct(chosen.flatMap(({ policy }) => policy.deny))
  }
  return yield* Effect.mapError(Schema.decodeEffect(Policy.Policy)(union), () =>
    usage("bad-policy", "--policy-arns: together these are more than a policy may hold", "ask for fewer at once")
  )
})

const refused = <A>(result: Result.Result<A, Refusal>): Effect.Effect<A, Failure> =>
  Effect.fromResult(
    Result.mapError(result, ({ detail, hint }) => usage("bad-policy", `--policy-arns: ${detail}`, hint))
  )
