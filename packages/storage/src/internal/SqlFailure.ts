/**
 * Turns what a SQL driver throws into the one error of the store ports.
 *
 * Raw messages of a driver may quote values, so none of them is passed on.
 */
import { StoreError } from "@bailiwick/core/StoreError"
import * as Predicate from "effect/Predicate"
import type * as SqlError from "effect/sql/SqlError"

/** What `node:sqlite` threw while it worked on `file`, in the store's words; see https://sqlite.org/rescode.html. */
export const fromSqlite = (file: string, cause: unknown): StoreError => {
  const code = Predicate.hasProperty(cause, "errcode") && typeof cause.errcode === "number" ? cause.errcode : undefined
  if (code === undefined) {
    // An integer beyond 2^53 is the one thing that the driver refuses to read by itself.
    return Predicate.hasProperty(cause, "code") && cause.code === "ERR_OUT_OF_RANGE"
      ? damaged(`${file} holds a number that this program never wrote`)
      : new StoreError({ reason: "Unavailable", detail: `${file} could not be used` })
  }
  if (uniqueViolations.has(code)) {
    return new StoreError({ reason: "Conflict", detail: `${file} holds it already` })
  }
  // The low byte is the primary code; the rest only refines it.
  switch (code & 0xff) {
    case 5:
    case 6:
      return busy(file)
    case 8:
      return unavailable(`${file} may not be written`, "check who owns the file and its directory, and the mount")
    case 10:
      // SQLITE_IOERR_SHMSIZE: the shared memory beside the database could not grow, which a full volume does (rescode.html).
      if (code === 4874) return full(file)
      return unavailable(
        `${file} could not be read or written: the disk reports an error`,
        "check the disk and its mount"
      )
    case 13:
      return full(file)
    case 3:
    case 14:
    case 23:
      return unavailable(`${file} cannot be opened`, "check that the directory is there and that you may enter it")
    case 1:
    case 11:
    case 17:
    case 20:
    case 24:
    case 26:
      return damaged(`${file} is damaged, or not a store of this program`)
    default:
      return unavailable(`${file} could not be used (SQLite code ${code})`, "run `bailiwick doctor`")
  }
}

/** A failure of a statement, with what it was for. */
export const toStoreError =
  (doing: string) =>
  (error: SqlError.SqlError): StoreError => {
    const cause = error.reason.cause
    const known = cause instanceof StoreError ? cause : fromReason(error.reason)
    return new StoreError({
      reason: known.reason,
      detail: `${doing}: ${known.detail}`,
      ...(known.hint === undefined ? {} : { hint: known.hint })
    })
  }

export const busy = (file: string): StoreError =>
  new StoreError({
    reason: "Busy",
    detail: `${file} is held by another process`,
    hint: "try again; if it stays so, look for a bailiwick process that hangs"
  })

export const damaged = (detail: string): StoreError =>
  new StoreError({
    reason: "Damaged",
    detail,
    hint: "nothing was changed; restore a backup, then run `bailiwick doctor`"
  })

const full = (file: string): StoreError =>
  new StoreError({
    reason: "Full",
    detail: `${file} has no space left`,
    hint: "free some space; nothing was changed"
  })

const unavailable = (detail: string, hint: string): StoreError =>
  new StoreError({ reason: "Unavailable", detail, hint })

// SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_ROWID
const uniqueViolations = new Set([1555, 2067, 2579])

/** A driver that does not speak the store's words itself. */
const fromReason = (reason: SqlError.SqlErrorReason): StoreError => {
  switch (reason._tag) {
    case "UniqueViolation":
      return new StoreError({ reason: "Conflict", detail: "it is there already" })
    case "LockTimeoutError":
    case "DeadlockError":
    case "SerializationError":
      return new StoreError({ reason: "Busy", detail: "the database is held by somebody else" })
    default:
      return new StoreError({ reason: "Unavailable", detail: "the database could not be used" })
  }
}
