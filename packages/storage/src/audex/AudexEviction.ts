/**
 * What goes when a new session would exceed the cap: just the oldest excess by file time, and never an active session.
 *
 * The original takes the oldest whatever their status, so that a running session can lose its record. A directory
 * counts, as it does there, and stays.
 */

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

const byAge = (one: Candidate, other: Candidate): number => {
  if (one.modified !== other.modified) return one.modified < other.modified ? -1 : 1
  return one.name < other.name ? -1 : 1
}
