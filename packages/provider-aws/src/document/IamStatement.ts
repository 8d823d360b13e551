/** Statements of an IAM policy document, their one compact spelling, and the merges that change no meaning. */
import * as CompactJson from "@bailiwick/core/CompactJson"

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>>

export interface IamStatement {
  readonly sid?: string
  readonly effect: "Allow" | "Deny"
  readonly actions: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
  /** Operators, the keys beneath each, and the values of each key; empty for none. */
  readonly condition: ConditionBlock
}

// A list of one is written as its entry: IAM reads both alike, and the document has 2,048 characters.
const listed = (values: ReadonlyArray<string>): CompactJson.Value => {
  const [only, ...others] = values
  return only !== undefined && others.length === 0 ? only : values
}

const blockOf = (condition: ConditionBlock): CompactJson.Value =>
  Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, listed(values)]))
    ])
  )

const statementOf = ({ sid, effect, actions, resources, condition }: IamStatement): CompactJson.Value => ({
  ...(sid === undefined ? {} : { Sid: sid }),
  Effect: effect,
  Action: listed(actions),
  Resource: listed(resources),
  ...(Object.keys(condition).length === 0 ? {} : { Condition: blockOf(condition) })
})

/** The document as compact JSON: some servers refuse white space, and AWS counts it. */
export const encode = (statements: ReadonlyArray<IamStatement>): string =>
  CompactJson.encode({ Version: "2012-10-17", Statement: statements.map(statementOf) })

const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const union = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set([...left, ...right])].toSorted(order)

const isEqual = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index])

interface Candidate {
  readonly statement: IamStatement
  /** What two statements must have in common before anything of them is merged. */
  readonly ground: string
}

const candidate = (statement: IamStatement): Candidate => ({
  statement: { ...statement, actions: union(statement.actions, []), resources: union(statement.resources, []) },
  ground: CompactJson.encode([statement.effect, statement.condition])
})

/** The two as one, when they differ in their actions alone or in their resources alone; else undefined. */
const mergeTwo = (one: Candidate, other: Candidate): Candidate | undefined => {
  if (one.ground !== other.ground) return undefined
  const { statement: left, ground } = one
  const { statement: right } = other
  if (isEqual(left.resources, right.resources)) {
    return { statement: { ...left, actions: union(left.actions, right.actions) }, ground }
  }
  if (isEqual(left.actions, right.actions)) {
    return { statement: { ...left, resources: union(left.resources, right.resources) }, ground }
  }
  return undefined
}

/** Merges until nothing merges any more; the result allows and denies exactly the same. */
export const merge = (statements: ReadonlyArray<IamStatement>): ReadonlyArray<IamStatement> => {
  const merged: Array<Candidate> = []
  for (const statement of statements) {
    let current = candidate(statement)
    for (let index = 0; index < merged.length; index++) {
      const other = merged[index]
      const both = other === undefined ? undefined : mergeTwo(other, current)
      if (both === undefined) continue
      merged.splice(index, 1)
      current = both
      index = -1
    }
    merged.push(current)
  }
  return merged.map(({ statement }) => statement)
}
