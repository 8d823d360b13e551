/**
 * Grants that name resources of a kind which their actions never take, such as s3:GetObject on a bucket.
 *
 * AWS takes such a policy and allows nothing by it. It is said and not refused: the list of AWS actions is at times behind
 * in what an action takes.
 */
import * as Glob from "@bailiwick/core/policy/Glob"
import * as Name from "@bailiwick/core/policy/Name"
import * as Actions from "../Actions.ts"
import { enumerate } from "../Refusal.ts"
import type { IamStatement } from "./IamStatement.ts"

interface Options {
  readonly table: Actions.Table
  /** The partition of the target. */
  readonly partition: string
}

/** What a caller should know of the grants as IAM reads them. */
export const notes = (grants: ReadonlyArray<IamStatement>, options: Options): ReadonlyArray<string> => {
  const useless = new Map<string, ReadonlyArray<string>>()
  for (const { actions, resources } of grants) {
    const isOfUse = taking(resources, options)
    for (const pattern of actions) {
      // What no resource narrows is told beside the other reasons why a grant is of no use.
      const reached = pattern === "*" ? [] : Actions.matching(options.table, pattern)
      const takes = [...new Set(reached.flatMap((action) => action.takes))]
      if (takes.length > 0 && !takes.some(isOfUse)) useless.set(pattern, takes)
    }
  }
  const told = [...useless].map(([pattern, takes]) => {
    const arns = takes.map((shape) => arnOf(shape, options)).toSorted((one, other) => one.length - other.length)
    return `${pattern} takes ${enumerate(arns, 2)}`
  })
  return told.length === 0
    ? []
    : [`of no use with these resources, for they are of another kind: ${enumerate(told, 4)}`]
}

const arnOf = (shape: string, { partition }: Options): string => `arn:${partition}:${shape.replace(/\+$/u, "*")}`

/** Whether an ARN of such a shape may be one of the resources. */
const taking = (resources: ReadonlyArray<string>, options: Options): ((shape: string) => boolean) => {
  const named = resources.map((text) => ({ hasKey: text.includes("/"), glob: Glob.compile(Name.fold(text)) }))
  const known = new Map<string, boolean>()
  return (shape) => {
    const before = known.get(shape)
    if (before !== undefined) return before
    const arn = Glob.compile(Name.fold(arnOf(shape, options)))
    const found = named.some(({ glob, hasKey }) => !(hasKey && shape.endsWith("+")) && Glob.mayOverlap(arn, glob))
    known.set(shape, found)
    return found
  }
}
