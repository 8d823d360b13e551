/**
 * The actions that AWS does not have: nobody will ever be given them, and each was probably meant to be another.
 */
import * as Effect from "effect/Effect"
import type * as Policy from "@bailiwick/core/Policy"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Actions from "@bailiwick/provider-aws/Actions"

export interface Unknown {
  readonly action: string
  /** What may have been meant, nearest first. */
  readonly near: ReadonlyArray<string>
}

/** Of these statements' actions, each once, those that AWS does not have; a wildcard for the service meets some always. */
export const among = Effect.fnUntraced(function* (statements: ReadonlyArray<Policy.Statement>) {
  const named = new Set(
    statements
      .filter(({ provider }) => provider === "aws")
      .flatMap(({ actions }): ReadonlyArray<string> => actions)
      .filter((action) => !/^[^:]*[*?]/u.test(action))
  )
  // The list of actions is half a megabyte.
  if (named.size === 0) return []
  const table = yield* Actions.load
  return [...named]
    .filter((action) => Actions.matching(table, action).length === 0)
    .map((action): Unknown => ({ action, near: Actions.suggest(table, action) }))
})

export const sentence = ({ action }: Unknown): string => `AWS has no action ${JSON.stringify(action)}`

export const meant = ({ near }: Unknown): string | undefined =>
  near.length === 0 ? undefined : `did you mean ${near.join(" or ")}?`

/** One sentence for each of a record's. Denials are left alone: one of an action that AWS adds later is right already. */
export const of = Effect.fnUntraced(function* ({
  ceiling,
  profiles
}: Pick<ProjectRecord.Limits, "ceiling" | "profiles">) {
  const parts: ReadonlyArray<readonly [at: string, policy: Policy.Policy]> = [
    ["ceiling", ceiling],
    ...Object.entries(profiles).map(([name, policy]) => [`profiles.${name}`, policy] as const)
  ]
  const found = yield* Effect.forEach(parts, ([at, { statements }]) =>
    Effect.map(among(statements), (unknown) =>
      unknown.map((one) => {
        const hint = meant(one)
        return `${at}.statements: ${sentence(one)}${hint === undefined ? "" : `; ${hint}`}`
      })
    )
  )
  return found.flat()
})
