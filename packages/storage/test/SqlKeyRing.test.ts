import { ProjectId } from "@bailiwick/core/ProjectId"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import * as SqlKeyRing from "@bailiwick/storage/SqlKeyRing"
import * as MasterKey from "@bailiwick/storage/MasterKey"
import * as Store from "@bailiwick/storage/Store"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "./TemporaryStore.ts"

const at = Samples.time(0)

const refuses = Effect.fnUntraced(function* (purpose: KeyRing.KeyPurpose) {
  const ring = yield* KeyRing.KeyRing
  const error = yield* Effect.flip(ring.keys(purpose))
  assert.strictEqual(error.reason, "Damaged")
  return error
})

describe("SqlKeyRing", () => {
  const tampers: Record<string, (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>> = {
    "a key that was given another purpose": (sql) =>
      sql`UPDATE keys SET purpose = 'authority', position = 7 WHERE purpose = 'log'`,
    "a key that was given another key's wrap": (sql) =>
      sql`UPDATE keys SET (nonce, ciphertext) = (SELECT nonce, ciphertext FROM keys WHERE purpose = 'log')
        WHERE purpose = 'authority'`,
    "a wrap with a flipped bit": (sql) =>
      sql`UPDATE keys SET ciphertext = (CASE substr(ciphertext, 1, 1) WHEN 'A' THEN 'B' ELSE 'A' END) || substr(ciphertext, 2)`,
    "another nonce": (sql) => sql`UPDATE keys SET nonce = 'AAAAAAAAAAAAAAAA'`,
    "another public half": (sql) => sql`UPDATE keys SET x = ${Samples.kid(1)}`,
    "another kid": (sql) => sql`UPDATE keys SET kid = ${Samples.kid(1)} WHERE purpose = 'authority'`,
    "a wrap that is too short": (sql) => sql`UPDATE keys SET ciphertext = 'AAAA'`
  }
  for (const [what, tamper] of Object.entries(tampers)) {
    it.effect(`refuses ${what}, even if the key was open before`, () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        yield* ring.create("authority", at)
        yield* ring.create("log", at)
        assert.lengthOf(yield* ring.keys("authority"), 1)
        assert.lengthOf(yield* ring.keys("log"), 1)
        yield* SqlClient.SqlClient.use(tamper)
        yield* refuses("authority")
      }).pipe(Effect.provide(TemporaryStore.layer))
    )
  }

  it.effect("opens no key for another project, and none under another master key", () =>
    Effect.gen(function* () {
      const directory = Path.join(yield* TemporaryStore.directory, "acme")
      const place = { project: TemporaryStore.project, directory }
      yield* Store.create(place)
      const master = MasterKey.MasterKey.layerFile(directory)
      const ring = (project: string) => Layer.provide(SqlKeyRing.layer(ProjectId.make(project)), Layer.fresh(master))
      yield* Effect.gen(function* () {
        const made = yield* KeyRing.KeyRing.use((keys) => keys.create("log", at)).pipe(Effect.provide(ring("acme")))
        const [opened] = yield* KeyRing.KeyRing.use((keys) => keys.keys("log")).pipe(Effect.provide(ring("acme")))
        assert.strictEqual(opened?.kid, made.kid)
        yield* Effect.provide(refuses("log"), ring("other"))
        Fs.writeFileSync(MasterKey.path(directory), `${"A".repeat(43)}\n`)
        const error = yield* Effect.provide(refuses("log"), ring("acme"))
        assert.include(error.message, made.kid)
      }).pipe(Effect.provide(Store.layer(place)))
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.effect("leaves no seed in any file of the store", () =>
    Effect.gen(function* () {
      const directory = Path.join(yield* TemporaryStore.directory, "acme")
      const place = { project: TemporaryStore.project, directory }
      yield* Store.create(place)
      const key = yield* KeyRing.KeyRing.use((ring) => ring.create("authority", at)).pipe(
        Effect.provide(Store.layer(place))
      )
      const seed = Buffer.from(Redacted.value(key.seed))
      for (const name of Fs.readdirSync(directory)) {
        const content = Fs.readFileSync(Path.join(directory, name))
        for (const form of [seed, seed.toString("hex"), seed.toString("base64"), seed.toString("base64url")]) {
          assert.isFalse(content.includes(form), name)
        }
        assert.strictEqual(content.includes(key.kid), name === "store.db")
      }
    }).pipe(Effect.provide(TemporaryStore.machine))
  )
})
