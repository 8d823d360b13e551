/** Logs to test with: project, keys, database and a store's transactions. */
import type { AuditLog } from "@bailiwick/core/ports/AuditLog"
import type { Commits } from "@bailiwick/core/ports/Commits"
import type { KeyRing } from "@bailiwick/core/ports/KeyRing"
import type { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { ProjectId } from "@bailiwick/core/ProjectId"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Migrations from "@bailiwick/storage/Migrations"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import * as SqlStoreTransaction from "@bailiwick/storage/SqlStoreTransaction"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Layer from "effect/Layer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { SqlAuditLog } from "../../src/index.ts"
import * as TestKeyRing from "./TestKeyRing.ts"

export const owner = { project: ProjectId.make("acme"), isolation: "same-user" } as const

export const crypto: Layer.Layer<Ed25519> = Ed25519.layerNode.pipe(Layer.provide(NodeCrypto.layerSecureRandom))

const database = (filename: string) =>
  Layer.effectDiscard(Migrations.run([SqlAuditLog.room])).pipe(Layer.provideMerge(Sqlite.layer({ filename })))

/** The SQL log over a file or `:memory:`, its database and its keys in reach. */
export const sql = (
  filename: string,
  ring: Layer.Layer<KeyRing, never, Ed25519> = TestKeyRing.layer
): Layer.Layer<AuditLog | Commits | StoreTransaction | SqlClient | KeyRing | Ed25519, StoreError | SqlError> =>
  Layer.mergeAll(SqlAuditLog.layer(owner), SqlStoreTransaction.layer).pipe(
    Layer.provideMerge(Layer.merge(database(filename), ring)),
    Layer.provideMerge(crypto)
  )

/** Another project's log over the database and keys at hand. */
export const sqlOver = (project: string) => SqlAuditLog.layer({ ...owner, project: ProjectId.make(project) })
