/** One plain spelling for policies that say the same: nothing said twice, everything in code-unit order. */
import * as CompactJson from "../CompactJson.ts"
import * as Clause from "./Clause.ts"
import type { Conditions } from "./Condition.ts"
import * as ConditionRules from "./ConditionRules.ts"
import * as Pattern from "./Pattern.ts"
import type { Policy, Statement } from "./Statement.ts"

/**
 * Drops what another entry of the same list includes and sorts the rest; the result covers exactly the same requests.
 *
 * Resources stay as they are written: `b` and `b/*` are two names, and no segment is ever resolved.
 */
export const normalise = (policy: Policy): Policy => ({
  statements: statements(policy.statements),
  deny: statements(policy.deny)
})

const statements = (list: ReadonlyArray<Statement>): ReadonlyArray<Statement> =>
  outermost(
    list
      .map(statement)
      .toSorted((left, right) => order(CompactJson.encode(left), CompactJson.encode(right)))
      .map(Clause.read),
    Clause.isInside
  ).map((clause) => clause.statement)

const statement = ({ provider, actions, resources, conditions: held }: Statement): Statement => ({
  provider,
  actions: patterns(actions.map((text) => Pattern.action(provider, text))),
  resources: patterns(resources.map((text) => Pattern.resource(provider, text))),
  ...(held === undefined ? {} : { conditions: conditions(held) })
})

/** The patterns that no other one includes, sorted. */
export const patterns = (list: ReadonlyArray<Pattern.Pattern>): ReadonlyArray<string> =>
  outermost(
    list.toSorted((left, right) => order(left.text, right.text)),
    (inner, outer) => Pattern.includes(outer, inner)
  ).map((pattern) => pattern.text)

const conditions = ({ source_ip, vpc, vpc_endpoint, not_after, resource_tag }: Conditions): Conditions => ({
  ...(source_ip && { source_ip: outermost(source_ip.toSorted(order), isInsideNetwork) }),
  ...(vpc && { vpc: vpc.toSorted(order) }),
  ...(vpc_endpoint && { vpc_endpoint: vpc_endpoint.toSorted(order) }),
  ...(not_after !== undefined && { not_after }),
  ...(resource_tag && {
    resource_tag: Object.fromEntries(
      Object.entries(resource_tag)
        .map(([key, values]) => [key, values.toSorted(order)] as const)
        .toSorted(([left], [right]) => order(left, right))
    )
  })
})

const isInsideNetwork = (inner: string, outer: string): boolean =>
  ConditionRules.networksInside([inner], [outer]).length > 0

const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** The items that lie inside no other; of several that lie inside each other, the first. */
const outermost = <A>(items: ReadonlyArray<A>, isInside: (inner: A, outer: A) => boolean): ReadonlyArray<A> =>
  items.filter(
    (item, index) =>
      !items.some(
        (other, place) => place !== index && isInside(item, other) && (place < index || !isInside(other, item))
      )
  )
