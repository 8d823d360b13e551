/** What a caller may do or see as things stand now: looked at in one transaction, of a caller that was checked anew in it. */
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Authenticate from "../Authenticate.ts"
import type * as Caller from "../Caller.ts"
import * as ClockGuard from "../ClockGuard.ts"

export const asOfNow = Effect.fnUntraced(function* <A, E, R>(
  caller: Caller.Caller,
  use: (caller: Caller.Caller, now: UnixTime) => Effect.Effect<A, E, R>
) {
  const store = yield* StoreTransaction
  return yield* store.run(
    Effect.gen(function* () {
      const now = yield* ClockGuard.time
      return yield* use(yield* Authenticate.recheck(caller, now), now)
    })
  )
})
