/**
 * Replaces a session file without losing what another program writes to it in the same moment.
 *
 * Audex's programs truncate the file and write it in place. One that has opened it just before it is replaced writes
 * into a file that no longer has a name. So the file stays open here across the replacement and is looked at again:
 * what it holds then is put back, and the conflict is said.
 */
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { constants } from "node:fs"
import * as Path from "node:path"
import * as AudexCodec from "./AudexCodec.ts"
import { AudexError, Conflict } from "./AudexError.ts"
import * as AudexJson from "./AudexJson.ts"
import type { AudexSession } from "./AudexSession.ts"
import * as SessionFiles from "./SessionFiles.ts"

/**
 * Reads the file, asks what shall stand there, and writes that; nothing is written for the very session that was read.
 *
 * `Conflict` if another program wrote to the file in between.
 */
export const replace = <E>(
  { calls, directory, files }: SessionFiles.Place,
  name: string,
  decide: (found: SessionFiles.Stored) => Effect.Effect<AudexSession, E>
): Effect.Effect<SessionFiles.Stored, E | AudexError | StoreError> => {
  const path = Path.join(directory, name)
  const write = (session: AudexSession) => {
    const text = AudexCodec.encode(session)
    return Effect.as(files.write(path, new TextEncoder().encode(text)), { name, session, text })
  }
  return Effect.acquireUseRelease(
    SessionFiles.attempt("opening", path, () => calls.open(path, constants.O_RDONLY, 0)),
    Effect.fnUntraced(function* (fd) {
      const look = Effect.flatMap(
        SessionFiles.attempt("reading", path, () => SessionFiles.readOpen(calls, fd)),
        (bytes) => Effect.fromResult(SessionFiles.decodeText(bytes))
      )
      const found = { name, ...(yield* look) }
      const session = yield* decide(found)
      if (session === found.session) return found
      const written = yield* write(session)
      const left = yield* Effect.option(Effect.retry(look, patience))
      if (Option.isSome(left) && left.value.text === found.text) return written
      if (Option.isSome(left)) yield* write(merge(left.value.session, session))
      return yield* new AudexError({
        reason: new Conflict({ id: session.id, what: "another program wrote it in the same moment" })
      })
    }),
    (fd) => Effect.sync(() => calls.close(fd))
  )
}

/** The other program is between truncating and writing. */
const patience = { schedule: Schedule.spaced("5 millis"), times: 5 }

/** What they wrote counts, but for what they do not know: members of ours, and that we have ended it. */
const merge = (theirs: AudexSession, ours: AudexSession): AudexSession => {
  const known = new Set(theirs.unknown.entries.map(([name]) => name))
  const kept = ours.unknown.entries.filter(([name]) => !known.has(name))
  return {
    ...theirs,
    status: theirs.status === "active" ? ours.status : theirs.status,
    unknown: new AudexJson.Members([...theirs.unknown.entries, ...kept])
  }
}
