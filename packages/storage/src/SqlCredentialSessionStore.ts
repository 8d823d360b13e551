/**
 * The credential sessions of a store, in SQL.
 *
 * A session is kept whole as JSON; the columns beside it are what it is searched by. A row whose columns and JSON tell
 * different stories is damaged: an index must not find what the session itself denies.
 */
import type * as CredentialSessionId from "@bailiwick/core/CredentialSessionId"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import type * as Sha256 from "@bailiwick/core/Sha256"
import { StoreError } from "@bailiwick/core/StoreError"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { Row as SqlRow } from "effect/sql/SqlConnection"
import * as Row from "./internal/Row.ts"
import * as SessionList from "./internal/SessionList.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<CredentialSessionStore.CredentialSessionStore, never, SqlClient.SqlClient> =
  Layer.effect(
    CredentialSessionStore.CredentialSessionStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const columns = sql.literal("id, status, created_at, expires_at, human, agent, auth_session_id, reuse, body")
      const find = Effect.fn("CredentialSessionStore.find")((id: CredentialSessionId.CredentialSessionId) =>
        sql`SELECT ${columns} FROM credential_sessions WHERE id = ${id}`.pipe(
          Effect.mapError(SqlFailure.toStoreError("looking up a credential session")),
          Effect.flatMap((rows) => Row.first(fromRow, rows))
        )
      )
      return CredentialSessionStore.CredentialSessionStore.of({
        save: Effect.fn("CredentialSessionStore.save")(function* (session: CredentialSession.CredentialSession) {
          const inserted = yield* Effect.mapError(
            sql`INSERT INTO credential_sessions ${sql.insert(toRow(session))} ON CONFLICT DO NOTHING RETURNING id`,
            SqlFailure.toStoreError("saving a credential session")
          )
          if (inserted.length === 0) {
            return yield* new StoreError({
              reason: "Conflict",
              detail: "saving a credential session: its id is taken"
            })
          }
        }),
        find,
        list: Effect.fn("CredentialSessionStore.list")((filter: CredentialSessionStore.Filter) =>
          sql`SELECT ${columns} FROM credential_sessions WHERE ${sql.and([
            ...(filter.human === undefined ? [] : [sql`human = ${filter.human}`]),
            ...(filter.agent === undefined ? [] : [sql`agent = ${filter.agent}`]),
            ...(filter.auth_session === undefined ? [] : [sql`auth_session_id = ${filter.auth_session}`]),
            ...(filter.status === undefined ? [] : [sql`status = ${filter.status}`]),
            ...(filter.expires_after === undefined ? [] : [sql`expires_at > ${filter.expires_after}`])
          ])} ORDER BY created_at DESC, id DESC LIMIT ${filter.limit ?? SessionList.defaultLimit}`.pipe(
            Effect.mapError(SqlFailure.toStoreError("listing the credential sessions")),
            Effect.flatMap(Effect.forEach(fromRow))
          )
        ),
        update: Effect.fn("CredentialSessionStore.update")(
          function* (session: CredentialSession.CredentialSession) {
            const { id, ...rest } = toRow(session)
            if (session.status === "active") {
              // What a renewal changes. A column that is not named is not written to its indexes either.
              const { body, expires_at, ...same } = rest
              const renewed = yield* sql`UPDATE credential_sessions SET ${sql.update({ body, expires_at })}
                WHERE id = ${id} AND ${sql.and(Object.entries(same).map(([name, value]) => isSame(sql, name, value)))}
                RETURNING id`
              if (renewed.length === 1) return true
            }
            const updated = yield* sql`UPDATE credential_sessions SET ${sql.update(rest)}
            WHERE id = ${id} AND status = 'active' RETURNING id`
            return updated.length === 1
          },
          Effect.mapError(SqlFailure.toStoreError("updating a credential session"))
        ),
        noteEnd: Effect.fn("CredentialSessionStore.noteEnd")(function* (
          id: CredentialSessionId.CredentialSessionId,
          end: CredentialSession.CloudEnd
        ) {
          const session = yield* find(id)
          if (Option.isNone(session)) return false
          const { body } = toRow({ ...session.value, cloud_end: end })
          const noted = yield* Effect.mapError(
            sql`UPDATE credential_sessions SET body = ${body} WHERE id = ${id} AND status <> 'active' RETURNING id`,
            SqlFailure.toStoreError("noting how a credential session ended at its cloud")
          )
          return noted.length === 1
        }),
        findReusable: Effect.fn("CredentialSessionStore.findReusable")(
          (reuse: Sha256.Sha256, at: UnixTime.UnixTime, minimum: number) =>
            // 'active' stands in the text, not in a parameter: only so the partial index serves.
            sql`SELECT ${columns} FROM credential_sessions
              WHERE reuse = ${reuse} AND status = 'active' AND expires_at > ${at + minimum}
              ORDER BY created_at DESC, id DESC LIMIT 1`.pipe(
              Effect.mapError(SqlFailure.toStoreError("looking for a credential session to use again")),
              Effect.flatMap((rows) => Row.first(fromRow, rows))
            )
        )
      })
    })
  )

/** Of columns that may be NULL, too: there `=` is never true. */
const isSame = (sql: SqlClient.SqlClient, column: string, value: unknown) =>
  value === null ? sql`${sql(column)} IS NULL` : sql`${sql(column)} = ${value}`

const index = (session: CredentialSession.CredentialSession) => ({
  id: session.id,
  status: session.status,
  created_at: session.created_at,
  expires_at: session.expires_at,
  human: session.human,
  agent: session.agent ?? null,
  auth_session_id: session.auth_session_id,
  reuse: session.reuse
})

const toRow = (session: CredentialSession.CredentialSession) => ({
  ...index(session),
  body: CompactJson.encode(encode(session))
})

const encode = Schema.encodeSync(Schema.toCodecJson(CredentialSession.CredentialSession))

const decode = Row.decoder(
  Schema.Struct({ id: Schema.String, body: Schema.fromJsonString(CredentialSession.CredentialSession) }),
  "credential_sessions",
  "id"
)

const fromRow = ({ body, ...columns }: SqlRow) =>
  Effect.flatMap(decode({ id: columns["id"], body }), (row) =>
    Object.entries(index(row.body)).every(([name, value]) => columns[name] === value)
      ? Effect.succeed(row.body)
      : Effect.fail(Row.damagedRow("credential_sessions", columns["id"]))
  )
