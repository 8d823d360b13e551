import * as Generation from "@bailiwick/core/ports/Generation"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as TemporaryStore from "./TemporaryStore.ts"

const parts = Effect.gen(function* () {
  const { bump, current } = yield* Generation.Generation
  const list = yield* RevocationList.RevocationList
  const { run } = yield* StoreTransaction.StoreTransaction
  const sql = yield* SqlClient.SqlClient
  return { bump, current, list, run, sql }
})

const revokeThree = Effect.gen(function* () {
  const { bump, list, run } = yield* parts
  for (const number of [1, 2, 3]) yield* run(Effect.andThen(list.add(Samples.revocation(number)), bump))
})

const other = Samples.revocation(4)

describe("SqlRevocationList finds out", () => {
  const tampers: Record<string, (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>> = {
    "a revocation that was taken out": (sql) => sql`DELETE FROM revocations WHERE subject = ${Samples.jti(2)}`,
    "all revocations taken out": (sql) => sql`DELETE FROM revocations`,
    "a revocation that was slipped in": (sql) => sql`INSERT INTO revocations ${sql.insert({ ...other, until: null })}`,
    "a revocation that was moved back in time": (sql) =>
      sql`UPDATE revocations SET time = 1 WHERE subject = ${Samples.jti(2)}`,
    "a revocation that was made to end": (sql) =>
      sql`UPDATE revocations SET until = 1 WHERE subject = ${Samples.jti(2)}`,
    "a revocation of something else": (sql) =>
      sql`UPDATE revocations SET subject = 'x' WHERE subject = ${Samples.jti(2)}`,
    "a row that this program never wrote": (sql) =>
      sql`UPDATE revocations SET kind = 'nothing' WHERE subject = ${Samples.jti(2)}`
  }
  for (const [what, tamper] of Object.entries(tampers)) {
    it.effect(`${what}, and covers it up by no later change`, () =>
      Effect.gen(function* () {
        const { bump, list, run, sql } = yield* parts
        yield* revokeThree
        assert.lengthOf(yield* list.live, 3)
        yield* tamper(sql)
        assert.strictEqual((yield* Effect.flip(list.live)).reason, "Damaged")
        assert.strictEqual((yield* Effect.flip(list.add(other))).reason, "Damaged")
        assert.strictEqual((yield* Effect.flip(list.prune(Samples.time(5000)))).reason, "Damaged")
        yield* run(bump)
        assert.strictEqual((yield* Effect.flip(list.live)).reason, "Damaged")
      }).pipe(Effect.provide(TemporaryStore.layer))
    )
  }

  const seals: Record<string, (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>> = {
    "a generation that was set back": (sql) => sql`UPDATE store SET generation = generation - 1`,
    "a generation that was set forward": (sql) => sql`UPDATE store SET generation = generation + 1`,
    "a generation that is none": (sql) => sql`UPDATE store SET generation = 0`,
    "another digest of the revocations": (sql) => sql`UPDATE store SET revocations = ${Samples.sha256(1)}`,
    "another seal": (sql) => sql`UPDATE store SET mac = ${Samples.sha256(1)}`,
    "a seal that is no bytes": (sql) => sql`UPDATE store SET mac = '?'`,
    "no seal": (sql) => sql`UPDATE store SET mac = ''`,
    "the seal of another project": (sql) => sql`UPDATE store SET project = 'other'`,
    "the store's row taken out": (sql) => sql`DELETE FROM store`
  }
  for (const [what, tamper] of Object.entries(seals)) {
    it.effect(`${what}, at every read of list and generation`, () =>
      Effect.gen(function* () {
        const { bump, current, list, run, sql } = yield* parts
        yield* revokeThree
        assert.strictEqual(yield* current, 4)
        yield* tamper(sql)
        for (const read of [current, list.live, list.add(other), run(bump)]) {
          assert.strictEqual((yield* Effect.flip(read)).reason, "Damaged")
        }
      }).pipe(Effect.provide(TemporaryStore.layer))
    )
  }
})
