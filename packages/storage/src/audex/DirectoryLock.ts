/**
 * One Bailiwick process at a time changes a session directory; the original knows no lock and is not held up by it.
 *
 * An empty SQLite file lends its lock of the operating system, which no killed process leaves behind. Nothing is ever
 * written to it.
 */
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as FileFailure from "../internal/FileFailure.ts"
import * as SqlFailure from "../internal/SqlFailure.ts"

/** Hidden, and of a suffix that the original does not read. */
export const fileName = ".bailiwick.lock"

/** Held until the scope closes; `Busy` after two seconds of waiting. */
export const acquire = (directory: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.acquireRelease(open(directory), (database) => Effect.sync(() => database.close())).pipe(
    Effect.flatMap((database) =>
      attempt(() => database.exec("BEGIN IMMEDIATE")).pipe(
        Effect.retry({ while: (error) => error.reason === "Busy", schedule: patience })
      )
    )
  )

const patience = Schedule.max([Schedule.spaced("10 millis"), Schedule.recurs(200)])

const open = (directory: string) =>
  attempt(() => {
    const path = Path.join(directory, fileName)
    try {
      // Only ever with O_EXCL: closing a file that is open elsewhere in this process would give its lock away
      // (https://sqlite.org/howtocorrupt.html, section 2.2).
      Fs.closeSync(Fs.openSync(path, "wx", 0o600))
    } catch (cause) {
      if (!FileFailure.isErrno(cause, "EEXIST")) throw FileFailure.fromErrno("making", path, cause)
    }
    return new DatabaseSync(path, { timeout: 0, defensive: true })
  })

const attempt = <A>(step: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({
    try: step,
    catch: (cause) => (cause instanceof StoreError ? cause : SqlFailure.fromSqlite("the session directory", cause))
  })
