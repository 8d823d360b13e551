/** Rows on their way into the program: decoded strictly, or named as damaged; never skipped. */
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Row } from "effect/sql/SqlConnection"
import * as SqlFailure from "./SqlFailure.ts"

/**
 * A decoder for the rows of one table. An absent member is NULL in its column.
 *
 * `name` is the column by which a bad row is named; it holds an id, never a secret.
 */
export const decoder = <A>(schema: Schema.Codec<A, unknown>, table: string, name: string) => {
  const decode = Schema.decodeUnknownEffect(schema, { onExcessProperty: "error" })
  return (row: Row): Effect.Effect<A, StoreError> =>
    Effect.mapError(decode(withoutNulls(row)), () => damagedRow(table, row[name]))
}

/** A row of `table` that the program did not write so; `name` says which. */
export const damagedRow = (table: string, name: unknown): StoreError =>
  SqlFailure.damaged(
    `the row ${JSON.stringify(String(name)).slice(0, 100)} of ${table} holds what this program never wrote`
  )

const withoutNulls = (row: Row): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

/** The first row, if there is one. */
export const first = <A>(
  decode: (row: Row) => Effect.Effect<A, StoreError>,
  rows: ReadonlyArray<Row>
): Effect.Effect<Option.Option<A>, StoreError> =>
  rows[0] === undefined ? Effect.succeedNone : Effect.asSome(decode(rows[0]))
