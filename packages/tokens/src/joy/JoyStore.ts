/**
 * Where Joy keeps sessions on a machine, and how they are written and read there.
 *
 * Better than there: an id is checked before it becomes a part of a path, a file is 0600 from its first byte, replaced
 * whole and durable, and a damaged one is told by name and hides no other. Reading writes nothing.
 */
import type * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import type { StoreError } from "@bailiwick/core/StoreError"
import { StorageId } from "@bailiwick/core/StorageId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as JoyError from "./JoyError.ts"
import * as JoySession from "./JoySession.ts"

type Port = SecretFiles.SecretFiles["Service"]

/** What reading needs: the port for one's own state, or a plain reader of a copy whose modes were not kept. */
export type Reader = Pick<Port, "read" | "list">

export type Writer = Pick<Port, "write" | "remove" | "ensureDirectory">

/** The variables that decide, as they stand; an empty one counts as unset. */
export interface Environment {
  readonly XDG_STATE_HOME?: string | undefined
  readonly LOCALAPPDATA?: string | undefined
  readonly USERPROFILE?: string | undefined
  readonly HOME?: string | undefined
}

/** A state directory, and how its paths are joined. */
export interface Place {
  readonly directory: string
  readonly platform: "windows" | "posix"
}

/**
 * Joy's state directory: `XDG_STATE_HOME` everywhere, else on Windows `LOCALAPPDATA` or `AppData\Local` of the profile,
 * else (macOS too) `.local/state` of the home.
 */
export const stateDirectory = (
  environment: Environment,
  platform: Place["platform"]
): Result.Result<string, JoyError.JoyError> => {
  const { XDG_STATE_HOME, LOCALAPPDATA, USERPROFILE, HOME } = environment
  if (XDG_STATE_HOME) return Result.succeed(XDG_STATE_HOME)
  if (platform === "windows") {
    if (LOCALAPPDATA) return Result.succeed(LOCALAPPDATA)
    const profile = USERPROFILE || HOME
    if (profile) return Result.succeed(join({ directory: profile, platform }, "AppData", "Local"))
  } else if (HOME) return Result.succeed(join({ directory: HOME, platform }, ".local", "state"))
  return Result.fail(new JoyError.JoyError({ reason: new JoyError.NoStateDirectory() }))
}

/** The directory of the session files under a state directory. */
export const sessionsDirectory = (place: Place): string => join(place, "joy", "sessions")

/** Larger than any session that Joy writes. */
const maxBytes = 64 * 1024

const suffix = ".json"

export interface Damaged {
  /** The name in the sessions' directory. */
  readonly file: string
  readonly reason: string
}

export interface Listing {
  readonly sessions: ReadonlyArray<{ readonly file: string; readonly session: JoySession.JoySession }>
  readonly damaged: ReadonlyArray<Damaged>
}

/** Writes a session under its own id, in place of the one that was there. */
export const save: (files: Writer, place: Place, session: JoySession.JoySession) => Effect.Effect<void, StoreError> =
  Effect.fn("JoyStore.save")(function* (files, place, session) {
    yield* files.ensureDirectory(sessionsDirectory(place))
    yield* files.write(pathOf(place, JoySession.idOf(session)), new TextEncoder().encode(JoySession.encode(session)))
  })

/** A member's session by the two-part id: a person's, or an AI's up to Joy 0.19. */
export const load = (
  files: Reader,
  place: Place,
  { project, member }: { readonly project: string; readonly member: string }
): Effect.Effect<Option.Option<JoySession.JoySession>, StoreError | JoyError.JoyError> =>
  loadById(files, place, JoySession.id(project, member))

/** A session by the id that `JOY_SESSION` names; what is no id never becomes a path. */
export const loadById: (
  files: Reader,
  place: Place,
  id: string
) => Effect.Effect<Option.Option<JoySession.JoySession>, StoreError | JoyError.JoyError> = Effect.fn(
  "JoyStore.loadById"
)(function* (files, place, id) {
  const bytes = yield* files.read(pathOf(place, yield* idFrom(id)), maxBytes)
  return Option.isNone(bytes) ? Option.none() : Option.some(yield* Effect.fromResult(read(bytes.value)))
})

/** Removes a member's session; none there is no error. */
export const remove = (
  files: Writer,
  place: Place,
  { project, member }: { readonly project: string; readonly member: string }
): Effect.Effect<void, StoreError> => files.remove(pathOf(place, JoySession.id(project, member)))

/** Removes a session by its id. */
export const removeById: (
  files: Writer,
  place: Place,
  id: string
) => Effect.Effect<void, StoreError | JoyError.JoyError> = Effect.fn("JoyStore.removeById")(
  function* (files, place, id) {
    yield* files.remove(pathOf(place, yield* idFrom(id)))
  }
)

/** Every session of the directory, and by name whatever there is none. */
export const list: (files: Reader, place: Place) => Effect.Effect<Listing, StoreError> = Effect.fn("JoyStore.list")(
  function* (files, place) {
    const directory = sessionsDirectory(place)
    const names = yield* files.list(directory)
    const sessions: Array<Listing["sessions"][number]> = []
    const damaged: Array<Damaged> = []
    for (const file of names.filter((name) => name.endsWith(suffix))) {
      const found = yield* Effect.result(
        Effect.flatMap(files.read(join({ ...place, directory }, file), maxBytes), (bytes) =>
          Option.match(bytes, {
            // Removed between the listing and the reading: no longer a file of this directory.
            onNone: () => Effect.succeed(Option.none<JoySession.JoySession>()),
            onSome: (content) => Effect.asSome(Effect.fromResult(read(content)))
          })
        )
      )
      if (Result.isFailure(found)) damaged.push({ file, reason: found.failure.message })
      else if (Option.isSome(found.success)) sessions.push({ file, session: found.success.value })
    }
    return { sessions, damaged }
  }
)

const idFrom = (id: string): Effect.Effect<StorageId, JoyError.JoyError> =>
  Effect.mapError(Schema.decodeEffect(StorageId)(id), () => new JoyError.JoyError({ reason: new JoyError.BadId() }))

const pathOf = (place: Place, id: StorageId): string => join(place, "joy", "sessions", `${id}${suffix}`)

const read = (bytes: Uint8Array): Result.Result<JoySession.JoySession, JoyError.JoyError> =>
  Result.flatMap(
    Result.try({
      try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      catch: () => JoyError.malformed("Joy session", "its bytes are not UTF-8")
    }),
    (text) => JoySession.decode(text, JoySession.generationOf(text))
  )

const join = ({ directory, platform }: Place, ...names: ReadonlyArray<string>): string => {
  const separator = platform === "windows" ? "\\" : "/"
  const ends = directory.endsWith("/") || (platform === "windows" && directory.endsWith("\\"))
  return `${directory}${ends ? "" : separator}${names.join(separator)}`
}
