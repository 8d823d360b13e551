/** A statement made ready for many comparisons. */
import * as ConditionRules from "./ConditionRules.ts"
import * as Pattern from "./Pattern.ts"
import type { Statement } from "./Statement.ts"

export interface Clause {
  readonly statement: Statement
  readonly actions: ReadonlyArray<Pattern.Pattern>
  readonly resources: ReadonlyArray<Pattern.Pattern>
  readonly terms: ConditionRules.Terms
}

export const read = (statement: Statement): Clause => ({
  statement,
  actions: statement.actions.map((text) => Pattern.action(statement.provider, text)),
  resources: statement.resources.map((text) => Pattern.resource(statement.provider, text)),
  terms: ConditionRules.read(statement.conditions)
})

/** Whether everything that `inner` speaks of lies inside `outer`, under conditions at least as narrow. */
export const isInside = (inner: Clause, outer: Clause): boolean =>
  inner.statement.provider === outer.statement.provider &&
  ConditionRules.wider(inner.terms, outer.terms).length === 0 &&
  inner.actions.every((pattern) => isHeld(pattern, outer.actions)) &&
  inner.resources.every((pattern) => isHeld(pattern, outer.resources))

/** Whether one of the patterns includes the given one. */
export const isHeld = (pattern: Pattern.Pattern, outers: ReadonlyArray<Pattern.Pattern>): boolean =>
  outers.some((outer) => Pattern.includes(outer, pattern))
