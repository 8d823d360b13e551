import { StoreError } from "@bailiwick/core/StoreError"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type * as SqlError from "effect/sql/SqlError"
import * as SqlStoreTransaction from "@bailiwick/storage/SqlStoreTransaction"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as TemporaryStore from "./TemporaryStore.ts"

/** The store's words inside a failed statement. */
const told = (error: SqlError.SqlError): StoreError => {
  assert.instanceOf(error.reason.cause, StoreError)
  return error.reason.cause as StoreError
}

const open = (filename: string, options: Partial<Sqlite.Options> = {}) =>
  Sqlite.make({ filename, ...options }).pipe(
    Effect.map(Context.get(SqlClient.SqlClient)),
    Effect.provide(Reactivity.layer)
  )

describe("Sqlite versions", () => {
  for (const version of ["3.51.2", "3.50.9", "3.9.0", "2.99.99", undefined]) {
    it.effect(`refuses ${version}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Sqlite.requireVersion(version))
        assert.strictEqual(error.reason, "Unavailable")
        assert.include(error.message, "3.51.3")
      })
    )
  }
  for (const version of ["3.51.3", "3.51.10", "3.53.4", "4.0.0"]) {
    it.effect(`takes ${version}`, () => Sqlite.requireVersion(version))
  }
})

describe("Sqlite", () => {
  it.effect("is durable at the commit, keeps foreign keys and trusts no schema", () =>
    Effect.gen(function* () {
      const sql = yield* open(`${yield* TemporaryStore.directory}/x.db`)
      const pragma = (name: string) =>
        Effect.map(sql.unsafe<Record<string, unknown>>(`PRAGMA ${name}`), ([row]) => Object.values(row ?? {})[0])
      assert.strictEqual(yield* pragma("journal_mode"), "wal")
      assert.strictEqual(yield* pragma("synchronous"), 2)
      assert.strictEqual(yield* pragma("foreign_keys"), 1)
      assert.strictEqual(yield* pragma("trusted_schema"), 0)
      assert.strictEqual(yield* pragma("secure_delete"), 1)
      assert.strictEqual(yield* pragma("busy_timeout"), 5000)
    })
  )

  it.effect("makes a file that only its user can read, its journal included", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      const umask = process.umask(0)
      const sql = yield* open(`${home}/x.db`).pipe(Effect.ensuring(Effect.sync(() => process.umask(umask))))
      yield* sql`CREATE TABLE t (a TEXT) STRICT`
      assert.deepStrictEqual(Fs.readdirSync(home), ["x.db", "x.db-shm", "x.db-wal"])
      for (const name of Fs.readdirSync(home)) {
        assert.strictEqual(Fs.statSync(`${home}/${name}`).mode & 0o777, 0o600, name)
      }
    })
  )

  it.effect("refuses a file that others may read, and names the chmod", () =>
    Effect.gen(function* () {
      const path = `${yield* TemporaryStore.directory}/x.db`
      yield* Effect.scoped(open(path))
      Fs.chmodSync(path, 0o644)
      const error = yield* Effect.flip(open(path))
      assert.deepStrictEqual([error.reason, error.hint], ["Exposed", `chmod 600 ${path}`])
      Fs.chmodSync(path, 0o600)
      yield* open(path)
    })
  )

  it.effect("makes nothing where a file must exist", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      assert.strictEqual((yield* Effect.flip(open(`${home}/x.db`, { mustExist: true }))).reason, "Unavailable")
      assert.deepStrictEqual(Fs.readdirSync(home), [])
    })
  )

  const foreign: ReadonlyArray<readonly [string, string]> = [
    ["a text", "this was never a database\n".repeat(200)],
    ["a file that was cut to nothing", ""],
    ["a file that was cut inside its first words", "SQLite"]
  ]
  for (const [what, content] of foreign) {
    it.effect(`calls ${what} damaged, and leaves it as it is`, () =>
      Effect.gen(function* () {
        const home = yield* TemporaryStore.directory
        Fs.writeFileSync(`${home}/x.db`, content, { mode: 0o600 })
        const error = yield* Effect.flip(open(`${home}/x.db`, { mustExist: true }))
        assert.strictEqual(error.reason, "Damaged")
        assert.include(error.message, "x.db")
        assert.isDefined(error.hint)
        assert.strictEqual(Fs.readFileSync(`${home}/x.db`, "utf8"), content)
        assert.deepStrictEqual(Fs.readdirSync(home), ["x.db"])
      })
    )
  }

  it.effect("calls a file with a broken page damaged, when the page is read and in a full check", () =>
    Effect.gen(function* () {
      const path = `${yield* TemporaryStore.directory}/x.db`
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* open(path)
          yield* sql`CREATE TABLE t (a TEXT) STRICT`
          yield* sql`INSERT INTO t ${sql.insert({ a: "x".repeat(100) })}`
          yield* Effect.provideService(Sqlite.checkIntegrity, SqlClient.SqlClient, sql)
        })
      )
      const content = Fs.readFileSync(path)
      // The second page holds the table; its first byte says what kind of page it is.
      content[4096] = 0xff
      Fs.writeFileSync(path, content)
      const sql = yield* open(path)
      const error = told(yield* Effect.flip(sql`SELECT a FROM t`))
      assert.strictEqual(error.reason, "Damaged")
      assert.include(error.message, "x.db")
      const found = yield* Effect.flip(Effect.provideService(Sqlite.checkIntegrity, SqlClient.SqlClient, sql))
      assert.strictEqual(found.reason, "Damaged")
    })
  )

  it.effect("calls a full disk full, and has changed nothing", () =>
    Effect.gen(function* () {
      const sql = yield* open(`${yield* TemporaryStore.directory}/x.db`)
      yield* sql`CREATE TABLE t (a TEXT) STRICT`
      yield* sql.unsafe("PRAGMA max_page_count = 3")
      const insert = sql`INSERT INTO t ${sql.insert({ a: "x".repeat(3000) })}`
      const error = yield* Effect.flip(sql.withTransaction(Effect.all(Array.from({ length: 10 }, () => insert))))
      assert.strictEqual(told(error).reason, "Full")
      assert.isDefined(told(error).hint)
      assert.deepStrictEqual(yield* sql`SELECT a FROM t`, [])
      yield* insert
    })
  )

  it.effect("calls a taken key a conflict", () =>
    Effect.gen(function* () {
      const sql = yield* open(":memory:")
      yield* sql`CREATE TABLE t (a TEXT PRIMARY KEY) STRICT`
      yield* sql`INSERT INTO t ${sql.insert({ a: "x" })}`
      const error = yield* Effect.flip(sql`INSERT INTO t ${sql.insert({ a: "x" })}`)
      assert.strictEqual(told(error).reason, "Conflict")
      assert.strictEqual(error.reason._tag, "UniqueViolation")
    })
  )

  it.effect("calls a number that this program cannot have written damaged", () =>
    Effect.gen(function* () {
      const sql = yield* open(":memory:")
      yield* sql`CREATE TABLE t (a INTEGER) STRICT`
      yield* sql.unsafe("INSERT INTO t VALUES (9007199254740993)")
      assert.strictEqual(told(yield* Effect.flip(sql`SELECT a FROM t`)).reason, "Damaged")
    })
  )

  it.effect("tells no value of a statement in its errors", () =>
    Effect.gen(function* () {
      const sql = yield* open(":memory:")
      yield* sql`CREATE TABLE t (a TEXT PRIMARY KEY CHECK (a <> 'planted')) STRICT`
      const error = yield* Effect.flip(sql`INSERT INTO t ${sql.insert({ a: "planted" })}`)
      assert.notInclude(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(told(error))}`, "planted")
    })
  )

  it.effect("lets nothing through after SQLite has undone a transaction by itself", () =>
    Effect.gen(function* () {
      const sql = yield* open(":memory:")
      yield* sql`CREATE TABLE t (a TEXT PRIMARY KEY) STRICT`
      const clash = sql`INSERT OR ROLLBACK INTO t VALUES ('kept')`
      yield* clash
      const exit = yield* Effect.exit(
        sql.withTransaction(
          sql`INSERT INTO t VALUES ('lost')`.pipe(
            Effect.andThen(Effect.ignore(sql.withTransaction(clash))),
            Effect.andThen(Effect.ignore(sql`INSERT INTO t VALUES ('stray')`))
          )
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* sql`SELECT a FROM t`, [{ a: "kept" }])
      yield* sql.withTransaction(sql`INSERT INTO t VALUES ('next')`)
      assert.lengthOf(yield* sql`SELECT a FROM t`, 2)
    })
  )
})

describe("Sqlite between processes", () => {
  /** Holds the write lock as another process would, until the scope ends or it lets go. */
  const hold = (path: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const other = new DatabaseSync(path)
        other.exec("BEGIN IMMEDIATE")
        return other
      }),
      (other) => Effect.sync(() => other.close())
    )

  const setUp = Effect.gen(function* () {
    const path = `${yield* TemporaryStore.directory}/x.db`
    const sql = yield* open(path, { busyTimeout: 1 })
    yield* sql`CREATE TABLE t (a TEXT) STRICT`
    const services = yield* Layer.build(
      Layer.provide(SqlStoreTransaction.layer, Layer.succeed(SqlClient.SqlClient, sql))
    )
    const { run } = yield* Effect.provide(StoreTransaction.StoreTransaction, services)
    return { sql, run, other: yield* hold(path) }
  })

  it.live("gives up as busy while another process holds the store, and runs nothing", () =>
    Effect.gen(function* () {
      const { run } = yield* setUp
      let ran = 0
      const error = yield* Effect.flip(run(Effect.sync(() => ran++)))
      assert.strictEqual(error.reason, "Busy")
      assert.isDefined(error.hint)
      assert.strictEqual(ran, 0)
    })
  )

  it.live("tries the beginning again, and runs what is inside once", () =>
    Effect.gen(function* () {
      const { other, run, sql } = yield* setUp
      const fiber = yield* Effect.forkChild(run(sql`INSERT INTO t VALUES ('x')`))
      yield* Effect.yieldNow
      other.exec("ROLLBACK")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* sql`SELECT a FROM t`, [{ a: "x" }])
    })
  )

  it.live("does not try again what has begun, even if it says busy itself", () =>
    Effect.gen(function* () {
      const { other, run } = yield* setUp
      other.exec("ROLLBACK")
      let ran = 0
      const busy = new StoreError({ reason: "Busy", detail: "something inside" })
      const error = yield* Effect.flip(
        run(
          Effect.suspend(() => {
            ran++
            return Effect.fail(busy)
          })
        )
      )
      assert.strictEqual(error, busy)
      assert.strictEqual(ran, 1)
    })
  )
})
