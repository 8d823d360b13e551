/** The rules of the list of revocations, the same for every store. */
import type { Revocation } from "@bailiwick/core/ports/RevocationList"
import type * as UnixTime from "@bailiwick/core/UnixTime"

/** Adds one; of two with the same kind and subject the later stands, for as long as either would. */
export const add = (live: ReadonlyArray<Revocation>, revocation: Revocation): ReadonlyArray<Revocation> => {
  const isSame = (other: Revocation) => other.kind === revocation.kind && other.subject === revocation.subject
  const standing = live.find(isSame)
  if (standing === undefined) return [...live, revocation]
  const { until: _, ...later } = revocation.time > standing.time ? revocation : standing
  const merged: Revocation =
    standing.until === undefined || revocation.until === undefined
      ? later
      : { ...later, until: standing.until > revocation.until ? standing.until : revocation.until }
  return [...live.filter((other) => !isSame(other)), merged]
}

/** Without those beneath which nothing can still be alive. */
export const prune = (live: ReadonlyArray<Revocation>, before: UnixTime.UnixTime): ReadonlyArray<Revocation> =>
  live.filter((entry) => entry.until === undefined || entry.until >= before)
