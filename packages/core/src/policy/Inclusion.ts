/**
 * Whether one policy lies inside another.
 *
 * Sound: whatever the child covers, the parent covers. It may refuse a child that two statements of the parent cover
 * only together (formats §3, `policy`).
 */
import * as Clause from "./Clause.ts"
import * as ConditionRules from "./ConditionRules.ts"
import type * as Pattern from "./Pattern.ts"
import type { Provider } from "./Provider.ts"
import type { Policy } from "./Statement.ts"

/** What sticks out: a pair of the child that the parent lacks, or a denial of the parent that the child lacks. */
export interface Excess {
  /** `statements[0]` of the child, or `deny[0]` of the parent. */
  readonly at: string
  readonly provider: Provider
  readonly action: string
  readonly resource: string
  readonly reason: string
}

export interface Inclusion {
  readonly subset: boolean
  /** At most `maximumExcess` entries; empty exactly when it is a subset. */
  readonly excess: ReadonlyArray<Excess>
}

/** Enough for a person to see what is wrong; a hostile policy holds millions of pairs. */
export const maximumExcess = 64

/**
 * Whether `child` is no wider than `parent`.
 *
 * Each pair of an action and a resource lies inside one statement of the parent whose every condition the child has at
 * least as narrow, and each denial of the parent lies so inside the child's denials.
 */
export const isSubset = (child: Policy, parent: Policy): Inclusion => {
  const excess: Array<Excess> = []
  collect(excess, "statements", child.statements.map(Clause.read), parent.statements.map(Clause.read))
  collect(excess, "deny", parent.deny.map(Clause.read), child.deny.map(Clause.read))
  return { subset: excess.length === 0, excess }
}

/** One outer statement as seen from an inner one: which of its entries it holds, and what conditions it has narrower. */
interface View {
  readonly actions: ReadonlySet<Pattern.Pattern>
  readonly resources: ReadonlySet<Pattern.Pattern>
  readonly wider: ReadonlyArray<string>
}

const view = (inner: Clause.Clause, outer: Clause.Clause): View => ({
  actions: held(inner.actions, outer.actions),
  resources: held(inner.resources, outer.resources),
  wider: ConditionRules.wider(inner.terms, outer.terms)
})

const held = (inner: ReadonlyArray<Pattern.Pattern>, outer: ReadonlyArray<Pattern.Pattern>) =>
  new Set(inner.filter((pattern) => Clause.isHeld(pattern, outer)))

const collect = (
  excess: Array<Excess>,
  list: "statements" | "deny",
  inners: ReadonlyArray<Clause.Clause>,
  outers: ReadonlyArray<Clause.Clause>
): void => {
  inners.forEach((inner, index) => {
    const { provider } = inner.statement
    const views = outers.filter((outer) => outer.statement.provider === provider).map((outer) => view(inner, outer))
    for (const action of inner.actions) {
      const withAction = views.filter((one) => one.actions.has(action))
      for (const resource of inner.resources) {
        const withBoth = withAction.filter((one) => one.resources.has(resource))
        if (withBoth.some((one) => one.wider.length === 0)) continue
        if (excess.length === maximumExcess) return
        const at = `${list}[${index}]`
        const reason = list === "deny" ? denialReason(withBoth) : grantReason(provider, views, withAction, withBoth)
        excess.push({ at, provider, action: action.text, resource: resource.text, reason })
      }
    }
  })
}

const grantReason = (
  provider: Provider,
  views: ReadonlyArray<View>,
  withAction: ReadonlyArray<View>,
  withBoth: ReadonlyArray<View>
): string => {
  if (views.length === 0) return `nothing is allowed for ${provider}`
  if (withAction.length === 0) return "the action is not allowed"
  const [nearest] = withBoth
  if (nearest === undefined) return "the action is not allowed on this resource"
  return `allowed only under narrower conditions: ${nearest.wider.join(", ")}`
}

const denialReason = (withBoth: ReadonlyArray<View>): string => {
  const [nearest] = withBoth
  return nearest === undefined
    ? "the parent denies this, the child does not"
    : `the child denies this only under further conditions: ${nearest.wider.join(", ")}`
}
