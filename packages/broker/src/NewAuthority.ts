/**
 * Gives the store a new authority key, so that every token signed for the old one is dead: after a clock that ran ahead,
 * and after a restored copy whose redemptions may be missing (formats §3, `aud`).
 *
 * Both are acts of whoever operates the store, with access to the store itself; no session can ask for them.
 */
import * as Arr from "effect/Array"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import { Generation } from "@bailiwick/core/ports/Generation"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { EventType } from "@bailiwick/core/EventTypes"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Ending from "./internal/Ending.ts"

/** Lowers the mark of a clock that ran ahead to the time that it is now (`store clock-reset`). */
export const resetClock = Effect.fn("NewAuthority.resetClock")(() =>
  make("clock.reset", (now) => Effect.flatMap(ClockMark, (marks) => marks.reset(now)))
)

/** Settles a restored store; `settle` is the storage's own part, in the same transaction. */
export const afterRestore = Effect.fn("NewAuthority.afterRestore")(<R>(settle: Effect.Effect<void, StoreError, R>) =>
  make("store.restored", () => settle)
)

const make = Effect.fnUntraced(function* <R>(
  type: EventType,
  also: (now: UnixTime.UnixTime) => Effect.Effect<void, StoreError, R>
) {
  const store = yield* StoreTransaction
  const { beneath, authority } = yield* store.run(
    Effect.gen(function* () {
      const now = yield* UnixTime.now
      const ring = yield* KeyRing
      const mark = yield* (yield* ClockMark).read
      const standing = (yield* ring.keys("authority")).filter(({ retired_at }) => retired_at === undefined)
      yield* Effect.forEach(standing, ({ kid }) => ring.retire(kid, { retired_at: now, gone: now }))
      const { kid } = yield* ring.create("authority", now)
      yield* also(now)
      const humans = Arr.dedupe((yield* (yield* AuthSessionStore).list).map(({ human }) => human))
      const beneath = yield* Ending.inStore(
        humans.map((human) => ({ kind: "human", human })),
        { auth: "revoked", credentials: "revoked" }
      )
      yield* (yield* Generation).bump
      yield* (yield* AuditLog).append({
        actor: {},
        type,
        subject: kid,
        outcome: "ok",
        detail: { mark, now, sessions: beneath.sessions.length, credentials: beneath.credentials.length }
      })
      return { beneath, authority: kid }
    })
  )
  return { authority, ended: yield* Ending.atClouds(beneath, {}) }
})
