/**
 * The tables of several rooms in one database, brought up to date step by step.
 *
 * A room is a plain value, so that a package can bring its own tables without knowing this one. Each step runs once, in
 * one transaction with the note that it ran: two processes that open a store together do it once. A database that a
 * newer program has changed is refused rather than guessed at.
 *
 * Steps keep to SQL that SQLite and PostgreSQL share: no triggers, sequences or advisory locks; `Dialect` names what
 * differs.
 */
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Dialect from "./Dialect.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export interface Step {
  /** Ascends inside the room, from 1. */
  readonly id: number
  readonly name: string
  readonly up: Effect.Effect<unknown, SqlError, SqlClient.SqlClient>
}

export interface Room {
  readonly room: string
  readonly steps: ReadonlyArray<Step>
}

/** Runs the steps that have not run yet, room by room. */
export const run = Effect.fn("Migrations.run")(
  function* (rooms: ReadonlyArray<Room>) {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE IF NOT EXISTS migrations (
    room TEXT NOT NULL,
    id ${Dialect.integer(sql)} NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (room, id)
  )${Dialect.strict(sql)}`
    const rows = yield* sql<{ room: string; id: number }>`SELECT room, id FROM migrations`
    for (const { room, steps } of rooms) {
      const done = new Set(rows.filter((row) => row.room === room).map((row) => Number(row.id)))
      const known = new Set(steps.map((step) => step.id))
      if ([...done].some((id) => !known.has(id))) {
        return yield* new StoreError({
          reason: "Unavailable",
          detail: "the store was changed by a newer bailiwick",
          hint: "update bailiwick; nothing was changed"
        })
      }
      yield* Effect.forEach(
        steps.filter((step) => !done.has(step.id)),
        (step) => apply(sql, room, step),
        {
          discard: true
        }
      )
    }
  },
  Effect.catchTag("SqlError", (error) => Effect.fail(SqlFailure.toStoreError("bringing the store up to date")(error)))
)

/** The note comes first: whoever finds it there already has been overtaken by another process. */
const apply = (sql: SqlClient.SqlClient, room: string, step: Step) =>
  sql.withTransaction(
    Effect.gen(function* () {
      const noted = yield* sql`INSERT INTO migrations ${sql.insert({ room, id: step.id, name: step.name })}
        ON CONFLICT DO NOTHING RETURNING id`
      if (noted.length === 1) yield* step.up
    })
  )
