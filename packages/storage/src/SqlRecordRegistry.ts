/** The accepted records of a project, in SQL. */
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import { StoreError } from "@bailiwick/core/StoreError"
import type * as Kid from "@bailiwick/core/Kid"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as Row from "./internal/Row.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<RecordRegistry.RecordRegistry, never, SqlClient.SqlClient> = Layer.effect(
  RecordRegistry.RecordRegistry,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return RecordRegistry.RecordRegistry.of({
      append: Effect.fn("RecordRegistry.append")(function* (record: RecordRegistry.AcceptedRecord) {
        const inserted = yield* Effect.mapError(
          sql`INSERT INTO records ${sql.insert({ ...record })} ON CONFLICT DO NOTHING RETURNING place`,
          SqlFailure.toStoreError("keeping a record")
        )
        if (inserted.length === 0) {
          return yield* new StoreError({
            reason: "Conflict",
            detail: `keeping a record: its place in the chain is taken`,
            hint: "somebody else changed the same thing first; look at it again"
          })
        }
      }),
      all: sql`SELECT kind, chain, seq, hash, jws, place, time FROM records ORDER BY place`.pipe(
        Effect.mapError(SqlFailure.toStoreError("reading the records")),
        Effect.flatMap(Effect.forEach(decode)),
        Effect.withSpan("RecordRegistry.all")
      ),
      claimKey: Effect.fn("RecordRegistry.claimKey")(
        function* (kid: Kid.Kid, owner: string) {
          yield* sql`INSERT INTO key_owners ${sql.insert({ kid, owner })} ON CONFLICT DO NOTHING`
          const rows = yield* sql<{ owner: string }>`SELECT owner FROM key_owners WHERE kid = ${kid}`
          return rows[0]?.owner === owner
        },
        Effect.mapError(SqlFailure.toStoreError("binding a key to its owner"))
      )
    })
  })
)

const decode = Row.decoder(RecordRegistry.AcceptedRecord, "records", "place")
