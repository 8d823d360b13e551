/** What the store says of its project now: its records, its key, the end of its log. */
import * as Effect from "effect/Effect"
import { AuthorityView } from "@bailiwick/broker/AuthorityView"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as UnixTime from "@bailiwick/core/UnixTime"

export const read = Effect.gen(function* () {
  const store = yield* StoreTransaction
  return yield* store.run(
    Effect.gen(function* () {
      const { audience, generation, registry, revocations } = yield* (yield* AuthorityView).current
      const now = yield* UnixTime.now
      const head = yield* (yield* AuditLog).head
      return { audience, generation, registry, revocations, view: registry.now(now), now, head }
    })
  )
}).pipe(Effect.withSpan("Standing.read"))

export type Standing = Effect.Success<typeof read>
