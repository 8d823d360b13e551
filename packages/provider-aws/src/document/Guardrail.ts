/**
 * What keeps guarded actions out of a session unless the project record names them for the target.
 *
 * Asked for by name they are refused; where a wildcard reaches them they are denied, and the plan says so.
 */
import * as Name from "@bailiwick/core/policy/Name"
import type * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import * as Actions from "../Actions.ts"
import { enumerate, quote, type Refusal } from "../Refusal.ts"
import { isGuarded } from "./GuardedActions.ts"
import type { IamStatement } from "./IamStatement.ts"
import * as Reach from "./Reach.ts"

/** The setting of a target that names guarded actions which it may hand out. */
export const setting = "guarded_actions"

export interface Guard {
  readonly denials: ReadonlyArray<IamStatement>
  /** The guarded actions that the denials keep out. */
  readonly denied: ReadonlyArray<Actions.Action>
}

/** What keeps guarded actions out of the grants; refused where a grant asks for one by name. */
export const guard = (options: {
  readonly table: Actions.Table
  readonly grants: ReadonlyArray<Policy.Statement>
  readonly deny: Policy.Deny
  /** As the project record names them for the target. */
  readonly permitted: ReadonlyArray<string>
}): Result.Result<Guard, Refusal> => {
  const { table, grants, permitted } = options
  const allowed = permitted.map(Actions.matcher)
  const isDenied = Reach.lastingDenial(options.deny)
  const isOut = (action: Actions.Action) =>
    isGuarded(action) && !isDenied(action) && !allowed.some((matches) => matches(action))

  const patterns = [...new Set(grants.flatMap(({ actions }) => actions))]
  const named = patterns.filter(
    (text) => !/[*?]/u.test(text) && Actions.matching(table, text).some((action) => isOut(action))
  )
  if (named.length > 0) return Result.fail(refused(named))

  const reach = (list: ReadonlyArray<string>) => [...new Set(list.flatMap((text) => Actions.matching(table, text)))]
  const out = reach(patterns.filter((text) => /[*?]/u.test(text)))
    .filter(isOut)
    .filter((action) => action.folded !== accessGrants || grants.some((grant) => mayReach(grant, action)))
  const kept = new Set(out)
  const rest = reach(patterns).filter((action) => !kept.has(action))
  const actions = [...new Set(out.map(({ service }) => service))].flatMap((service) =>
    shorten(
      service,
      out.filter((action) => action.service === service),
      rest.filter((action) => action.service === service)
    )
  )
  return Result.succeed({
    denials: actions.length === 0 ? [] : [{ effect: "Deny", actions, resources: ["*"], condition: {} }],
    denied: out
  })
}

const accessGrants = "s3:getdataaccess"

// Access grants lie in a region and an account, buckets and their objects in neither: `s3:Get*` on these reaches none.
const mayReach = ({ actions, resources }: Policy.Statement, action: Actions.Action): boolean =>
  !resources.every((text) => /^arn:[^:]*:s3:::/u.test(text)) &&
  actions.some((pattern) => Actions.matcher(pattern)(action))

/**
 * Patterns that match all of `out` and none of `rest`, shorter than the names. In a denial a pattern is safe: what AWS
 * adds beneath it later stays out too.
 */
const shorten = (
  service: string,
  out: ReadonlyArray<Actions.Action>,
  rest: ReadonlyArray<Actions.Action>
): ReadonlyArray<string> => {
  const patterns: Array<string> = []
  let left = out.map(({ name }) => name)
  for (let name = left[0]; name !== undefined; name = left[0]) {
    const prefix = freePrefix(name, rest)
    const under = prefix === undefined ? [name] : left.filter((other) => other.startsWith(prefix))
    const isShorter = prefix !== undefined && (under.length > 1 || prefix.length < name.length - 1)
    patterns.push(`${service}:${isShorter ? `${prefix}*` : name}`)
    left = left.filter((other) => !under.includes(other))
  }
  return patterns
}

/** The shortest beginning of a name that no name of `rest` has; undefined if even the whole name begins another. */
const freePrefix = (name: string, rest: ReadonlyArray<Actions.Action>): string | undefined => {
  const length = Math.max(0, ...rest.map((other) => common(name, other.name) + 1))
  return length <= name.length ? name.slice(0, length) : undefined
}

const common = (left: string, right: string): number => {
  let length = 0
  while (length < left.length && Name.fold(left[length] ?? "") === Name.fold(right[length] ?? "")) length++
  return length
}

const refused = (actions: ReadonlyArray<string>): Refusal => ({
  reason: "PolicyRefused",
  detail: `${enumerate(actions.map(quote))} can change who may do what or lead beyond the session, and this target does not hand that out`,
  hint: `leave it out; an owner permits it by the target's settings.${setting} and signs that with project apply`
})
