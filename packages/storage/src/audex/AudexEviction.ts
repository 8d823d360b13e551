/**
 * What goes when a new session would exceed the cap: just the oldest excess by file time, and never an active session.
 *
 * The original takes the oldest whatever their status, so that a running session can lose its record. A directory
 * counts, as it does there, and stays.
 */

import * as Effect from "effect/Effect"
import * as Path from "node:path"
import * as SessionFiles from "./SessionFiles.ts"

/** Session files kept in one directory. */
export const cap = 1000

export interface Candidate {
  readonly name: string
  /** Nanoseconds. */
  readonly modified: bigint
  readonly isDirectory: boolean
}

export interface Plan {
  readonly evicted: ReadonlyArray<string>
  /** So many entries more than the cap are left, because active sessions and directories stay. */
  readonly exceeding: number
}

/** `others`: all entries but the new one. `isActive` is asked of the oldest only, until enough are found. */
export const plan = (others: ReadonlyArray<Candidate>, isActive: (name: string) => boolean): Plan => {
  let excess = others.length + 1 - cap
  const evicted: Array<string> = []
  if (excess <= 0) return { evicted, exceeding: 0 }
  for (const { isDirectory, name } of others.toSorted(byAge)) {
    if (excess === 0) break
    if (!isDirectory && isActive(name)) continue
    if (!isDirectory) evicted.push(name)
    excess--
  }
  return { evicted, exceeding: others.length + 1 - evicted.length - cap }
}

/**
 * Evicts what `plan` says, after `added` has been written.
 *
 * Never fails: the new session is on the disk, and what is wrong with the old ones is logged and counted.
 */
export const keepCap = (
  place: SessionFiles.Place,
  added: string,
  isActive: (entry: SessionFiles.Entry) => boolean
): Effect.Effect<Plan> =>
  evict(place, added, isActive).pipe(
    Effect.orElseSucceed(() => ({ evicted: [], exceeding: 1 })),
    Effect.tap(({ exceeding }) =>
      exceeding === 0
        ? Effect.void
        : Effect.logWarning(
            `${place.directory} holds more than ${cap} entries: active sessions are never evicted, and some could not be removed`
          )
    )
  )

const evict = Effect.fnUntraced(function* (
  { calls, directory, files }: SessionFiles.Place,
  added: string,
  isActive: (entry: SessionFiles.Entry) => boolean
) {
  const { evicted, exceeding } = yield* SessionFiles.attempt("listing", directory, () => {
    const others = SessionFiles.entries(calls, directory).filter(({ name }) => name !== added)
    if (others.length + 1 <= cap) return { evicted: [], exceeding: 0 }
    const byName = new Map(others.map((entry) => [entry.name, entry]))
    const candidates = others.flatMap(({ isDirectory, name }) => {
      // Another program may have evicted it meanwhile.
      const modified = SessionFiles.modified(calls, Path.join(directory, name))
      return modified === undefined ? [] : [{ name, isDirectory, modified }]
    })
    return plan(candidates, (name) => {
      const entry = byName.get(name)
      return entry !== undefined && isActive(entry)
    })
  })
  const [gone, stuck] = yield* Effect.partition(evicted, (name) =>
    Effect.as(files.remove(Path.join(directory, name)), name)
  )
  return { evicted: gone, exceeding: exceeding + stuck.length }
})

const byAge = (one: Candidate, other: Candidate): number => {
  if (one.modified !== other.modified) return one.modified < other.modified ? -1 : 1
  return one.name < other.name ? -1 : 1
}
