/**
 * A private directory of one run: made 0700, removed when the run ends, and swept at the start of the next run if this one
 * was killed before it could.
 */
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Hex from "effect/encoding/Hex"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { DeliveryError, FileFailed, fromStore } from "./DeliveryError.ts"
import * as RunOwner from "./RunOwner.ts"

export interface Options {
  /** `XDG_RUNTIME_DIR`, where it is set: memory that goes with the login. Used only if it is private and ours. */
  readonly runtime: string | undefined
  /** A directory under the state directory, used otherwise. */
  readonly fallback: string
}

export interface SecretDirectory {
  readonly path: string
  /** Empty, for the tools' configuration: see `ChildEnvironment`. */
  readonly configuration: string
}

/** Makes the directory of this run after sweeping those of killed ones. It goes when the scope closes. */
export const open = Effect.fn("SecretDirectory.open")(function* (
  options: Options
): Effect.fn.Return<SecretDirectory, DeliveryError, Scope.Scope | SecretFiles | SecureRandom.SecureRandom> {
  const files = yield* SecretFiles
  const random = yield* SecureRandom.SecureRandom
  const { runtime, fallback } = options
  const base = runtime !== undefined && (yield* isPrivate(runtime)) ? Path.join(runtime, "bailiwick") : fallback
  yield* Effect.mapError(files.ensureDirectory(base), fromStore)
  if (!(yield* isPrivate(base))) return yield* failed(`${base} is not a private directory of this user`, "remove it")
  yield* sweep(base)

  const path = Path.join(base, RunOwner.directoryName(RunOwner.self(), Hex.encode(yield* random.randomBytes(8))))
  const configuration = Path.join(path, "configuration")
  yield* Effect.acquireRelease(make(path), () => remove(path))
  yield* make(configuration)
  return { path, configuration }
})

/**
 * Removes the directories of runs whose owner has ended, and returns how many.
 *
 * Never one of a live owner, and never what is no directory of ours: a link by such a name is left alone, and removal
 * follows none inside. What cannot be removed waits for the next sweep.
 */
export const sweep = Effect.fn("SecretDirectory.sweep")(function* (base: string) {
  const here = RunOwner.self()
  const names = yield* Effect.orElseSucceed(
    attempt(() => Fs.readdir(base)),
    (): ReadonlyArray<string> => []
  )
  const swept = yield* Effect.forEach(names, (name) => {
    const owner = RunOwner.parse(name)
    if (owner === undefined || !RunOwner.hasEnded(owner, here)) return Effect.succeed(false)
    const path = Path.join(base, name)
    return Effect.flatMap(isPrivate(path), (ours) => (ours ? Effect.as(remove(path), true) : Effect.succeed(false)))
  })
  return swept.filter((done) => done).length
})

const make = (path: string) =>
  attempt(() => Fs.mkdir(path, { mode: 0o700 })).pipe(
    Effect.catch(() =>
      failed(`the run's private directory cannot be made in ${Path.dirname(path)}`, "check permissions and free space")
    )
  )

const remove = (path: string) =>
  Effect.ignore(attempt(() => Fs.rm(path, { recursive: true, force: true, maxRetries: 2 })))

// `lstat`, so that a link is never taken for what it points at. Windows has neither owner nor mode here; its own access
// lists keep a user's directories private.
const isPrivate = (path: string) =>
  attempt(() => Fs.lstat(path)).pipe(
    Effect.map((stat) => {
      const uid = process.getuid?.()
      return stat.isDirectory() && (uid === undefined || (stat.uid === uid && (stat.mode & 0o077) === 0))
    }),
    Effect.orElseSucceed(() => false)
  )

const failed = (detail: string, hint: string) =>
  Effect.fail(new DeliveryError({ reason: new FileFailed({ detail, hint }) }))

const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: () => "failed" as const })
