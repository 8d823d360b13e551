/**
 * Where things lie on this machine, and nothing else: no file is touched here (formats §8).
 *
 * State lies under `$XDG_STATE_HOME/bailiwick`, or in `BAILIWICK_STATE_DIR`; what a person owns, under
 * `$XDG_CONFIG_HOME/bailiwick`. macOS (`~/Library/Application Support`) and Windows (`%LOCALAPPDATA%`, `%APPDATA%`)
 * keep to their own conventions unless an XDG variable is set.
 *
 * Every id is validated once more before it is joined to a path: an id that is none is a defect, not a path.
 */
import { AgentId, HumanId, agentParts } from "@bailiwick/core/MemberId"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as UserDirectories from "effect/persistence/UserDirectories"
import * as Path from "node:path"

export class StateDirectory extends Context.Service<
  StateDirectory,
  {
    /** Holds one directory per project. */
    readonly state: string
    readonly config: string
    /** A project's store: `store.db`, `generation`, `instance`, `master.key`. */
    project(project: ProjectId): string
    /** Sealed credentials of a session, by the digest that decides reuse. */
    cacheEntry(project: ProjectId, session: StorageId, reuse: Sha256): string
    /** A session's own key, while it is redeemed and while it lives in this user's terminal. */
    session(project: ProjectId, session: StorageId): string
    /** The sealed identity of a person. */
    identity(project: ProjectId, human: HumanId): string
    /** The holder key of an enrolled agent; a sub-agent has none. */
    agent(project: ProjectId, agent: AgentId): string
    /** The pinned founder and the newest log head seen. */
    pin(project: ProjectId): string
  }
>()("@bailiwick/storage/StateDirectory") {
  /** From the environment, through `Config`; `Unavailable` if it names no place, or a relative one. */
  static readonly layer: Layer.Layer<StateDirectory, StoreError> = Layer.effect(
    StateDirectory,
    Effect.suspend(() => make(process.platform))
  )

  static readonly layerPlatform = (platform: string): Layer.Layer<StateDirectory, StoreError> =>
    Layer.effect(StateDirectory, make(platform))
}

const application = "bailiwick"

const make = Effect.fnUntraced(function* (platform: string) {
  const paths = platform === "win32" ? Path.win32 : Path.posix
  const user = UserDirectories.make({ platform })
  const config = yield* Effect.mapError(user.config(application), () => nowhere)
  const named = yield* Effect.mapError(Config.option(Config.String("BAILIWICK_STATE_DIR")), () => nowhere)
  const state = Option.isSome(named)
    ? yield* requireAbsolute(paths, named.value)
    : yield* user.state(application).pipe(
        Effect.mapError(() => nowhere),
        // On macOS both conventions name one directory: a project called "identities" must not meet the identities.
        Effect.map((directory) => (directory === config ? paths.join(directory, "state") : directory))
      )

  const project = (id: ProjectId) => paths.join(state, ProjectId.make(id))
  return StateDirectory.of({
    state,
    config,
    project,
    cacheEntry: (id, session, reuse) =>
      paths.join(project(id), "cache", `${StorageId.make(session)}-${Sha256.make(reuse)}.json`),
    session: (id, session) => paths.join(project(id), "sessions", `${StorageId.make(session)}.json`),
    identity: (id, human) => paths.join(config, "identities", ProjectId.make(id), `${HumanId.make(human)}.json`),
    agent: (id, agent) =>
      paths.join(config, "agents", ProjectId.make(id), `${agentParts(AgentId.make(agent)).name}.json`),
    pin: (id) => paths.join(config, "projects", `${ProjectId.make(id)}.json`)
  })
})

const nowhere = new StoreError({
  reason: "Unavailable",
  detail: "no place for the state of bailiwick: no home directory is set",
  hint: "set HOME, or BAILIWICK_STATE_DIR to an absolute path"
})

/** A relative one would mean another store in every directory that a command is started from. */
const requireAbsolute = (paths: Path.PlatformPath, directory: string): Effect.Effect<string, StoreError> =>
  paths.isAbsolute(directory)
    ? Effect.succeed(paths.normalize(directory))
    : Effect.fail(
        new StoreError({
          reason: "Unavailable",
          detail: "BAILIWICK_STATE_DIR is no absolute path",
          hint: "write it from the root on"
        })
      )
