/** The auth sessions of a store, in SQL. */
import * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import * as Jti from "@bailiwick/core/Jti"
import type * as StorageId from "@bailiwick/core/StorageId"
import { StoreError } from "@bailiwick/core/StoreError"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as Row from "./internal/Row.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<AuthSessionStore.AuthSessionStore, never, SqlClient.SqlClient> = Layer.effect(
  AuthSessionStore.AuthSessionStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const columns = sql.literal("id, kind, human, agent, proof, lineage, created, expires, used, status")
    return AuthSessionStore.AuthSessionStore.of({
      save: Effect.fn("AuthSessionStore.save")(function* (session: AuthSessionStore.AuthSession) {
        const failure = SqlFailure.toStoreError("saving an auth session")
        const inserted = yield* Effect.mapError(
          sql`INSERT INTO auth_sessions ${sql.insert({
            ...session,
            agent: session.agent ?? null,
            lineage: JSON.stringify(session.lineage)
          })} ON CONFLICT DO NOTHING RETURNING id`,
          failure
        )
        if (inserted.length === 1) return
        const [standing] = yield* Effect.mapError(
          sql<{ proof: string }>`SELECT proof FROM auth_sessions WHERE id = ${session.id}`,
          failure
        )
        if (standing?.proof !== session.proof) {
          return yield* new StoreError({
            reason: "Conflict",
            detail: "saving an auth session: another one stands under its id"
          })
        }
      }),
      find: Effect.fn("AuthSessionStore.find")((id: StorageId.StorageId) =>
        sql`SELECT ${columns} FROM auth_sessions WHERE id = ${id}`.pipe(
          Effect.mapError(SqlFailure.toStoreError("looking up an auth session")),
          Effect.flatMap((rows) => Row.first(decode, rows))
        )
      ),
      list: sql`SELECT ${columns} FROM auth_sessions ORDER BY created, id`.pipe(
        Effect.mapError(SqlFailure.toStoreError("listing the auth sessions")),
        Effect.flatMap(Effect.forEach(decode)),
        Effect.withSpan("AuthSessionStore.list")
      ),
      touch: Effect.fn("AuthSessionStore.touch")(
        (id: StorageId.StorageId, used: UnixTime.UnixTime) =>
          Effect.asVoid(sql`UPDATE auth_sessions SET used = ${used} WHERE id = ${id} AND used < ${used}`),
        Effect.mapError(SqlFailure.toStoreError("noting the use of an auth session"))
      ),
      end: Effect.fn("AuthSessionStore.end")(
        function* (id: StorageId.StorageId, status: "closed" | "revoked") {
          const ended = yield* sql`UPDATE auth_sessions SET status = ${status}
          WHERE id = ${id} AND status = 'active' RETURNING id`
          return ended.length === 1
        },
        Effect.mapError(SqlFailure.toStoreError("ending an auth session"))
      )
    })
  })
)

const decode = Row.decoder(
  AuthSessionStore.AuthSession.mapFields((fields) => ({
    ...fields,
    lineage: Schema.fromJsonString(Schema.Array(Jti.Jti))
  })),
  "auth_sessions",
  "id"
)
