/** Where Joy keeps things: a state home with its sessions, and a project with its `.joy` directory. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as JoyStore from "@bailiwick/tokens/joy/JoyStore"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ReadOnlyFiles from "./ReadOnlyFiles.ts"

/** A directory, and a path in it. */
export interface Place {
  readonly files: ReadOnlyFiles.ReadOnlyFiles
  readonly path: ReadonlyArray<string>
}

export const pathOf = ({ files, path }: Place): string => Path.join(files.directory, ...path)

export interface Places {
  readonly sessions: Place | undefined
  readonly project: Place | undefined
}

/** In a directory that the user named: a state home, a project, or one that holds session files, or several of them. */
export const within = Effect.fnUntraced(function* (directory: string) {
  const files = yield* ReadOnlyFiles.at(directory)
  const places: Places = { sessions: yield* sessionsIn(files), project: yield* projectIn(files) }
  return places
})

/** The user's own state home, and the project around the working directory. */
export const own = Effect.gen(function* () {
  const state = JoyStore.stateDirectory(yield* environment, process.platform === "win32" ? "windows" : "posix")
  const around = yield* Effect.sync(() => projectAround(process.cwd()))
  const sessions = Result.isSuccess(state) && Fs.existsSync(state.success) ? state.success : undefined
  const places: Places = {
    sessions: sessions === undefined ? undefined : yield* Effect.flatMap(ReadOnlyFiles.at(sessions), stateIn),
    project: around === undefined ? undefined : yield* Effect.flatMap(ReadOnlyFiles.at(around), projectIn)
  }
  return places
})

const environment = Effect.gen(function* () {
  const variable = (name: string) =>
    Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>()).pipe(
      Effect.map(Option.getOrUndefined)
    )
  return {
    XDG_STATE_HOME: yield* variable("XDG_STATE_HOME"),
    LOCALAPPDATA: yield* variable("LOCALAPPDATA"),
    USERPROFILE: yield* variable("USERPROFILE"),
    HOME: yield* variable("HOME")
  }
})

/** The nearest directory upwards that is a project of Joy's. */
const projectAround = (directory: string): string | undefined => {
  if (Fs.existsSync(Path.join(directory, ".joy", projectFile))) return directory
  const above = Path.dirname(directory)
  return above === directory ? undefined : projectAround(above)
}

export const projectFile = "project.yaml"
/** What the name of every session file ends in. */
export const suffix = ".json"

/** Of a state home only Joy's own part, for others keep theirs beside it. */
const stateIn = (files: ReadOnlyFiles.ReadOnlyFiles) =>
  Effect.map(files.has(["joy", "sessions"]), (has): Place | undefined =>
    has ? { files, path: ["joy", "sessions"] } : undefined
  )

const sessionsIn = Effect.fnUntraced(function* (files: ReadOnlyFiles.ReadOnlyFiles) {
  const state = yield* stateIn(files)
  if (state !== undefined) return state
  const entries = yield* files.list(["sessions"])
  if (entries.some(({ name }) => name.endsWith(suffix))) return { files, path: ["sessions"] }
  // Among other files only the name of an id says that there are sessions.
  return (yield* files.list([])).some(({ name }) => /^[0-9a-f]{24}\.json$/u.test(name))
    ? { files, path: [] }
    : undefined
})

const projectIn = Effect.fnUntraced(function* (files: ReadOnlyFiles.ReadOnlyFiles) {
  for (const path of [[".joy"], []]) if (yield* files.has([...path, projectFile])) return { files, path }
  return undefined
})
