import * as Migrations from "@bailiwick/storage/Migrations"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const run = (statement: string) => SqlClient.SqlClient.use((sql) => sql.unsafe(statement))
const store = Sqlite.layer({ filename: ":memory:" })

const first: Migrations.Step = { id: 1, name: "first", up: run("CREATE TABLE t (a TEXT) STRICT") }
const second: Migrations.Step = { id: 2, name: "second", up: run("ALTER TABLE t ADD COLUMN b TEXT") }

const notes = Effect.map(run("SELECT room, id FROM migrations ORDER BY room, id"), (rows) =>
  rows.map((row) => Object.values(row).join(" "))
)

describe("Migrations", () => {
  it.effect("runs each step of each room once, in order", () =>
    Effect.gen(function* () {
      const rooms = [
        { room: "a", steps: [first] },
        { room: "b", steps: [{ ...first, up: run("CREATE TABLE u (a TEXT)") }] }
      ]
      yield* Migrations.run(rooms)
      yield* Migrations.run(rooms)
      yield* Migrations.run([{ room: "a", steps: [first, second] }])
      assert.deepStrictEqual(yield* notes, ["a 1", "a 2", "b 1"])
      yield* run("INSERT INTO t (a, b) VALUES ('x', 'y')")
      yield* run("INSERT INTO u (a) VALUES ('x')")
    }).pipe(Effect.provide(store))
  )

  it.effect("undoes a step that fails, and runs it whole the next time", () =>
    Effect.gen(function* () {
      const broken = { ...first, up: Effect.andThen(first.up, run("CREATE nonsense")) }
      const error = yield* Effect.flip(Migrations.run([{ room: "a", steps: [broken] }]))
      assert.strictEqual(error._tag, "StoreError")
      assert.deepStrictEqual(yield* notes, [])
      yield* Migrations.run([{ room: "a", steps: [first] }])
      assert.deepStrictEqual(yield* notes, ["a 1"])
    }).pipe(Effect.provide(store))
  )

  it.effect("refuses a store that a newer program has changed, and changes nothing", () =>
    Effect.gen(function* () {
      yield* Migrations.run([{ room: "a", steps: [first, second] }])
      const third = { ...second, id: 3, up: run("DROP TABLE t") }
      const error = yield* Effect.flip(Migrations.run([{ room: "a", steps: [first, third] }]))
      assert.strictEqual(error.reason, "Unavailable")
      assert.include(error.hint, "update bailiwick")
      yield* run("SELECT b FROM t")
    }).pipe(Effect.provide(store))
  )
})
