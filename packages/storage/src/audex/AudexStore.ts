/**
 * The session directory of Audex, shared with Audex's own programs, which know no lock and write in place.
 *
 * Every write is whole and durable: a file that nobody can read half-written, 0600 from its first moment. A new session
 * never replaces another; an update is refused when the file is no longer what was read; what another program wrote in
 * the very moment of an update is put back. A final status is never left, and unknown members are kept.
 *
 * What Audex's programs do afterwards cannot be prevented: they write back what they had read, without the members
 * that they do not know. A session that this store has ended stays ended for it, whatever the file says then.
 *
 * @example
 * ```ts
 * import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
 * import { AudexStore, NodeSecretFiles } from "@bailiwick/storage"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const program = Effect.gen(function*() {
 *   const store = yield* AudexStore.AudexStore
 *   const { problems, sessions } = yield* store.list
 *   return [sessions.length, problems.map(({ name, message }) => `${name}: ${message}`)]
 * })
 * const layer = AudexStore.layer("/home/you/.local/share/audex/sessions").pipe(
 *   Layer.provide(NodeSecretFiles.layer),
 *   Layer.provide(NodeCrypto.layer)
 * )
 * Effect.runPromise(Effect.provide(program, layer))
 * ```
 */
import type { FinalStatus } from "@bailiwick/core/CredentialSession"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Path from "node:path"
import * as FileGuard from "../internal/FileGuard.ts"
import * as AudexCodec from "./AudexCodec.ts"
import * as AudexDirectory from "./AudexDirectory.ts"
import { AlreadyEnded, AudexError, Conflict, NotFound, unwritable } from "./AudexError.ts"
import * as AudexEviction from "./AudexEviction.ts"
import * as AudexReuse from "./AudexReuse.ts"
import * as AudexSession from "./AudexSession.ts"
import * as DirectoryLock from "./DirectoryLock.ts"
import * as Replacement from "./Replacement.ts"
import * as SessionCalls from "./SessionCalls.ts"
import * as SessionFiles from "./SessionFiles.ts"

export type Stored = SessionFiles.Stored
export type Problem = SessionFiles.Problem

export interface Listing {
  /** Newest `created_at` first, to the nanosecond; equal ones by name. */
  readonly sessions: ReadonlyArray<Stored>
  /** Entries that are no sessions, or are not to be believed, each by its name. */
  readonly problems: ReadonlyArray<Problem>
}

export interface Saved {
  readonly stored: Stored
  /** The files that went to keep the cap. */
  readonly evicted: ReadonlyArray<string>
  /** So many entries more than the cap are there: active sessions and directories stay, and what cannot be removed. */
  readonly exceeding: number
}

export class AudexStore extends Context.Service<
  AudexStore,
  {
    readonly directory: string
    /** Adds a new session; an id that is there already is a `Conflict`. Evicts only the oldest excess over the cap. */
    save(session: AudexSession.AudexSession): Effect.Effect<Saved, AudexError | StoreError>
    /** By the name of its file. */
    load(id: string): Effect.Effect<Stored, AudexError | StoreError>
    readonly list: Effect.Effect<Listing, AudexError | StoreError>
    /** Replaces what was read: `Conflict` if the file is no longer that, `AlreadyEnded` if it would leave a final status. */
    update(stored: Stored, session: AudexSession.AudexSession): Effect.Effect<Stored, AudexError | StoreError>
    /** Ends whatever is there now; ending in the same way twice changes nothing. */
    end(id: string, status: FinalStatus): Effect.Effect<Stored, AudexError | StoreError>
    /** The newest session that serves the query; refused (`Exposed`) where others may plant session files. */
    findReusable(
      query: AudexReuse.Query
    ): Effect.Effect<Option.Option<AudexSession.AudexSession>, AudexError | StoreError>
  }
>()("@bailiwick/storage/audex/AudexStore") {}

export interface Options {
  /** Absolute; see `AudexDirectory`. It is made, 0700, by the first save. */
  readonly directory: string
  /** Other calls than those of `node:fs`, for tests that put faults in their way. */
  readonly calls?: SessionCalls.SessionCalls
  readonly lock?: Effect.Effect<void, StoreError, Scope.Scope>
}

export const layer = (directory: string): Layer.Layer<AudexStore, never, SecretFiles.SecretFiles> =>
  layerWith({ directory })

/** In the directory that Audex's programs use on this machine. */
export const layerConfig: Layer.Layer<AudexStore, AudexError, SecretFiles.SecretFiles> = Layer.unwrap(
  Effect.map(AudexDirectory.fromConfig(), layer)
)

export const layerWith = (options: Options): Layer.Layer<AudexStore, never, SecretFiles.SecretFiles> =>
  Layer.effect(AudexStore, make(options))

const make = Effect.fnUntraced(function* ({ calls = SessionCalls.node, directory, lock }: Options) {
  const files = yield* SecretFiles.SecretFiles
  const fibers = yield* Semaphore.make(1)
  const ended = new Map<string, FinalStatus>()
  let known: ReadonlyMap<string, Stored> = new Map()
  const place = { calls, directory, files }

  const guarded = Effect.suspend(() =>
    SessionFiles.attempt("checking", directory, () => FileGuard.checkDirectories(calls, directory))
  )
  const exclusively = <A, E>(change: Effect.Effect<A, E>): Effect.Effect<A, E | AudexError | StoreError> =>
    fibers.withPermit(
      Effect.scoped(Effect.andThen(Effect.andThen(guarded, lock ?? DirectoryLock.acquire(directory)), change))
    )

  /** What this store has ended stays ended for it. */
  const remembered = (stored: Stored): Stored => {
    const status = stored.session.status === "active" ? ended.get(stored.name) : undefined
    return status === undefined ? stored : { ...stored, session: { ...stored.session, status } }
  }

  const remember = (stored: Stored): Stored => {
    if (stored.session.status !== "active") ended.set(stored.name, stored.session.status)
    return stored
  }

  const readNamed = (name: string, id: string) =>
    Effect.flatMap(
      SessionFiles.attempt("reading", Path.join(directory, name), () =>
        SessionFiles.readWhole(calls, Path.join(directory, name))
      ),
      (bytes) =>
        bytes === undefined
          ? Effect.fail(new AudexError({ reason: new NotFound({ id }) }))
          : Effect.map(Effect.fromResult(SessionFiles.decodeText(bytes)), (read): Stored => ({ name, ...read }))
    )

  const load = Effect.fn("AudexStore.load")(function* (id: string) {
    const name = yield* Effect.fromResult(SessionFiles.nameOf(id))
    return remembered(yield* readNamed(name, id))
  })

  const list = Effect.suspend(() =>
    SessionFiles.attempt("listing", directory, (): Listing => {
      const sessions: Array<Stored> = []
      const problems: Array<Problem> = []
      const found = new Map<string, Stored>()
      for (const entry of SessionFiles.entries(calls, directory)) {
        const read = SessionFiles.read(calls, directory, entry, known.get(entry.name))
        if (read === undefined) continue
        if (SessionFiles.isProblem(read)) problems.push(read)
        else {
          found.set(entry.name, read)
          const stored = remembered(read)
          if (stored !== read) problems.push(reopened(stored))
          sessions.push(stored)
        }
      }
      known = found
      // The entries come by name and the sort is stable.
      return { sessions: sessions.sort(newestFirst), problems }
    })
  ).pipe(Effect.withSpan("AudexStore.list"))

  const isActive = (entry: SessionFiles.Entry): boolean => {
    const read = SessionFiles.read(calls, directory, entry)
    if (read === undefined) return false
    // What cannot be read now may be active: it is spared, like an active one.
    return SessionFiles.isProblem(read) ? read.kind === "unreadable" : remembered(read).session.status === "active"
  }

  const save = Effect.fn("AudexStore.save")(function* (session: AudexSession.AudexSession) {
    const name = yield* Effect.fromResult(SessionFiles.nameOf(session.id))
    const text = AudexCodec.encode(session)
    yield* ensureDirectory
    return yield* exclusively(
      Effect.gen(function* () {
        yield* sweep
        // Written before anything is evicted: a full disk must not cost an old session and the new one.
        const made = yield* files.create(Path.join(directory, name), new TextEncoder().encode(text))
        if (!made) return yield* conflict(session.id, "it is there already")
        const stored: Stored = { name, session, text }
        return { stored, ...(yield* AudexEviction.keepCap(place, name, isActive)) }
      })
    )
  })

  const sweep = Effect.suspend(() =>
    Effect.flatMap(
      SessionFiles.attempt("listing", directory, () => SessionFiles.leftovers(calls, directory)),
      Effect.forEach((name) => files.remove(Path.join(directory, name)), { discard: true })
    )
  )

  const ensureDirectory = Effect.suspend(() =>
    // An older one of the original's is open to readers, which is no reason to refuse it.
    Effect.flatMap(
      SessionFiles.attempt("looking at", directory, () => SessionFiles.isThere(calls, directory)),
      (isThere) => (isThere ? Effect.void : files.ensureDirectory(directory))
    )
  )

  const update = Effect.fn("AudexStore.update")(function* (stored: Stored, session: AudexSession.AudexSession) {
    const name = yield* Effect.fromResult(SessionFiles.nameOf(session.id))
    if (name !== stored.name || session.id !== stored.session.id) {
      return yield* otherId
    }
    const { status } = stored.session
    if (status !== "active" && session.status !== status) {
      return yield* new AudexError({ reason: new AlreadyEnded({ id: session.id, status }) })
    }
    yield* readNamed(name, session.id)
    const unchanged = (found: Stored) =>
      found.text === stored.text
        ? Effect.succeed(session)
        : conflict(session.id, "another program has changed it since it was read")
    return remember(yield* exclusively(Replacement.replace(place, name, unchanged)))
  })

  const end = Effect.fn("AudexStore.end")(function* (id: string, status: FinalStatus) {
    const name = yield* Effect.fromResult(SessionFiles.nameOf(id))
    yield* readNamed(name, id)
    const ending = (found: Stored) =>
      found.session.id === id
        ? Effect.fromResult(AudexSession.end(remembered(found).session, status))
        : Effect.fail(otherId)
    return remember(
      yield* exclusively(Replacement.replace(place, name, ending)).pipe(Effect.retry({ times: 2, while: isConflict }))
    )
  })

  const findReusable = Effect.fn("AudexStore.findReusable")(function* (query: AudexReuse.Query) {
    const now = yield* JoyTime.now
    const { sessions } = yield* list
    if (sessions.length > 0) yield* guarded
    return AudexReuse.find(
      sessions.map(({ session }) => session),
      query,
      now
    )
  })

  return AudexStore.of({ directory, save, load, list, update, end, findReusable })
})

const conflict = (id: string, what: string) => Effect.fail(new AudexError({ reason: new Conflict({ id, what }) }))

const otherId = unwritable("the id inside is another than the name of its file")

const isConflict = (error: AudexError | StoreError): boolean =>
  error._tag === "AudexError" && error.reason._tag === "Conflict"

const reopened = ({ name, session }: Stored): Problem => ({
  name,
  kind: "reopened",
  message: `another program has written it back as active; it has ended: ${session.status}`
})

const newestFirst = ({ session: one }: Stored, { session: other }: Stored): number =>
  other.created_at.seconds - one.created_at.seconds || other.created_at.nanos - one.created_at.nanos
