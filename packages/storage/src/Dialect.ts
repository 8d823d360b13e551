/** What SQLite and PostgreSQL write differently in a table's definition. */
import type * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"

/** A whole number of 64 bits. */
export const integer = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql.onDialectOrElse({ sqlite: () => sql.literal("INTEGER"), orElse: () => sql.literal("BIGINT") })

/** At the end of a table: SQLite keeps to the declared types only when it is told to. */
export const strict = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql.onDialectOrElse({ sqlite: () => sql.literal(" STRICT"), orElse: () => sql.literal("") })
