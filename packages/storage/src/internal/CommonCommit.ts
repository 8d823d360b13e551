/**
 * Transactions of one connection that wait for one another share a commit: one fsync, one signed checkpoint.
 *
 * They take turns. The first begins the transaction of the database, each later one stands in a savepoint, so that it is
 * undone alone when it fails. Whoever ends its turn and finds that nobody has come after it commits for all; until then
 * nobody is answered, for even a refusal may rest on what another one has written. If the commit fails, all have failed.
 *
 * Nobody waits for company: whoever is alone commits as soon as the fibers that can run have run. An answer that is being
 * waited for cannot be interrupted, as no commit can; a turn that is being waited for, or used, can. So a transaction
 * must not wait for another one's answer.
 */
import * as Commits from "@bailiwick/core/ports/Commits"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import type * as SqlError from "effect/sql/SqlError"

/**
 * Transactions to a commit. At a fraction of a millisecond each, the lock is let go well within the first waits of another
 * process that wants it.
 */
export const maximum = 64

export interface Options {
  readonly transactionService: SqlClient.SqlClient["transactionService"]
  /** Lends the connection; whoever asks for it otherwise waits until the commit. */
  readonly lease: Effect.Effect<SqlConnection.Connection, SqlError.SqlError, Scope.Scope>
  readonly begin: string
  /** Undoes what stands open on the connection, or keeps it from being used until that has succeeded. */
  readonly recover: (connection: SqlConnection.Connection) => Effect.Effect<void, SqlError.SqlError>
  readonly toSqlError: (error: StoreError) => SqlError.SqlError
  readonly spanAttributes: ReadonlyArray<readonly [string, unknown]>
}

interface Group extends Commits.Commit {
  /** An object of this group alone, by which its transactions are known. */
  readonly connection: SqlConnection.Connection
  readonly lease: Scope.Closeable
  readonly steps: Array<Effect.Effect<void, StoreError>>
  readonly outcome: Deferred.Deferred<void, SqlError.SqlError>
  /** Transactions that have begun, and those of them that are to be kept. */
  joined: number
  kept: number
  /** Nobody joins any more. */
  closed: boolean
  /** Why nothing can be kept, known before its end. */
  broken: SqlError.SqlError | undefined
  /** Why nothing was kept, once it is over. */
  failure: Cause.Cause<SqlError.SqlError> | undefined
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const make = Effect.fnUntraced(function* (options: Options) {
  const turn = yield* Semaphore.make(1)
  const groups = new WeakMap<SqlConnection.Connection, Group>()
  let open: Group | undefined

  const control = (group: Group, text: string) => Effect.asVoid(group.connection.execute(text, [], undefined))

  /** Makes the next group, in the turn of its first transaction. */
  const begin = (restore: Restore) =>
    Effect.gen(function* () {
      const lease = yield* Scope.make()
      return yield* Effect.gen(function* () {
        const group: Group = {
          connection: { ...(yield* Scope.provide(restore(options.lease), lease)) },
          lease,
          steps: [],
          outcome: yield* Deferred.make<void, SqlError.SqlError>(),
          joined: 0,
          kept: 0,
          closed: false,
          broken: undefined,
          failure: undefined,
          before: (step) => {
            group.steps.push(step)
          },
          seal: () => {
            group.closed = true
          }
        }
        yield* control(group, options.begin)
        groups.set(group.connection, group)
        open = group
        return group.connection
      }).pipe(Effect.onError((cause) => Scope.close(lease, Exit.failCause(cause))))
    }).pipe(Effect.onError(() => turn.release(1)))

  /** The turn lies in a scope until it is used: an interruption may come between the two. */
  const join = (restore: Restore) =>
    Effect.flatMap(Scope.make(), (held) =>
      restore(Scope.provide(turn.takeScoped(1), held)).pipe(
        Effect.onError((cause) => Scope.close(held, Exit.failCause(cause))),
        Effect.andThen(Effect.suspend(() => (open === undefined ? begin(restore) : Effect.succeed(open.connection))))
      )
    )

  /** Commits what is to be kept and answers everybody; only with the turn, which it gives on. */
  const close = (group: Group) =>
    Effect.gen(function* () {
      group.closed = true
      const exit = yield* Effect.exit(group.broken === undefined && group.kept > 0 ? commit(group) : undo(group))
      open = undefined
      yield* Scope.close(group.lease, Exit.void)
      yield* turn.release(1)
      if (Exit.isFailure(exit)) group.failure = exit.cause
      Deferred.doneUnsafe(group.outcome, exit)
    })

  const commit = (group: Group) =>
    Effect.forEach(group.steps, (step) => Effect.mapError(step, options.toSqlError), { discard: true }).pipe(
      Effect.provideService(options.transactionService, [group.connection, 0]),
      Effect.andThen(control(group, "COMMIT")),
      // What cannot even be undone is a defect: nobody may go on as if only the commit had failed.
      Effect.onError(() => Effect.orDie(options.recover(group.connection)))
    )

  const undo = (group: Group) =>
    Effect.andThen(
      Effect.orDie(options.recover(group.connection)),
      group.broken === undefined ? Effect.void : Effect.fail(group.broken)
    )

  /** Gives the turn on and waits for the outcome; commits if nobody has come after this one. */
  const end = (group: Group) => {
    const seen = group.joined
    const settle: Effect.Effect<void> = Effect.suspend(() => {
      if (group.closed || group.joined !== seen) return Effect.void
      // A turn that is taken and not used yet may still be given back unused: then nobody else would commit.
      return Effect.flatMap(turn.takeIfAvailable(1), (free) => (free ? close(group) : again))
    })
    const again = Effect.andThen(Effect.yieldNow, settle)
    return Effect.suspend(() =>
      group.closed || group.broken !== undefined || seen >= maximum
        ? close(group)
        : Effect.andThen(turn.release(1), again)
    )
  }

  /** What ends a savepoint; if it cannot be ended, what is in it cannot be told from the rest, and nothing is kept. */
  const within = (group: Group, ...texts: ReadonlyArray<string>) =>
    Effect.forEach(texts, (text) => control(group, text), { discard: true }).pipe(
      Effect.catch((error) => Effect.sync(() => void (group.broken ??= error)))
    )

  const groupOf = (connection: SqlConnection.Connection): Group => {
    const group = groups.get(connection)
    if (group === undefined) throw new Error("a transaction of this store begins with its group")
    return group
  }

  const base = SqlClient.makeWithTransaction({
    transactionService: options.transactionService,
    spanAttributes: options.spanAttributes,
    acquireConnection: join,
    begin: (connection) => {
      const group = groupOf(connection)
      group.joined++
      // The first one needs no savepoint: alone, it is undone with everything.
      if (group.joined === 1) return Effect.void
      return control(group, "SAVEPOINT member").pipe(
        Effect.tapError((error) => {
          group.broken ??= error
          return end(group)
        })
      )
    },
    commit: (connection) => {
      const group = groupOf(connection)
      const released = group.joined === 1 ? Effect.void : within(group, "RELEASE member")
      return released.pipe(
        Effect.andThen(
          Effect.suspend(() => {
            group.kept++
            return end(group)
          })
        ),
        Effect.andThen(Deferred.await(group.outcome))
      )
    },
    rollback: (connection) => {
      const group = groupOf(connection)
      if (group.joined === 1) group.closed = true
      const undone = group.joined === 1 ? Effect.void : within(group, "ROLLBACK TO member", "RELEASE member")
      return Effect.andThen(undone, Effect.andThen(end(group), Effect.ignoreCause(Deferred.await(group.outcome))))
    },
    savepoint: (connection, id) => Effect.asVoid(connection.execute(`SAVEPOINT nested_${id}`, [], undefined)),
    rollbackSavepoint: (connection, id) => Effect.asVoid(connection.execute(`ROLLBACK TO nested_${id}`, [], undefined))
  })

  const withTransaction: SqlClient.SqlClient["withTransaction"] = (effect) =>
    Effect.suspend(() => {
      let group: Group | undefined
      const body = Effect.suspend(() => {
        group = open
        return effect
      })
      // A refusal may rest on what another one has written: if that was never committed, it means nothing.
      return Effect.catchCauseIf(
        base(body),
        (cause) => group?.failure !== undefined && !Cause.hasInterrupts(cause),
        (cause) => Effect.failCause(group?.failure ?? cause)
      )
    })

  const commits = Commits.Commits.of({
    current: Effect.map(
      Effect.serviceOption(options.transactionService),
      Option.flatMapNullishOr(([connection]) => groups.get(connection))
    )
  })

  return { withTransaction, commits }
})
