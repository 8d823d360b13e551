/** The keys of a store's log: one signs, the older ones still verify (formats §7). */
import type { LogHead } from "@bailiwick/core/LogHead"
import { KeyRing, type RingKey } from "@bailiwick/core/ports/KeyRing"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import type { PublicKey } from "@bailiwick/tokens/PublicKey"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Checkpoint from "../Checkpoint.ts"

/** Seconds for which a log key signs before the next takes its place (formats §7: yearly). */
const lifetime = 365 * 24 * 60 * 60

export interface LogKey {
  readonly ring: RingKey
  readonly seed: PrivateSeed.PrivateSeed
  readonly key: PublicKey
}

export interface Signing {
  readonly key: LogKey
  /** Set when the key was made just now in place of this one. */
  readonly replaced?: LogKey
}

/** Whether it signs on; one that had its year makes way for another. */
const lasts = ({ ring }: LogKey, now: UnixTime.UnixTime): boolean => now < ring.created + lifetime

/** Opened keys are kept by `kid`, so that a seed is imported once and not with every line. */
export const make = Effect.gen(function* () {
  const ring = yield* KeyRing
  const ed25519 = yield* Ed25519
  const opened = new Map<string, LogKey>()

  const open = Effect.fnUntraced(function* (ringKey: RingKey) {
    const known = opened.get(ringKey.kid)
    if (known !== undefined) return { ...known, ring: ringKey }
    const seed = PrivateSeed.fromBytes(Redacted.value(ringKey.seed))
    // The public half is derived, never taken from the store: whoever writes the database must not name it.
    const key = yield* ed25519.publicKey(seed)
    if (key.kid !== ringKey.kid) {
      return yield* new StoreError({
        reason: "Damaged",
        detail: "a key of the audit log is not the one that its id names"
      })
    }
    const logKey = { ring: ringKey, seed, key }
    opened.set(ringKey.kid, logKey)
    return logKey
  })

  const all: Effect.Effect<ReadonlyArray<LogKey>, StoreError> = Effect.flatMap(ring.keys("log"), (keys) =>
    Effect.forEach(keys, open)
  )

  const newest = Effect.map(all, (keys) => keys.findLast((key) => key.ring.retired_at === undefined))

  /** The key that signs at `now`, if there is one that has not had its year. */
  const standing = (now: UnixTime.UnixTime): Effect.Effect<Signing | undefined, StoreError> =>
    Effect.map(newest, (key) => (key !== undefined && lasts(key, now) ? { key } : undefined))

  /**
   * The key that signs at `now`, made if there is none or the last one had its year.
   *
   * Only retirement ends a key, not the clock: a line must be written even when the clock is wrong.
   */
  const signing = Effect.fnUntraced(function* (now: UnixTime.UnixTime): Effect.fn.Return<Signing, StoreError> {
    const current = yield* newest
    if (current !== undefined && lasts(current, now)) return { key: current }
    const key = yield* Effect.flatMap(ring.create("log", now), open)
    if (current === undefined) return { key }
    // It stays in the ring for ever: old checkpoints and receipts are verified under it.
    yield* ring.retire(current.ring.kid, { retired_at: now, gone: UnixTime.UnixTime.make(UnixTime.maximum) })
    return { key, replaced: current }
  })

  const sign = ({ key }: Signing, project: ProjectId, head: LogHead): Effect.Effect<string, StoreError> =>
    Checkpoint.sign({ project, head, seed: key.seed }).pipe(
      Effect.mapError(
        (error) =>
          new StoreError({ reason: "Unavailable", detail: `the checkpoint could not be signed: ${error.message}` })
      ),
      Effect.provideService(Ed25519, ed25519)
    )

  return { all, standing, signing, sign }
})
