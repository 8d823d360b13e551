/**
 * A `SqlClient` on `node:sqlite`, set up so that what was committed is still there after a power cut.
 *
 * WAL with `synchronous=FULL`: a commit returns when it is on the disk. One connection, lent to one fiber at a time; its
 * transactions begin with `BEGIN IMMEDIATE`, so that a transaction never finds out half-way that another process writes.
 * The file is made 0600 and refused when others may reach it. SQLite before 3.51.3 is refused: a race in its WAL
 * handling could corrupt a file that several processes use (https://sqlite.org/wal.html, "WAL-reset bug").
 *
 * Every `SqlError` carries a `StoreError` as its cause, which tells a full disk, a held lock and a damaged file apart.
 *
 * @example
 * ```ts
 * import { Sqlite } from "@bailiwick/storage"
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * const program = Effect.gen(function*() {
 *   const sql = yield* SqlClient.SqlClient
 *   return yield* sql`SELECT 1 AS one`
 * }).pipe(Effect.provide(Sqlite.layer({ filename: ":memory:" })))
 * ```
 */
import * as Commits from "@bailiwick/core/ports/Commits"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlConnection from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import * as CommonCommit from "./internal/CommonCommit.ts"
import * as FileCalls from "./internal/FileCalls.ts"
import * as FileFailure from "./internal/FileFailure.ts"
import * as FileGuard from "./internal/FileGuard.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export interface Options {
  /** An absolute path, or `:memory:`. */
  readonly filename: string
  /** Fail where nothing is, in place of making an empty file. */
  readonly mustExist?: boolean
  /** How long to wait for another process's commit, in milliseconds: 5,000 unless said. */
  readonly busyTimeout?: number
}

/** The first version in which several processes may share a WAL file without a race. */
export const minimumVersion = "3.51.3"

const defaultBusyTimeout = 5000

/** Distinct statements of the whole program; more only means that the oldest is parsed again. */
const preparedCapacity = 256

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient | Commits.Commits, StoreError> =>
  Layer.effectContext(make(options)).pipe(Layer.provide(Reactivity.layer))

export const make = Effect.fnUntraced(function* (options: Options) {
  yield* requireVersion(process.versions.sqlite)
  const label = Path.basename(options.filename)
  const database = yield* Effect.acquireRelease(open(options, label), (db) => Effect.sync(() => db.close()))
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connect(database, label)),
    semaphore: yield* Semaphore.make(1)
  })
  const client = yield* SqlClient.make({
    ...acquirers,
    compiler: Statement.makeCompilerSqlite(),
    driver: "node-sqlite",
    spanAttributes
  })
  const { commits, withTransaction } = yield* CommonCommit.make({
    transactionService: client.transactionService,
    lease: acquirers.transactionAcquirer,
    begin: "BEGIN IMMEDIATE",
    recover: acquirers.onCommitFailure,
    toSqlError: (error) => sqlError(label, error),
    spanAttributes
  })
  return Context.make(SqlClient.SqlClient, Object.assign(client, { withTransaction })).pipe(
    Context.add(Commits.Commits, commits)
  )
})

const spanAttributes = [["db.system.name", "sqlite"]] as const

/** Refuses a SQLite with the WAL race. */
export const requireVersion = (version: string | undefined): Effect.Effect<void, StoreError> =>
  version !== undefined && isAtLeast(version, minimumVersion)
    ? Effect.void
    : Effect.fail(
        new StoreError({
          reason: "Unavailable",
          detail: `SQLite ${version ?? "(none)"} may corrupt a store that two processes use; ${minimumVersion} is needed`,
          hint: "run it with Node 24.21 or newer"
        })
      )

/** Every page and index of the file, read and checked; for `doctor`, since it takes time. */
export const checkIntegrity: Effect.Effect<void, StoreError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Effect.mapError(
    sql<{ integrity_check: string }>`PRAGMA integrity_check(1)`,
    SqlFailure.toStoreError("checking the store")
  )
  if (rows[0]?.integrity_check !== "ok") {
    return yield* SqlFailure.damaged("the store fails SQLite's integrity check")
  }
})

const isAtLeast = (version: string, minimum: string): boolean => {
  const [left, right] = [version, minimum].map((text) => text.split(".").map(Number))
  for (const [index, part] of (right ?? []).entries()) {
    const difference = (left?.[index] ?? 0) - part
    if (difference !== 0) return difference > 0
  }
  return true
}

const open = (options: Options, label: string): Effect.Effect<DatabaseSync, StoreError> =>
  Effect.try({
    try: () => {
      const location = options.filename === ":memory:" ? options.filename : prepareFile(options)
      const database = new DatabaseSync(location, {
        timeout: options.busyTimeout ?? defaultBusyTimeout,
        enableForeignKeyConstraints: true,
        enableDoubleQuotedStringLiterals: false,
        defensive: true
      })
      try {
        // trusted_schema: a schema planted in the file must not call functions. secure_delete: wrapped keys that are
        // gone are overwritten. fullfsync: on macOS only this reaches the disk.
        database.exec(`
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          PRAGMA fullfsync = ON;
          PRAGMA checkpoint_fullfsync = ON;
          PRAGMA trusted_schema = OFF;
          PRAGMA cell_size_check = ON;
          PRAGMA secure_delete = ON;
        `)
        return database
      } catch (cause) {
        database.close()
        throw cause
      }
    },
    catch: (cause) =>
      cause instanceof StoreError
        ? cause
        : FileFailure.isErrno(cause)
          ? FileFailure.fromErrno("opening", options.filename, cause)
          : SqlFailure.fromSqlite(label, cause)
  })

/** Makes or checks the file before SQLite sees it: SQLite gives its -wal and -shm files the same mode. */
const prepareFile = (options: Options): URL => {
  const calls = FileCalls.node
  const { filename } = options
  const mayCreate = options.mustExist === true ? 0 : Fs.constants.O_CREAT
  FileGuard.checkDirectories(calls, Path.dirname(filename))
  const fd = calls.open(filename, Fs.constants.O_RDWR | mayCreate | (Fs.constants.O_NOFOLLOW ?? 0), 0o600)
  try {
    FileGuard.checkFile(calls, filename, calls.fstat(fd))
    // Read here, because opening alone would turn a file that was cut to nothing into a new database.
    const header = new Uint8Array(magic.length)
    const length = calls.read(fd, header, 0, header.length)
    const isNew = length === 0 && options.mustExist !== true
    if (!isNew && Buffer.compare(header, magic) !== 0) {
      throw SqlFailure.damaged(`${filename} is damaged, or not a store of this program`)
    }
  } finally {
    calls.close(fd)
  }
  const location = pathToFileURL(filename)
  // Never made by SQLite itself: it would be made with the umask's mode.
  location.searchParams.set("mode", "rw")
  return location
}

/** How every SQLite database begins (https://sqlite.org/fileformat.html §1.3). */
const magic = new TextEncoder().encode("SQLite format 3\0")

const connect = (database: DatabaseSync, label: string): SqlConnection.Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const statement = database.prepare(text)
    const [oldest] = prepared.keys()
    if (prepared.size >= preparedCapacity && oldest !== undefined) prepared.delete(oldest)
    prepared.set(text, statement)
    return statement
  }

  // SQLite ends a transaction by itself after some errors (a full disk, for one). Whoever caught the error and went on
  // would write outside of any transaction, so until COMMIT or ROLLBACK nothing more is let through.
  let begun = false

  const run = <A>(
    text: string,
    step: (statement: StatementSync) => A
  ): Effect.Effect<A | undefined, SqlError.SqlError> =>
    Effect.try({
      try: () => {
        if (begun && !database.isTransaction) {
          if (!text.startsWith("ROLLBACK")) {
            throw new StoreError({ reason: "Unavailable", detail: `${label} has already undone this transaction` })
          }
          begun = text !== "ROLLBACK"
          return undefined
        }
        const result = step(prepare(text))
        if (text.startsWith("BEGIN")) begun = true
        else if (text === "COMMIT" || text === "ROLLBACK") begun = false
        return result
      },
      catch: (cause) => sqlError(label, cause)
    })

  const rows: SqlConnection.Connection["execute"] = (text, params, transform) =>
    Effect.map(
      run(text, (statement) => {
        statement.setReturnArrays(false)
        return statement.all(...bound(params))
      }),
      (result = []) => (transform === undefined ? result : transform(result))
    )
  const values: SqlConnection.Connection["executeValues"] = (text, params) =>
    Effect.map(
      run(text, (statement) => {
        statement.setReturnArrays(true)
        return statement.all(...bound(params))
      }),
      // The driver's types do not follow `setReturnArrays`: each row is an array now.
      (result = []) => result as ReadonlyArray<unknown> as ReadonlyArray<ReadonlyArray<unknown>>
    )
  return {
    execute: rows,
    executeUnprepared: rows,
    executeRaw: (text, params) => run(text, (statement) => statement.run(...bound(params))),
    executeValues: values,
    executeValuesUnprepared: values,
    executeStream: (text, params, transform) =>
      Stream.unwrap(Effect.map(rows(text, params, transform), Stream.fromIterable))
  }
}

/** The compiler's own parameters; the driver refuses at run time what it cannot bind. */
const bound = (params: ReadonlyArray<unknown>) => params as ReadonlyArray<SQLInputValue>

const sqlError = (label: string, cause: unknown): SqlError.SqlError => {
  const known = cause instanceof StoreError ? cause : SqlFailure.fromSqlite(label, cause)
  const fields = { cause: known, message: known.message }
  switch (known.reason) {
    case "Conflict":
      return new SqlError.SqlError({ reason: new SqlError.UniqueViolation({ ...fields, constraint: "unknown" }) })
    case "Busy":
      return new SqlError.SqlError({ reason: new SqlError.LockTimeoutError(fields) })
    default:
      return new SqlError.SqlError({ reason: new SqlError.UnknownError(fields) })
  }
}
