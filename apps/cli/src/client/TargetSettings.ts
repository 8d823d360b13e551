/**
 * What the providers say of a record's targets, before an owner signs it: a setting that means nothing would otherwise be
 * found out by whoever is refused first.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as ManagedPolicies from "@bailiwick/provider-aws/ManagedPolicies"
import { usage } from "../ui/Failure.ts"

/** Refuses the first target that its own provider could not use; `where` is what names it. */
export const check = Effect.fnUntraced(function* (
  where: string,
  { profiles, targets }: Pick<ProjectRecord.Limits, "profiles" | "targets">
) {
  for (const [alias, definition] of Object.entries(targets)) {
    if (definition.provider !== "aws") continue
    const read = Result.flatMap(AwsTarget.read(definition), ({ managed }) => ManagedPolicies.resolve(managed, profiles))
    if (Result.isSuccess(read)) continue
    const { detail, hint } = read.failure
    return yield* usage("bad-value", `${where}: targets.${alias}: ${detail}`, hint)
  }
})
