/**
 * Refuses to act on a clock that was set back: tokens that died would live again.
 *
 * The store keeps the highest time that it has seen. A little behind is a corrected clock; more than 120 s behind,
 * nothing is redeemed, opened or issued until the clock is right or an operator resets the mark.
 */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import type { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { ClockMark, tolerance } from "@bailiwick/core/ports/ClockMark"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as BrokerError from "./BrokerError.ts"
import * as Refusal from "./internal/Refusal.ts"

/**
 * The time by which sessions and tokens are judged: never before the highest that the store has seen, so that even what
 * a clock set back does not forbid, such as listing and revoking, brings nothing dead to life.
 */
export const time: Effect.Effect<UnixTime.UnixTime, StoreError, ClockMark> = Effect.gen(function* () {
  const now = yield* UnixTime.now
  const mark = yield* (yield* ClockMark).read
  return UnixTime.UnixTime.make(Math.max(now, mark))
})

/** The time, once it is compared and the mark is raised; only inside a transaction, whose fate the mark shares. */
export const check: Effect.Effect<UnixTime.UnixTime, BrokerError.BrokerFailure, ClockMark> = Effect.gen(function* () {
  const marks = yield* ClockMark
  const now = yield* UnixTime.now
  const mark = yield* marks.read
  if (now + tolerance < mark) return yield* BrokerError.make(new BrokerError.ClockSetBack({ now, mark }))
  yield* marks.raise(now)
  return yield* time
})

/** Runs `use` in one transaction under a checked clock. A clock set back is logged, and nothing of `use` happens. */
export const transaction = <A, E, R>(
  use: (now: UnixTime.UnixTime) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | BrokerError.BrokerError | StoreError, R | AuditLog | ClockMark | StoreTransaction> =>
  Effect.flatMap(StoreTransaction, (store) => store.run(Effect.flatMap(check, use))).pipe(Refusal.logged(event))

const event = ({ reason }: BrokerError.BrokerError): AuditEvent | undefined =>
  reason._tag === "ClockSetBack"
    ? {
        actor: {},
        type: "clock.refused",
        subject: "",
        outcome: "refused",
        detail: { mark: reason.mark, now: reason.now }
      }
    : undefined
