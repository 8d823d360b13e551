/** What the grants of a policy reach in the list of AWS actions: known actions, those that grant nothing, and the risk. */
import type * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import * as Actions from "../Actions.ts"
import { enumerate, quote, type Refusal } from "../Refusal.ts"

/** One action that one pattern of a grant reaches. */
export interface Use {
  readonly statement: Policy.Statement
  readonly pattern: string
  readonly action: Actions.Action
}

/** Refused: a pattern that matches no action of AWS, and a policy under which no action would ever be allowed. */
export const reach = (
  table: Actions.Table,
  grants: ReadonlyArray<Policy.Statement>
): Result.Result<ReadonlyArray<Use>, Refusal> => {
  if (grants.length === 0) return Result.fail(nothing)
  const reached = grants.map((statement) => ({
    statement,
    patterns: statement.actions.map((pattern) => ({ pattern, actions: Actions.matching(table, pattern) }))
  }))
  for (const { patterns } of reached) {
    const unknown = patterns.find(({ actions }) => actions.length === 0)
    if (unknown !== undefined) return Result.fail(noAction(table, unknown.pattern))
  }
  const uses = reached.flatMap(({ statement, patterns }) =>
    patterns.flatMap(({ pattern, actions }) => actions.map((action) => ({ statement, pattern, action })))
  )
  return uses.some(isUseful) ? Result.succeed(uses) : Result.fail(useless(uses))
}

/** Whether an action is denied always and everywhere by one of the policy's own denials. */
export const lastingDenial = (deny: Policy.Deny): ((action: Actions.Action) => boolean) => {
  const lasting = deny.filter(({ conditions, resources }) => conditions === undefined && resources.includes("*"))
  const matchers = lasting.flatMap(({ actions }) => actions).map(Actions.matcher)
  return (action) => matchers.some((matches) => matches(action))
}

/** What a caller should know of the actions. */
export const notes = (uses: ReadonlyArray<Use>): ReadonlyArray<string> => [...ignoring(uses), ...untagged(uses)]

/** Those that come to anything beside the denials: of guarded actions, and of the policy's own that hold everywhere. */
export const allowed = (
  uses: ReadonlyArray<Use>,
  { deny, guarded }: { readonly guarded: ReadonlyArray<Actions.Action>; readonly deny: Policy.Deny }
): ReadonlyArray<Use> => {
  const out = new Set(guarded)
  const isDenied = lastingDenial(deny)
  return uses.filter((use) => isUseful(use) && !out.has(use.action) && !isDenied(use.action))
}

const namesAll = ({ resources }: Policy.Statement): boolean => resources.some((text) => /^\*+$/u.test(text))

export const isTagged = ({ conditions }: Policy.Statement): boolean => conditions?.resource_tag !== undefined

const isUseful = ({ statement, action }: Use): boolean =>
  (action.takes.length > 0 || namesAll(statement)) && (action.knowsTag || !isTagged(statement))

/** Only actions asked for by name: of a wildcard nobody expects every action to be of use. */
const named = (uses: ReadonlyArray<Use>, holds: (use: Use) => boolean): ReadonlyArray<string> => [
  ...new Set(uses.filter((use) => !/[*?]/u.test(use.pattern) && holds(use)).map(({ action }) => action.text))
]

const ignoring = (uses: ReadonlyArray<Use>): ReadonlyArray<string> => {
  const refused = named(uses, ({ statement, action }) => action.takes.length === 0 && !namesAll(statement))
  const open = named(uses, ({ statement, action }) => action.takes.length === 0 && namesAll(statement))
  return [
    ...(refused.length === 0
      ? []
      : [`of no use with these resources, for AWS compares them with none: ${enumerate(refused)}; they need *`]),
    ...(open.length === 0 ? [] : [`narrowed by no resource, for AWS compares them with none: ${enumerate(open)}`])
  ]
}

const untagged = (uses: ReadonlyArray<Use>): ReadonlyArray<string> => {
  const refused = named(uses, ({ statement, action }) => isTagged(statement) && !action.knowsTag)
  return refused.length === 0
    ? []
    : [`of no use with these tags, for AWS compares them with none: ${enumerate(refused)}`]
}

const weights: ReadonlyArray<readonly [Actions.Level, string]> = [
  ["permissions", "permissions"],
  ["write", "write"],
  ["tagging", "tagging"],
  ["read", "read"],
  ["list", "list"]
]

/** What these uses amount to. */
export const risk = (uses: ReadonlyArray<Use>): string => {
  const actions = [...new Set(uses.map(({ action }) => action))]
  const found = weights.flatMap(([level, name]) => {
    const count = actions.filter((action) => action.level === level).length
    return count === 0 ? [] : [{ name, count }]
  })
  const counts = found.map(({ count, name }) => `${count} ${name}`).join(", ")
  const writesAll = uses.some(({ statement, action }) => namesAll(statement) && /^[wpt]/u.test(action.level))
  return `estimated risk: ${found[0]?.name ?? "none"}; actions by level: ${counts}${writesAll ? "; it may write to every resource" : ""}`
}

const nothing: Refusal = {
  reason: "PolicyRefused",
  detail: "the policy grants nothing on AWS, and a session without a session policy would hold the whole role",
  hint: "ask for at least one action on one resource, for example --allow s3:GetObject --resource s3://bucket/prefix/*"
}

const useless = (uses: ReadonlyArray<Use>): Refusal => ({
  reason: "PolicyRefused",
  detail: `the policy grants nothing: ${enumerate([...new Set(uses.map(({ action }) => action.text))])} would never be allowed by it`,
  hint: uses.some(({ statement }) => isTagged(statement))
    ? "these actions take no resource or know no tags; ask for them on * and without resource_tag"
    : "these actions take no resource; ask for them on *"
})

const noAction = (table: Actions.Table, pattern: string): Refusal => {
  const near = Actions.suggest(table, pattern)
  return {
    reason: "PolicyRefused",
    detail: `AWS has no action ${quote(pattern)}`,
    hint:
      near.length === 0
        ? "look the action up in the AWS service authorization reference"
        : `did you mean ${near.join(", ")}?`
  }
}
