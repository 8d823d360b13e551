/**
 * Everything of one project's store on this machine: one directory, one SQLite file, one master key.
 *
 * `create` makes it, `layer` opens what is there and gives every port but the audit log, whose room brings its tables as
 * a value. Nothing is made by opening: a mistyped project or directory is an error, not an empty store.
 *
 * @example
 * ```ts
 * import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
 * import { ProjectId } from "@bailiwick/core/ProjectId"
 * import { NodeSecretFiles, Store } from "@bailiwick/storage"
 * import * as Ed25519 from "@bailiwick/tokens/Ed25519"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const machine = Layer.mergeAll(NodeSecretFiles.layer, Ed25519.Ed25519.layerNode).pipe(
 *   Layer.provideMerge(NodeCrypto.layer)
 * )
 * const place = { project: ProjectId.make("acme"), directory: "/home/you/.local/state/bailiwick/acme" }
 *
 * const program = Effect.andThen(Store.create(place), myProgram.pipe(Effect.provide(Store.layer(place))))
 * Effect.runPromise(Effect.provide(program, machine))
 * ```
 */
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as Path from "node:path"
import * as GenerationFile from "./GenerationFile.ts"
import * as Instance from "./Instance.ts"
import * as Seal from "./internal/Seal.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"
import * as MasterKey from "./MasterKey.ts"
import * as Migrations from "./Migrations.ts"
import * as Sqlite from "./Sqlite.ts"
import * as SqlAuthSessionStore from "./SqlAuthSessionStore.ts"
import * as SqlClockMark from "./SqlClockMark.ts"
import * as SqlCredentialSessionStore from "./SqlCredentialSessionStore.ts"
import * as SqlGeneration from "./SqlGeneration.ts"
import * as SqlImportedHistory from "./SqlImportedHistory.ts"
import * as SqlKeyRing from "./SqlKeyRing.ts"
import * as SqlNonceLedger from "./SqlNonceLedger.ts"
import * as SqlRecordRegistry from "./SqlRecordRegistry.ts"
import * as SqlRedemptionLedger from "./SqlRedemptionLedger.ts"
import * as SqlRevocationList from "./SqlRevocationList.ts"
import * as SqlStoreTransaction from "./SqlStoreTransaction.ts"
import * as Tables from "./Tables.ts"

export interface Options {
  readonly project: ProjectId.ProjectId
  /** The store's own directory, absolute; see `StateDirectory`. */
  readonly directory: string
  /** Tables that other rooms bring into the same database. */
  readonly rooms?: ReadonlyArray<Migrations.Room>
}

export const filename = (directory: string): string => Path.join(directory, "store.db")

/**
 * Makes the store; false, and no change, if it is there already.
 *
 * A creation that was cut short is finished: the store exists once its one row is committed.
 */
export const create = Effect.fn("Store.create")(function* (options: Options) {
  const files = yield* SecretFiles.SecretFiles
  yield* files.ensureDirectory(options.directory)
  yield* MasterKey.create(options.directory)
  return yield* initialise(options).pipe(
    Effect.provide(
      SqlStoreTransaction.layer.pipe(
        Layer.provideMerge(database(options, false, migrate(options))),
        Layer.merge(MasterKey.MasterKey.layerFile(options.directory)),
        Layer.fresh
      )
    )
  )
})

/** Opens the store of a project; `Unavailable` with a hint where there is none. */
export const layer = (options: Options) =>
  Layer.effectContext(Effect.andThen(requirePresent(options), Layer.build(ports(options))))

/** Built afresh: the layers of single ports are shared values, and must not be those of another store that is open. */
const ports = (options: Options) =>
  Layer.mergeAll(
    Instance.Instance.layer(options),
    SqlRecordRegistry.layer,
    SqlRedemptionLedger.layer,
    SqlNonceLedger.layer,
    SqlRevocationList.layer(options.project),
    SqlGeneration.layer(options),
    SqlClockMark.layer,
    SqlKeyRing.layer(options.project),
    SqlAuthSessionStore.layer,
    SqlCredentialSessionStore.layer,
    SqlImportedHistory.layer
  ).pipe(
    Layer.provideMerge(SqlStoreTransaction.layer),
    Layer.provide(MasterKey.MasterKey.layerFile(options.directory)),
    // What is no store of this project is left as it is: its tables are brought up to date only after that is known.
    Layer.provideMerge(database(options, true, Effect.andThen(requireOwn(options), migrate(options)))),
    Layer.fresh
  )

const migrate = (options: Options) => Migrations.run([Tables.room, ...(options.rooms ?? [])])

const database = (
  options: Options,
  mustExist: boolean,
  prepare: Effect.Effect<void, StoreError, SqlClient.SqlClient>
) =>
  Layer.effectDiscard(prepare).pipe(
    Layer.provideMerge(Sqlite.layer({ filename: filename(options.directory), mustExist }))
  )

/** Before anything is opened, so that a mistyped project is told apart from a broken store. */
const requirePresent = Effect.fnUntraced(function* ({ directory, project }: Options) {
  const files = yield* SecretFiles.SecretFiles
  const names = yield* files.list(directory)
  if (!names.includes(Path.basename(filename(directory)))) {
    return yield* new StoreError({
      reason: "Unavailable",
      detail: `there is no store of the project ${project} in ${directory}`,
      hint: "make it with `bailiwick init`, or check --project and BAILIWICK_STATE_DIR"
    })
  }
  // It is there, so this makes nothing: it refuses a directory that others may enter.
  yield* files.ensureDirectory(directory)
})

const owner = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Effect.mapError(
    sql<{ project: string }>`SELECT project FROM store`,
    SqlFailure.toStoreError("opening the store")
  )
  return Option.fromUndefinedOr(rows[0]?.project)
})

/** The database holds a finished store, and it is the project's own. */
const requireOwn = Effect.fnUntraced(function* ({ directory, project }: Options) {
  const found = yield* owner
  if (Option.isNone(found)) {
    return yield* SqlFailure.damaged(`${filename(directory)} holds no store: it was emptied, or its making never ended`)
  }
  if (found.value !== project) {
    return yield* SqlFailure.damaged(`${filename(directory)} is the store of another project`)
  }
})

const initialise = Effect.fnUntraced(function* ({ directory, project }: Options) {
  const transaction = yield* StoreTransaction.StoreTransaction
  const sql = yield* SqlClient.SqlClient
  const seal = yield* Seal.make(project)
  return yield* transaction.run(
    Effect.gen(function* () {
      if (Option.isSome(yield* owner)) return false
      // Beyond what an earlier store of this name may have left beside: its sealed caches must not come to life.
      const generation = Option.getOrElse(yield* GenerationFile.read(directory), () => 0) + 1
      const instance = yield* Instance.make
      const sealed = { generation, revocations: yield* seal.digest([]) }
      yield* Effect.mapError(
        sql`INSERT INTO store ${sql.insert({
          one: 1,
          project,
          instance,
          clock: 0,
          ...sealed,
          mac: yield* seal.mac(sealed)
        })}`,
        SqlFailure.toStoreError("making the store")
      )
      yield* GenerationFile.raise(directory, generation)
      yield* Instance.write(directory, instance)
      return true
    })
  )
})
