/** Whether a policy covers one request. */
import * as Schema from "effect/Schema"
import { Text } from "../Text.ts"
import { Context } from "./Condition.ts"
import * as ConditionRules from "./ConditionRules.ts"
import * as Pattern from "./Pattern.ts"
import { Provider } from "./Provider.ts"
import type { Policy, Statement } from "./Statement.ts"

/** One request: plain text, in which `*` and `?` are characters like any other. */
export const Request = Schema.Struct({
  provider: Provider,
  action: Text,
  resource: Text,
  context: Schema.optionalKey(Context)
})
export type Request = typeof Request.Type

/** The verdict, and the entry that gave it: `statements[0]`, `deny[2]`, or null when no statement covers the request. */
export interface Coverage {
  readonly allowed: boolean
  readonly by: string | null
}

/**
 * Decides one request. Any matching denial wins.
 *
 * Without the context that a condition needs, a statement does not cover and a denial denies.
 */
export const covers = (policy: Policy, request: Request): Coverage => {
  const action = Pattern.requestedAction(request.provider, request.action)
  const resource = Pattern.requestedResource(request.provider, request.resource)
  const truth = ({ provider, actions, resources, conditions }: Statement): ConditionRules.Truth =>
    provider === request.provider &&
    actions.some((pattern) => Pattern.includes(Pattern.action(provider, pattern), action)) &&
    resources.some((pattern) => Pattern.includes(Pattern.resource(provider, pattern), resource))
      ? ConditionRules.holds(conditions, request.context ?? {})
      : "false"

  const denial = policy.deny.findIndex((statement) => truth(statement) !== "false")
  if (denial !== -1) return { allowed: false, by: `deny[${denial}]` }
  const grant = policy.statements.findIndex((statement) => truth(statement) === "true")
  return grant === -1 ? { allowed: false, by: null } : { allowed: true, by: `statements[${grant}]` }
}
