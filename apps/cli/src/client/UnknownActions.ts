/**
 * The actions that a record allows and that AWS does not have: nobody will ever be given them, and each was probably meant
 * to be another.
 */
import * as Effect from "effect/Effect"
import type * as Policy from "@bailiwick/core/Policy"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Actions from "@bailiwick/provider-aws/Actions"

/** One sentence for each. Denials are left alone: one of an action that AWS adds later is right already. */
export const of = Effect.fnUntraced(function* ({
  ceiling,
  profiles
}: Pick<ProjectRecord.Limits, "ceiling" | "profiles">) {
  const parts: ReadonlyArray<readonly [at: string, policy: Policy.Policy]> = [
    ["ceiling", ceiling],
    ...Object.entries(profiles).map(([name, policy]) => [`profiles.${name}`, policy] as const)
  ]
  const named = parts.flatMap(([at, { statements }]) =>
    statements
      .filter(({ provider }) => provider === "aws")
      .flatMap(({ actions }) => actions.map((action) => ({ at: `${at}.statements`, action })))
  )
  // The list of actions is half a megabyte.
  if (named.every(({ action }) => action === "*")) return []
  const table = yield* Actions.load
  return named
    .filter(({ action }) => Actions.matching(table, action).length === 0)
    .map(({ action, at }) => {
      const near = Actions.suggest(table, action)
      const meant = near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`
      return `${at}: AWS has no action ${JSON.stringify(action)}${meant}`
    })
})
