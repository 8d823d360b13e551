/** What to say of a policy that does not fit one session policy: what takes the room, and the parts that would fit. */
import type * as Policy from "@bailiwick/core/Policy"
import type { Refusal } from "../Refusal.ts"

export interface TooLarge {
  readonly statements: ReadonlyArray<Policy.Statement>
  /** Characters of the whole document, and how many of them say what stays denied. */
  readonly length: number
  readonly denials: number
  readonly room: number
  /** Characters of the document for some of the statements; undefined for what does not compile by itself. */
  readonly measure: (statements: ReadonlyArray<Policy.Statement>) => number | undefined
}

/** Documents that are tried before the number of parts is only estimated: a hostile policy has thousands of pairs. */
const maximumTrials = 256

const shown = 4

export const refuse = (found: TooLarge): Refusal => {
  const { length, denials, room } = found
  const parts = split(found)
  const size = `the session policy takes ${length} characters, ${denials} of them for denials, and ${room} are free`
  if (parts === undefined) {
    return {
      reason: "PolicyTooLarge",
      detail: size,
      hint: `ask for fewer resources or actions at once, at least ${Math.ceil(length / room)} requests; a wildcard such as prefix/* is shorter than many names`
    }
  }
  if (parts.length === 0) {
    return {
      reason: "PolicyTooLarge",
      detail: `${size}; not even one action on one resource fits`,
      hint: "name the actions in place of wildcards, so that fewer denials apply, or shorten the denials"
    }
  }
  const more = parts.length > shown ? `; and ${parts.length - shown} more` : ""
  return {
    reason: "PolicyTooLarge",
    detail: size,
    hint: `it fits in ${parts.length} requests: ${parts.slice(0, shown).map(describe).join("; ")}${more}`
  }
}

/** Parts that fit, the largest pieces placed first; none if a single pair does not fit, undefined after too many trials. */
const split = ({ statements, room, measure }: TooLarge): ReadonlyArray<ReadonlyArray<Policy.Statement>> | undefined => {
  let trials = 0
  const fits = (part: ReadonlyArray<Policy.Statement>): boolean => {
    trials++
    const length = measure(part)
    return length !== undefined && length <= room
  }
  const pieces: Array<Policy.Statement> = []
  const queue = [...statements]
  for (let piece = queue.pop(); piece !== undefined; piece = queue.pop()) {
    if (trials > maximumTrials) return undefined
    if (fits([piece])) pieces.push(piece)
    else {
      const halves = halve(piece)
      if (halves === undefined) return []
      queue.push(...halves)
    }
  }
  const parts: Array<ReadonlyArray<Policy.Statement>> = []
  for (const piece of pieces.toSorted((left, right) => weight(right) - weight(left))) {
    const place = parts.findIndex((part) => fits([...part, piece]))
    if (trials > maximumTrials) return undefined
    if (place === -1) parts.push([piece])
    else parts[place] = [...(parts[place] ?? []), piece]
  }
  return parts
}

const weight = ({ actions, resources }: Policy.Statement): number => [...actions, ...resources].join().length

/** Two halves of the longer list; undefined for one action on one resource. */
const halve = (statement: Policy.Statement): ReadonlyArray<Policy.Statement> | undefined => {
  const { actions, resources } = statement
  if (resources.length === 1 && actions.length === 1) return undefined
  const half = (list: ReadonlyArray<string>) => {
    const middle = Math.ceil(list.length / 2)
    return [list.slice(0, middle), list.slice(middle)]
  }
  return resources.length >= actions.length
    ? half(resources).map((part) => ({ ...statement, resources: part }))
    : half(actions).map((part) => ({ ...statement, actions: part }))
}

const describe = (part: ReadonlyArray<Policy.Statement>): string =>
  part
    .slice(0, 2)
    .map(({ actions, resources }) => `--allow ${brief(actions)} --resource ${brief(resources)}`)
    .join(" and ") + (part.length > 2 ? " and more" : "")

const brief = ([first = "", ...rest]: ReadonlyArray<string>): string =>
  rest.length === 0 ? first : `${first},… (${rest.length + 1})`
