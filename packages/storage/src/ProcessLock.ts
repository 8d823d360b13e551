/**
 * A lock among the processes of one user, which the system takes from whoever dies.
 *
 * Node has no `flock`, so an empty SQLite file lends its own: record locks of the operating system, which no killed process
 * leaves behind. Nothing is ever written to the file. A lock file with a process id or a time in it, which is what libraries
 * for Node make, can only guess when its holder is dead: too late holds everybody up, and too early lets two in.
 *
 * Whoever waits for a file that is taken away goes on with the one that lies there next. Gotcha: whoever holds it does not
 * know, so remove such a file only when a second holder does no harm.
 */
import { StoreError } from "@bailiwick/core/StoreError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as FileCalls from "./internal/FileCalls.ts"
import * as FileFailure from "./internal/FileFailure.ts"
import * as FileGuard from "./internal/FileGuard.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export interface Options {
  /** In a directory that is there. The file is made if it is missing, 0600, and refused if others may open it. */
  readonly path: string
  /** What the lock guards, for the error's sentence. */
  readonly guards: string
  /** How long to wait for another holder. */
  readonly patience: Duration.Input
}

/** Held until the scope closes, by one holder of all processes and fibers; `Busy` when the patience is over. */
export const acquire = (options: Options): Effect.Effect<void, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(options, () => ({ current: open(options.path) })),
    ({ current }) => Effect.sync(() => current.database.close())
  ).pipe(
    // SQLite itself never waits here, for that would hold up every other fiber: the asking again is Effect's.
    Effect.flatMap((lock) =>
      attempt(options, () => take(options, lock)).pipe(
        Effect.retry({ while: (error) => error.reason === "Busy", schedule: until(options.patience) })
      )
    ),
    Effect.withSpan("ProcessLock.acquire")
  )

interface Opened {
  readonly database: DatabaseSync
  readonly inode: number
}

const take = ({ guards, path }: Options, lock: { current: Opened }): void => {
  if (isGone(path, lock.current)) {
    const next = open(path)
    lock.current.database.close()
    lock.current = next
  }
  try {
    lock.current.database.exec("BEGIN IMMEDIATE")
  } catch (cause) {
    // SQLite takes a file that went for a fault of the disk.
    if (!isGone(path, lock.current)) throw cause
  }
  if (isGone(path, lock.current)) throw SqlFailure.busy(guards)
}

const isGone = (path: string, { inode }: Opened): boolean =>
  Fs.lstatSync(path, { throwIfNoEntry: false })?.ino !== inode

// Jittered, so that many who wait do not all ask at the same moment.
const until = (duration: Duration.Input) =>
  Schedule.spaced("10 millis").pipe(Schedule.jittered, Schedule.upTo({ duration }))

const open = (path: string): Opened => {
  try {
    // Never opened but with O_EXCL: closing a file that is open elsewhere in this process would give its lock away
    // (https://sqlite.org/howtocorrupt.html, section 2.2). Hence `lstat` below, which opens nothing.
    Fs.closeSync(Fs.openSync(path, "wx", 0o600))
  } catch (cause) {
    if (!FileFailure.isErrno(cause, "EEXIST")) throw FileFailure.fromErrno("making", path, cause)
  }
  // Others could hold up whoever waits for a file that they may open; a link is no file of ours.
  const found = Fs.lstatSync(path)
  FileGuard.checkFile(FileCalls.node, path, found)
  return { database: new DatabaseSync(path, { timeout: 0, defensive: true }), inode: found.ino }
}

const attempt = <A>({ guards, path }: Options, step: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({
    try: step,
    catch: (cause) => {
      if (cause instanceof StoreError) return cause
      return FileFailure.isErrno(cause)
        ? FileFailure.fromErrno("looking at", path, cause)
        : SqlFailure.fromSqlite(guards, cause)
    }
  })
