import { ProjectId } from "@bailiwick/core/ProjectId"
import * as Generation from "@bailiwick/core/ports/Generation"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Migrations from "@bailiwick/storage/Migrations"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import * as Store from "@bailiwick/storage/Store"
import * as Tables from "@bailiwick/storage/Tables"
import { assert, describe, it } from "@effect/vitest"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "./TemporaryStore.ts"

const place = Effect.map(TemporaryStore.directory, (home) => ({
  project: TemporaryStore.project,
  directory: Path.join(home, "state", TemporaryStore.project)
}))

const open = (options: Store.Options) =>
  Effect.scoped(Layer.build(Store.layer(options))).pipe(Effect.provide(TemporaryStore.machine))
const create = (options: Store.Options) => Effect.provide(Store.create(options), TemporaryStore.machine)

/** What lies in a directory, byte by byte. */
const contents = (directory: string) =>
  Object.fromEntries(
    Fs.readdirSync(directory).map((name) => [name, Fs.readFileSync(Path.join(directory, name), "hex")])
  )

/** Opening is refused, and leaves every byte where it was. */
const refused = Effect.fnUntraced(function* (options: Store.Options, reason: StoreError["reason"]) {
  const before = contents(options.directory)
  const error = yield* Effect.flip(open(options))
  assert.strictEqual(error.reason, reason, error.message)
  assert.isDefined(error.hint)
  assert.deepStrictEqual(contents(options.directory), before)
  return error
})

describe("Store", () => {
  it.effect("lies in a private directory, in files that only its user can read", () =>
    Effect.gen(function* () {
      const options = yield* place
      assert.isTrue(yield* create(options))
      assert.strictEqual(Fs.statSync(options.directory).mode & 0o777, 0o700)
      assert.deepStrictEqual(Fs.readdirSync(options.directory), ["generation", "instance", "master.key", "store.db"])
      for (const name of Fs.readdirSync(options.directory)) {
        assert.strictEqual(Fs.statSync(Path.join(options.directory, name)).mode & 0o777, 0o600, name)
      }
    })
  )

  it.effect("is made once, and keeps what it held", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* create(options)
      const key = yield* KeyRing.KeyRing.use((ring) => ring.create("authority", Samples.time(0))).pipe(
        Effect.provide(Store.layer(options)),
        Effect.provide(TemporaryStore.machine)
      )
      const before = contents(options.directory)
      assert.isFalse(yield* create(options))
      assert.deepStrictEqual(contents(options.directory), before)
      const keys = yield* KeyRing.KeyRing.use((ring) => ring.keys("authority")).pipe(
        Effect.provide(Store.layer(options)),
        Effect.provide(TemporaryStore.machine)
      )
      assert.deepStrictEqual(
        keys.map((one) => one.kid),
        [key.kid]
      )
    })
  )

  it.effect("is missed with a hint, and nothing is made by looking", () =>
    Effect.gen(function* () {
      const options = yield* place
      const error = yield* Effect.flip(open(options))
      assert.strictEqual(error.reason, "Unavailable")
      assert.include(error.message, "acme")
      assert.include(error.hint, "bailiwick init")
      assert.isFalse(Fs.existsSync(Path.dirname(options.directory)))
    })
  )

  it.effect("begins beyond the generation that an earlier store of the name left beside", () =>
    Effect.gen(function* () {
      const options = yield* place
      Fs.mkdirSync(options.directory, { recursive: true, mode: 0o700 })
      Fs.writeFileSync(Path.join(options.directory, "generation"), "41\n", { mode: 0o600 })
      yield* create(options)
      const current = yield* Generation.Generation.use((generation) => generation.current).pipe(
        Effect.provide(Store.layer(options)),
        Effect.provide(TemporaryStore.machine)
      )
      assert.strictEqual(current, 42)
    })
  )

  it.effect("keeps apart from another store of the same program, made and opened while it is open", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* place, yield* place]
      const append = (number: number) =>
        RecordRegistry.RecordRegistry.use((registry) => registry.append(Samples.record(number)))
      const places = RecordRegistry.RecordRegistry.use((registry) =>
        Effect.map(registry.all, (records) => records.map((record) => record.place))
      )
      yield* create(one)
      yield* Effect.gen(function* () {
        yield* append(1)
        yield* create(other)
        assert.deepStrictEqual(yield* Effect.provide(Effect.andThen(append(2), places), Store.layer(other)), [2])
        assert.deepStrictEqual(yield* places, [1])
      }).pipe(Effect.provide(Store.layer(one)))
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.effect("takes the tables of other rooms, when it is made and later", () =>
    Effect.gen(function* () {
      const options = yield* place
      const room = (name: string): Migrations.Room => ({
        room: name,
        steps: [{ id: 1, name: "table", up: SqlClient.SqlClient.use((sql) => sql`CREATE TABLE ${sql(name)} (a TEXT)`) }]
      })
      yield* create({ ...options, rooms: [room("early")] })
      yield* SqlClient.SqlClient.use((sql) => sql`INSERT INTO early VALUES ('x')`).pipe(
        Effect.andThen(SqlClient.SqlClient.use((sql) => sql`INSERT INTO late VALUES ('x')`)),
        Effect.provide(Store.layer({ ...options, rooms: [room("early"), room("late")] })),
        Effect.provide(TemporaryStore.machine)
      )
    })
  )

  it.effect("finishes a creation that was cut short, and is no store before", () =>
    Effect.gen(function* () {
      const options = yield* place
      Fs.mkdirSync(options.directory, { recursive: true, mode: 0o700 })
      yield* Migrations.run([Tables.room]).pipe(
        Effect.provide(Sqlite.layer({ filename: Store.filename(options.directory) }))
      )
      Fs.writeFileSync(Path.join(options.directory, "master.key"), `${"A".repeat(43)}\n`, { mode: 0o600 })
      yield* refused(options, "Damaged")
      assert.isTrue(yield* create(options))
      yield* open(options)
    })
  )
})

describe("Store refuses", () => {
  const made = Effect.tap(place, create)
  const file = (options: Store.Options, name: string) => Path.join(options.directory, name)

  it.effect("a directory that others may enter, and names the chmod", () =>
    Effect.gen(function* () {
      const options = yield* made
      Fs.chmodSync(options.directory, 0o755)
      assert.strictEqual((yield* refused(options, "Exposed")).hint, `chmod 700 ${options.directory}`)
      assert.strictEqual((yield* Effect.flip(create(options))).reason, "Exposed")
    })
  )

  for (const name of ["store.db", "master.key", "generation", "instance"]) {
    it.effect(`${name} when others may read it, and names the chmod`, () =>
      Effect.gen(function* () {
        const options = yield* made
        Fs.chmodSync(file(options, name), 0o640)
        assert.strictEqual((yield* refused(options, "Exposed")).hint, `chmod 600 ${file(options, name)}`)
      })
    )
  }

  it.effect("the store of another project", () =>
    Effect.gen(function* () {
      const options = yield* made
      yield* refused({ ...options, project: ProjectId.make("other") }, "Damaged")
    })
  )

  it.effect("a database that was cut to nothing", () =>
    Effect.gen(function* () {
      const options = yield* made
      Fs.truncateSync(file(options, "store.db"))
      assert.include((yield* refused(options, "Damaged")).message, "store.db")
    })
  )

  it.effect("a database whose first page is broken", () =>
    Effect.gen(function* () {
      const options = yield* made
      const content = Fs.readFileSync(file(options, "store.db"))
      Fs.writeFileSync(file(options, "store.db"), content.fill(0xff, 100, 4096))
      assert.include((yield* refused(options, "Damaged")).message, "store.db")
    })
  )

  it.effect("a database of something else", () =>
    Effect.gen(function* () {
      const options = yield* made
      Fs.rmSync(file(options, "store.db"))
      yield* Effect.scoped(SqlClient.SqlClient.use((sql) => sql`CREATE TABLE other (a TEXT)`)).pipe(
        Effect.provide(Sqlite.layer({ filename: file(options, "store.db") }))
      )
      yield* refused(options, "Damaged")
    })
  )

  it.effect("to go on without its master key, or with another one", () =>
    Effect.gen(function* () {
      const options = yield* made
      Fs.rmSync(file(options, "master.key"))
      assert.include((yield* refused(options, "Unavailable")).message, "master.key")
      assert.isFalse(Fs.existsSync(file(options, "master.key")))
      Fs.writeFileSync(file(options, "master.key"), `${"A".repeat(43)}\n`, { mode: 0o600 })
      yield* refused(options, "Damaged")
    })
  )

  for (const content of ["", "too short\n", `${"A".repeat(42)}B\n`, `${"A".repeat(43)}\n\n`, `${"A".repeat(44)}\n`]) {
    it.effect(`a master key that reads ${JSON.stringify(content)}`, () =>
      Effect.gen(function* () {
        const options = yield* made
        Fs.writeFileSync(file(options, "master.key"), content)
        const error = yield* refused(options, "Damaged")
        assert.notInclude(error.message, content.trim() || "never")
      })
    )
  }

  it.effect("a store that a newer program has changed", () =>
    Effect.gen(function* () {
      const options = yield* made
      yield* Effect.scoped(
        SqlClient.SqlClient.use((sql) => sql`INSERT INTO migrations VALUES ('storage', 99, 'tomorrow')`)
      ).pipe(Effect.provide(Sqlite.layer({ filename: file(options, "store.db") })))
      assert.include((yield* refused(options, "Unavailable")).hint, "update bailiwick")
    })
  )

  it.effect("a directory that cannot be written", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      Fs.writeFileSync(`${home}/state`, "a file where the directory should be")
      const error = yield* Effect.flip(create({ project: TemporaryStore.project, directory: `${home}/state/acme` }))
      assert.strictEqual(error.reason, "Damaged")
      assert.isDefined(error.hint)
    })
  )
})
