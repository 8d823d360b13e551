/** The policy inside two others, as far as it can be written down. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as CompactJson from "../CompactJson.ts"
import * as Clause from "./Clause.ts"
import * as ConditionRules from "./ConditionRules.ts"
import { maximumExcess } from "./Inclusion.ts"
import * as Normal from "./Normal.ts"
import * as Pattern from "./Pattern.ts"
import { type Deny, maximumEntries, Policy, type Statement } from "./Statement.ts"

/** Something that both policies may allow and the result leaves out. */
export interface Dropped {
  /** The statements that meet: `statements[0] and statements[2]`, the first policy's first. */
  readonly at: string
  readonly reason: string
}

export interface Intersection {
  /** `None` when nothing is left, or when the denials of both do not fit into one policy. */
  readonly policy: Option.Option<Policy>
  /** At most `maximumExcess` entries. */
  readonly dropped: ReadonlyArray<Dropped>
}

/**
 * What both policies allow; every denial of either stays.
 *
 * The result is a subset of both. Patterns that overlap without one including the other have no common pattern: they
 * are dropped and reported, and so is what no statement or policy has room for.
 */
export const intersect = (left: Policy, right: Policy): Intersection => {
  const dropped: Array<Dropped> = []
  const drop = (at: string, reason: string) => {
    if (dropped.length < maximumExcess) dropped.push({ at, reason })
  }
  const statements: Array<Statement> = []
  const others = right.statements.map(Clause.read)
  left.statements.map(Clause.read).forEach((one, index) =>
    others.forEach((other, place) => {
      if (one.statement.provider !== other.statement.provider) return
      const met = meet(one, other, (reason) => drop(`statements[${index}] and statements[${place}]`, reason))
      if (met !== undefined) statements.push(met)
    })
  )
  const met = unique(statements)
  const deny = unique([...left.deny, ...right.deny])
  const count = fitting(met, deny)
  if (count < met.length) drop("the result", `statements left out to fit the limits of a policy: ${met.length - count}`)
  if (count === 0) return { policy: Option.none(), dropped }
  // Only what fits is made plain: that bounds the work, whatever was met.
  return { policy: Option.some(Normal.normalise({ statements: met.slice(0, count), deny })), dropped }
}

const unique = (statements: ReadonlyArray<Statement>): ReadonlyArray<Statement> => [
  ...new Map(statements.map((statement) => [CompactJson.encode(statement), statement])).values()
]

const isPolicy = Schema.is(Policy)

/** How many statements fit; denials are never left out, for without one of them the result would be wider. */
const fitting = (statements: ReadonlyArray<Statement>, deny: Deny): number => {
  let count = Math.min(statements.length, maximumEntries)
  while (count > 0 && !isPolicy({ statements: statements.slice(0, count), deny })) count--
  return count
}

const meet = (one: Clause.Clause, other: Clause.Clause, drop: (reason: string) => void): Statement | undefined => {
  const actions = common(one.actions, other.actions)
  const resources = common(one.resources, other.resources)
  // Where one dimension has nothing in common, it does not matter what the other one cannot say.
  if (isApart(actions) || isApart(resources)) return undefined
  for (const [first, second] of [...actions.unclear, ...resources.unclear]) {
    drop(`${first.text} and ${second.text} overlap, and no pattern says in what`)
  }
  for (const list of [actions, resources]) {
    if (list.shared.length > maximumEntries) drop(`more than ${maximumEntries} patterns in common`)
  }
  if (actions.shared.length === 0 || resources.shared.length === 0) return undefined
  const conditions = ConditionRules.meet(one.statement.conditions, other.statement.conditions)
  if (Option.isNone(conditions)) {
    drop("no statement can hold the conditions of both")
    return undefined
  }
  return {
    provider: one.statement.provider,
    actions: actions.shared.slice(0, maximumEntries),
    resources: resources.shared.slice(0, maximumEntries),
    ...(conditions.value && { conditions: conditions.value })
  }
}

interface Common {
  readonly shared: ReadonlyArray<string>
  /** The first pairs that may overlap though neither includes the other. */
  readonly unclear: ReadonlyArray<readonly [Pattern.Pattern, Pattern.Pattern]>
}

const isApart = ({ shared, unclear }: Common): boolean => shared.length === 0 && unclear.length === 0

const common = (left: ReadonlyArray<Pattern.Pattern>, right: ReadonlyArray<Pattern.Pattern>): Common => {
  const shared = new Map<string, Pattern.Pattern>()
  const unclear: Array<readonly [Pattern.Pattern, Pattern.Pattern]> = []
  for (const one of left) {
    for (const other of right) {
      if (Pattern.includes(other, one)) shared.set(one.text, one)
      else if (Pattern.includes(one, other)) shared.set(other.text, other)
      else if (unclear.length < maximumExcess && Pattern.mayOverlap(one, other)) unclear.push([one, other])
    }
  }
  const texts = [...shared.keys()]
  return { shared: texts.length > maximumEntries ? Normal.patterns([...shared.values()]) : texts, unclear }
}
