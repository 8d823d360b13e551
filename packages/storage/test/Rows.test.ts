import * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import * as ClockMark from "@bailiwick/core/ports/ClockMark"
import * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as TemporaryStore from "./TemporaryStore.ts"

const parts = Effect.gen(function* () {
  return {
    registry: yield* RecordRegistry.RecordRegistry,
    ledger: yield* RedemptionLedger.RedemptionLedger,
    auth: yield* AuthSessionStore.AuthSessionStore,
    credentials: yield* CredentialSessionStore.CredentialSessionStore,
    clock: yield* ClockMark.ClockMark,
    imported: yield* ImportedHistory.ImportedHistory,
    sql: yield* SqlClient.SqlClient
  }
})
type Parts = Effect.Success<typeof parts>

const session = Samples.credentialSession(1)

interface Case {
  readonly table: string
  readonly write: (parts: Parts) => Effect.Effect<unknown, unknown>
  readonly reads: (parts: Parts) => ReadonlyArray<Effect.Effect<unknown, StoreError>>
  /** The right-hand sides of `UPDATE … SET`. */
  readonly changes: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  {
    table: "records",
    write: ({ registry }) => registry.append(Samples.record(1)),
    reads: ({ registry }) => [registry.all],
    changes: ["kind = 'other'", "seq = -1", "hash = 'x'", "time = -1"]
  },
  {
    table: "redemptions",
    write: ({ ledger }) => ledger.redeem(Samples.redemption(1)),
    reads: ({ ledger }) => [ledger.find(Samples.jti(1)), ledger.redeem(Samples.redemption(1))],
    changes: ["hop = ''", "session = '../x'", "time = -1", "place = -1"]
  },
  {
    table: "auth_sessions",
    write: ({ auth }) => auth.save(Samples.authSession(1)),
    reads: ({ auth }) => [auth.find(Samples.storageId(1)), auth.list],
    changes: [
      "kind = 'other'",
      "human = 'nobody'",
      "lineage = '{'",
      "lineage = '[1]'",
      "status = 'alive'",
      "expires = -1"
    ]
  },
  {
    table: "credential_sessions",
    write: ({ credentials }) => credentials.save(session),
    reads: ({ credentials }) => [credentials.find(session.id), credentials.list({})],
    changes: [
      "body = ''",
      "body = '{}'",
      `body = json_set(body, '$.status', 'alive')`,
      `body = json_set(body, '$.extra', 1)`,
      `body = json_set(body, '$.status', 'revoked')`,
      `body = json_set(body, '$.expires_at', 9999)`,
      "status = 'completed'",
      "expires_at = expires_at + 1",
      "reuse = 'x'",
      "agent = NULL",
      "human = 'me@example.com'"
    ]
  },
  {
    table: "imported",
    write: ({ imported }) =>
      imported.put({
        source: "joy",
        kind: "event",
        name: "one",
        digest: Samples.sha256(1),
        time: Samples.time(1),
        body: ""
      }),
    reads: ({ imported }) => [imported.list({})],
    changes: ["source = 'other'", "kind = 'other'", "digest = 'x'", "time = -1"]
  },
  {
    table: "store",
    write: () => Effect.void,
    reads: ({ clock }) => [clock.read],
    changes: ["clock = -1", "clock = 253402300800"]
  }
]

describe("a row that this program never wrote", () => {
  for (const { changes, reads, table, write } of cases) {
    for (const change of changes) {
      it.effect(`is named when ${table} has ${change}`, () =>
        Effect.gen(function* () {
          const store = yield* parts
          yield* write(store)
          yield* Effect.all(reads(store))
          yield* store.sql.unsafe(`UPDATE ${table} SET ${change}`)
          for (const read of reads(store)) {
            const error = yield* Effect.flip(read)
            assert.strictEqual(error.reason, "Damaged")
            assert.include(error.message, table)
            assert.isDefined(error.hint)
          }
        }).pipe(Effect.provide(TemporaryStore.layer))
      )
    }
  }
})

describe("a session to use again", () => {
  it.effect("is looked up by an index, in one step however many there are", () =>
    Effect.gen(function* () {
      const { sql } = yield* parts
      const plan = yield* sql.unsafe<{ detail: string }>(
        `EXPLAIN QUERY PLAN SELECT id FROM credential_sessions
         WHERE reuse = 'x' AND status = 'active' AND expires_at > 1 ORDER BY created_at DESC, id DESC LIMIT 1`
      )
      assert.match(
        plan[0]?.detail ?? "",
        /SEARCH credential_sessions USING INDEX credential_sessions_reuse \(reuse=\? AND expires_at>\?\)/u
      )
    }).pipe(Effect.provide(TemporaryStore.layer))
  )
})
