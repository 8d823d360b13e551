/** The lines of what did not happen: written in a transaction of their own, for the refusal rolls its own one back. */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import { BrokerError } from "../BrokerError.ts"

/**
 * Writes the line that `event` makes of a refusal, if any.
 *
 * A line that cannot be written replaces the refusal: that the store fails is the graver news, and nothing was done.
 */
export const logged =
  (event: (error: BrokerError) => AuditEvent | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R | AuditLog | StoreTransaction> =>
    Effect.tapError(effect, (error) => {
      const line = error instanceof BrokerError ? event(error) : undefined
      return line === undefined ? Effect.void : append(line)
    })

const append = Effect.fnUntraced(function* (event: AuditEvent) {
  const store = yield* StoreTransaction
  const log = yield* AuditLog
  yield* store.run(log.append(event))
})
