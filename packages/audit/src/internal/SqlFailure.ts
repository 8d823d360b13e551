/** What a database said, in the words of the store ports; a driver's own text may quote values and is left out. */
import { StoreError } from "@bailiwick/core/StoreError"
import type { SqlError, SqlErrorReason } from "effect/sql/SqlError"

/** Says of a failed statement what it was for. */
export const during =
  (doing: string) =>
  ({ reason }: SqlError): StoreError => {
    // A driver of this project tells a full disk or a damaged file in the cause.
    const known = reason.cause instanceof StoreError ? reason.cause : fromReason(reason)
    return new StoreError({
      reason: known.reason,
      detail: `${doing}: ${known.detail}`,
      ...(known.hint === undefined ? {} : { hint: known.hint })
    })
  }

const fromReason = (reason: SqlErrorReason): StoreError => {
  switch (reason._tag) {
    case "UniqueViolation":
    case "SerializationError":
    case "DeadlockError":
      return new StoreError({ reason: "Conflict", detail: "somebody else wrote first" })
    case "LockTimeoutError":
    case "StatementTimeoutError":
      return new StoreError({ reason: "Busy", detail: "the database is held by somebody else" })
    default:
      return new StoreError({ reason: "Unavailable", detail: "the database could not be used" })
  }
}
