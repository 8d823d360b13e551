/** Nonces, each usable once, in SQL. */
import * as NonceLedger from "@bailiwick/core/ports/NonceLedger"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<NonceLedger.NonceLedger, never, SqlClient.SqlClient> = Layer.effect(
  NonceLedger.NonceLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return NonceLedger.NonceLedger.of({
      use: Effect.fn("NonceLedger.use")(
        function* (scope: string, nonce: string, expires: UnixTime.UnixTime) {
          const inserted = yield* sql`INSERT INTO nonces ${sql.insert({ scope, nonce, expires })}
          ON CONFLICT DO NOTHING RETURNING expires`
          return inserted.length === 1
        },
        Effect.mapError(SqlFailure.toStoreError("using a nonce"))
      ),
      prune: Effect.fn("NonceLedger.prune")(
        function* (before: UnixTime.UnixTime) {
          const gone = yield* sql`DELETE FROM nonces WHERE expires < ${before} RETURNING expires`
          return gone.length
        },
        Effect.mapError(SqlFailure.toStoreError("forgetting nonces"))
      )
    })
  })
)
