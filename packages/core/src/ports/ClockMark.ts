/** The highest time that the store has seen, so that a clock set back cannot bring dead tokens to life. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreError } from "../StoreError.ts"
import type * as UnixTime from "../UnixTime.ts"

/** Seconds behind the mark beyond which nothing is redeemed or issued. */
export const tolerance = 120

export class ClockMark extends Context.Service<
  ClockMark,
  {
    readonly read: Effect.Effect<UnixTime.UnixTime, StoreError>
    /** Raises the mark; a lower time changes nothing. */
    raise(time: UnixTime.UnixTime): Effect.Effect<void, StoreError>
    /** Lowers it: only for `store clock-reset`, which makes a new authority key in the same transaction. */
    reset(time: UnixTime.UnixTime): Effect.Effect<void, StoreError>
  }
>()("@bailiwick/core/ports/ClockMark") {}
