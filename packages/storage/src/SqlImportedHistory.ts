/** What was taken over from other programs, in SQL. */
import * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as Row from "./internal/Row.ts"
import * as SessionList from "./internal/SessionList.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<ImportedHistory.ImportedHistory, never, SqlClient.SqlClient> = Layer.effect(
  ImportedHistory.ImportedHistory,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const columns = sql.literal("source, kind, name, digest, status, time, body")
    return ImportedHistory.ImportedHistory.of({
      find: Effect.fn("ImportedHistory.find")(
        (source: ImportedHistory.Source, kind: ImportedHistory.Kind, name: string) =>
          sql`SELECT ${columns} FROM imported WHERE source = ${source} AND kind = ${kind} AND name = ${name}`.pipe(
            Effect.mapError(SqlFailure.toStoreError("looking up what was imported")),
            Effect.flatMap((rows) => Row.first(fromRow, rows))
          )
      ),
      put: Effect.fn("ImportedHistory.put")(
        function* ({ status, ...entry }: ImportedHistory.Entry) {
          yield* sql`INSERT INTO imported ${sql.insert({ ...entry, status: status ?? null })}
            ON CONFLICT (source, kind, name) DO UPDATE
            SET digest = excluded.digest, status = excluded.status, time = excluded.time, body = excluded.body`
        },
        Effect.mapError(SqlFailure.toStoreError("keeping what was imported"))
      ),
      list: Effect.fn("ImportedHistory.list")((filter: ImportedHistory.Filter) =>
        sql`SELECT ${columns} FROM imported WHERE ${sql.and([
          ...(filter.source === undefined ? [] : [sql`source = ${filter.source}`]),
          ...(filter.kind === undefined ? [] : [sql`kind = ${filter.kind}`])
        ])} ORDER BY source, kind, name LIMIT ${filter.limit ?? SessionList.defaultLimit}`.pipe(
          Effect.mapError(SqlFailure.toStoreError("listing what was imported")),
          Effect.flatMap(Effect.forEach(fromRow))
        )
      )
    })
  })
)

const fromRow = Row.decoder(ImportedHistory.Entry, "imported", "name")
