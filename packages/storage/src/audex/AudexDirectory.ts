/**
 * Where Audex's programs keep their sessions on this machine; no file is touched here.
 *
 * They know no variable of their own: the place is the local data directory of the user, `audex/sessions` in it.
 *
 * | System | First | Else |
 * | --- | --- | --- |
 * | Linux and others | `$XDG_DATA_HOME`, if absolute | `$HOME/.local/share` |
 * | macOS | `$HOME/Library/Application Support` | – |
 * | Windows | `%LOCALAPPDATA%` | `%USERPROFILE%\AppData\Local` |
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Os from "node:os"
import * as Path from "node:path"
import { AudexError, NoDirectory } from "./AudexError.ts"

export interface Environment {
  /** As `process.platform` says it. */
  readonly platform: string
  readonly variables: Readonly<Partial<Record<Variable, string>>>
  /** The home that the account has where no variable says another. */
  readonly home?: string
}

export type Variable = (typeof variables)[number]

const variables = ["XDG_DATA_HOME", "HOME", "LOCALAPPDATA", "USERPROFILE"] as const

/** The directory that holds the session files; a relative variable counts as none, it would mean another place for each command. */
export const sessions = (environment: Environment): Result.Result<string, AudexError> => {
  const paths = environment.platform === "win32" ? Path.win32 : Path.posix
  const base = candidates(environment, paths).find((path) => path !== undefined && paths.isAbsolute(path))
  return base === undefined
    ? Result.fail(
        new AudexError({ reason: new NoDirectory({ variables: namedOn[environment.platform] ?? namedElsewhere }) })
      )
    : Result.succeed(paths.join(base, "audex", "sessions"))
}

/** From the environment, through `Config`. */
export const fromConfig = Effect.fnUntraced(function* (platform: string = process.platform) {
  const found: Partial<Record<Variable, string>> = {}
  for (const name of variables) {
    const value = yield* Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>())
    if (Option.isSome(value)) found[name] = value.value
  }
  return yield* Effect.fromResult(sessions({ platform, variables: found, home: Os.homedir() }))
})

const namedOn: Readonly<Record<string, string>> = { win32: "LOCALAPPDATA or USERPROFILE", darwin: "HOME" }
const namedElsewhere = "XDG_DATA_HOME or HOME"

const candidates = (
  { home: account, platform, variables }: Environment,
  paths: Path.PlatformPath
): ReadonlyArray<string | undefined> => {
  const under = (home: string | undefined, ...segments: ReadonlyArray<string>) =>
    home === undefined || home === "" ? undefined : paths.join(home, ...segments)
  if (platform === "win32") return [variables.LOCALAPPDATA, under(variables.USERPROFILE ?? account, "AppData", "Local")]
  const home = variables.HOME === undefined || variables.HOME === "" ? account : variables.HOME
  return platform === "darwin"
    ? [under(home, "Library", "Application Support")]
    : [variables.XDG_DATA_HOME, under(home, ".local", "share")]
}
