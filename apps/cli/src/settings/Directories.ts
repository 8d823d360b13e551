/**
 * Where a user's own files lie: XDG on Linux, the system's conventions elsewhere (formats §8).
 *
 * `BAILIWICK_STATE_DIR` replaces the state directory as a whole.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as UserDirectories from "effect/persistence/UserDirectories"
import { store } from "../ui/Failure.ts"

export class Directories extends Context.Service<
  Directories,
  {
    /** Holds `config.toml`, `identities/`, `projects/` and `agents/`. */
    readonly config: string
    /** Holds one directory for each project. */
    readonly state: string
  }
>()("bailiwick/Directories") {
  static readonly layer = Layer.effect(
    Directories,
    Effect.gen(function* () {
      const directories = yield* UserDirectories.UserDirectories
      const chosen = yield* Config.String("BAILIWICK_STATE_DIR").pipe(Config.withDefault(""))
      return Directories.of({
        config: yield* directories.config("bailiwick"),
        state: chosen === "" ? yield* directories.state("bailiwick") : chosen
      })
    }).pipe(
      Effect.mapError(() =>
        store("no-home", "there is no home directory to keep anything in", "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME")
      )
    )
  ).pipe(Layer.provide(UserDirectories.layer))
}
