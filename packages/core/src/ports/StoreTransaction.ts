/**
 * The transaction of one store: every port call inside `run` is committed together, or not at all.
 *
 * State change and log line share one transaction, so nothing happens that the log does not know. A failure or an
 * interruption inside rolls everything back. Nested runs join the outer one. Transactions that run at the same time may
 * share a commit ({@link Commits}), and are then answered together: none may wait for the answer of another.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreError } from "../StoreError.ts"

export class StoreTransaction extends Context.Service<
  StoreTransaction,
  {
    run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R>
  }
>()("@bailiwick/core/ports/StoreTransaction") {}
