/**
 * The transaction of a SQL store.
 *
 * Writers of one process queue for the one connection, and share a commit where they wait for one another; other
 * processes are waited for by the database. A nested run is a savepoint: if it fails, its own changes are undone, and the
 * outer one may go on. Only the beginning is ever tried again, and only because the store was held by another process: by
 * then nothing has run.
 */
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlError from "effect/sql/SqlError"
import * as SqlFailure from "./internal/SqlFailure.ts"

/** What a running transaction keeps until its end, whatever savepoints come and go inside. */
export interface Notes {
  /** The generation as it was committed before this transaction; known once it has been raised. */
  generationBefore?: number
  /** By name, what runs under the write lock as the last thing before the commit; if one fails, nothing is committed. */
  readonly beforeCommit: Map<string, Effect.Effect<void, StoreError>>
}

/** The notes of the running transaction, for the parts of a store that take part in its commit. */
export class RunningTransaction extends Context.Service<
  RunningTransaction,
  {
    /** Outside of a transaction it is a mistake of the program, and a defect. */
    readonly notes: Effect.Effect<Notes>
  }
>()("@bailiwick/storage/SqlStoreTransaction/RunningTransaction") {}

/**
 * How often a held store is asked again, each time after the database's own waiting time. SQLite lets waiters look again
 * the less often the longer they wait, so that in a crowd whoever comes late is served first: each new asking starts anew.
 */
const retries = 5

const retrying = Schedule.max([Schedule.spaced("20 millis").pipe(Schedule.jittered), Schedule.recurs(retries)])

export const layer: Layer.Layer<StoreTransaction.StoreTransaction | RunningTransaction, never, SqlClient.SqlClient> =
  Layer.effectContext(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      // A key of this store alone: a transaction of another store around ours is none of ours.
      const Current = Context.Service<Notes>(`@bailiwick/storage/Notes/${counter++}`)

      const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R> =>
        Effect.suspend(() => {
          let begun = false
          const inner = Effect.suspend(() => {
            begun = true
            return effect
          })
          const notes: Notes = { beforeCommit: new Map() }
          const outermost = inner.pipe(
            Effect.tap(() => Effect.forEach(notes.beforeCommit.values(), (step) => step, { discard: true })),
            Effect.provideService(Current, notes)
          )
          return Effect.serviceOption(Current).pipe(
            Effect.flatMap((outer) => sql.withTransaction(Option.isSome(outer) ? inner : outermost)),
            Effect.mapError((error) =>
              SqlError.isSqlError(error) ? SqlFailure.toStoreError("changing the store")(error) : error
            ),
            Effect.retry({
              while: (error) => !begun && error instanceof StoreError && error.reason === "Busy",
              schedule: retrying
            })
          )
        })

      return Context.make(StoreTransaction.StoreTransaction, StoreTransaction.StoreTransaction.of({ run })).pipe(
        Context.add(
          RunningTransaction,
          RunningTransaction.of({
            notes: Effect.flatMap(
              Effect.serviceOption(Current),
              Option.match({
                onNone: () => Effect.die(new Error("only inside a transaction of the store")),
                onSome: Effect.succeed
              })
            )
          })
        )
      )
    })
  )

let counter = 0
