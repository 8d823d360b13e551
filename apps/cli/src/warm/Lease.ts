/**
 * What lets `credential-process` find a sealed entry by its own words, with Node's own modules alone (formats §8).
 *
 * A sealed entry is filed under the digest that decides reuse, which takes a plan to compute. So the answer to one command
 * line leaves a note beside it: under which digest it lies, and until when it need not be asked for again. The note is
 * authenticated by the session's seed and bound to its command line: exchanged notes do not hold.
 */
import { createHash } from "node:crypto"
import * as SessionMac from "./SessionMac.ts"

export interface Lease {
  /** The digest that decides reuse, as it stands in the sealed entry and in its file name. */
  readonly reuse: string
  /** Seconds; from then on the broker is asked again. */
  readonly renew: number
}

/** What a note belongs to. */
export interface Place {
  readonly seed: Uint8Array
  /** Storage id of the session. */
  readonly session: string
  /** The words behind `credential-process`, exactly. */
  readonly words: ReadonlyArray<string>
}

export const fileName = (place: Place): string => `${place.session}-${digest(place.words)}.lease.json`

export const seal = (place: Place, { reuse, renew }: Lease): string =>
  JSON.stringify({ v: 1, reuse, renew, mac: mac(place, { reuse, renew }) })

/** Undefined for anything but a note of this place, whole and unchanged. */
export const open = (place: Place, text: string): Lease | undefined => {
  const found = /^\{"v":1,"reuse":"([\w-]{43})","renew":(\d{1,12}),"mac":"([\w-]{43})"\}$/u.exec(text)
  if (found === null) return undefined
  const [, reuse = "", renew, given = ""] = found
  const lease = { reuse, renew: Number(renew) }
  return SessionMac.equals(given, mac(place, lease)) ? lease : undefined
}

const digest = (words: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(words)).digest("base64url")

const mac = ({ seed, session, words }: Place, { reuse, renew }: Lease): string =>
  SessionMac.of(seed, "bailiwick/lease/v1", [session, digest(words), reuse, String(renew)])
