/**
 * Whether this database is still the one that was written here, or an older copy of it that was put back.
 *
 * Beside the master key lies `instance`, 16 random bytes that are never backed up and that the database names. A
 * database whose file is missing or another one, or whose generation is more than 1 below the generation file, is taken
 * for restored: redemptions and revocations may be missing from it. Before it redeems anything it needs a new authority
 * key, so that every token signed for the old one is dead (formats §3 `aud`). A copy of everything cannot be told apart.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as Path from "node:path"
import * as GenerationFile from "./GenerationFile.ts"
import * as Counter from "./internal/Counter.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"
import { RunningTransaction } from "./SqlStoreTransaction.ts"

export class Instance extends Context.Service<
  Instance,
  {
    /** Found at opening: a new authority key is needed before anything is redeemed. */
    readonly restored: boolean
    /**
     * Settles a restored store: a new instance, and a generation beyond every one that was seen. Run it in the very
     * transaction that makes the new authority key; until that is committed, every opening answers `restored` again.
     */
    readonly renew: Effect.Effect<void, StoreError>
  }
>()("@bailiwick/storage/Instance") {
  /** Judges the store while it is opened, and brings a generation file that is merely behind or ahead by one into step. */
  static readonly layer = (place: Counter.Place) =>
    Layer.effect(
      Instance,
      Effect.gen(function* () {
        const services = yield* Effect.context<SecretFiles.SecretFiles | SecureRandom.SecureRandom>()
        const sql = yield* SqlClient.SqlClient
        const transaction = yield* StoreTransaction.StoreTransaction
        const running = yield* RunningTransaction
        const counter = yield* Counter.make(place)

        const named = Effect.map(
          Effect.mapError(
            sql<{ instance: string }>`SELECT instance FROM store`,
            SqlFailure.toStoreError("reading the store's instance")
          ),
          (rows) => rows[0]?.instance
        )

        const look = Effect.gen(function* () {
          const generation = yield* counter.current
          const file = yield* GenerationFile.read(place.directory)
          const beside = yield* read(place.directory)
          const behind = Option.match(file, { onNone: () => 0, onSome: (value) => value - generation })
          return {
            restored: Option.getOrUndefined(beside) !== (yield* named) || behind > 1,
            inStep: Option.isSome(file) && behind === 0,
            behind
          }
        })

        // Only under the write lock do row and files belong together: a commit of another process may lie between them.
        const settle = Effect.gen(function* () {
          const found = yield* look
          if (!found.restored && !found.inStep && found.behind === 1) {
            const sealed = yield* counter.seal.read
            yield* counter.seal.write({ ...sealed, generation: sealed.generation + 1 })
          }
          return found
        })

        const open = Effect.gen(function* () {
          const first = yield* look
          if (first.inStep && !first.restored) return false
          const { inStep, restored } = yield* transaction.run(settle)
          // Without its file the verdict stands, even if changes let the generation catch up before the renewal.
          if (restored) yield* remove(place.directory)
          // Two commits, the row first: if the second is lost, the file is not ahead by two, which would mean restored.
          else if (!inStep) yield* transaction.run(counter.raise(0))
          return restored
        })

        return Instance.of({
          restored: yield* open,
          renew: Effect.gen(function* () {
            const notes = yield* running.notes
            const file = yield* GenerationFile.read(place.directory)
            yield* counter.raise(Option.getOrElse(file, () => 0))
            const fresh = yield* make
            yield* Effect.mapError(
              sql`UPDATE store SET instance = ${fresh}`,
              SqlFailure.toStoreError("renewing the store's instance")
            )
            notes.beforeCommit.set("instance", Effect.provideContext(write(place.directory, fresh), services))
          }).pipe(Effect.provideContext(services), Effect.withSpan("Instance.renew"))
        })
      })
    )
}

export const path = (directory: string): string => Path.join(directory, "instance")

/** A fresh name for one database on one machine. */
export const make: Effect.Effect<string, never, SecureRandom.SecureRandom> = Effect.map(
  SecureRandom.SecureRandom.use((random) => random.randomBytes(length)),
  Base64Url.encode
)

/** The file is written before the commit that names it: a crash between the two leaves a store that counts as restored. */
export const write = (directory: string, instance: string): Effect.Effect<void, StoreError, SecretFiles.SecretFiles> =>
  SecretFiles.SecretFiles.use((files) => files.write(path(directory), new TextEncoder().encode(`${instance}\n`)))

const remove = (directory: string) => SecretFiles.SecretFiles.use((files) => files.remove(path(directory)))

const length = 16
const maximumLength = 23

/** What the file says; a file that says anything else names no database. */
const read = (directory: string) =>
  SecretFiles.SecretFiles.use((files) => files.read(path(directory), maximumLength)).pipe(
    Effect.map(Option.map((bytes) => new TextDecoder().decode(bytes).trimEnd()))
  )
