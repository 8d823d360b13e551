/** Logs to test with: project, keys, database and a store's transactions. */
import type { AuditLog } from "@bailiwick/core/ports/AuditLog"
import type { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { SqlAuditLog } from "../../src/index.ts"
import * as TestKeyRing from "./TestKeyRing.ts"

export const owner = { project: ProjectId.make("acme"), isolation: "same-user" } as const

export const crypto: Layer.Layer<Ed25519> = Ed25519.layerNode.pipe(Layer.provide(NodeCrypto.layerSecureRandom))

const transaction = Layer.effect(
  StoreTransaction,
  Effect.map(SqlClient.SqlClient, (sql) =>
    StoreTransaction.of({
      run: (effect) =>
        sql.withTransaction(effect).pipe(
          Effect.catchTag("SqlError", () => new StoreError({ reason: "Unavailable", detail: "the transaction failed" }))
        )
    })
  )
)

/** The SQL log over a file or `:memory:`, its database and its keys in reach. */
export const sql = (
  filename: string,
  ring: Layer.Layer<KeyRing, never, Ed25519> = TestKeyRing.layer
): Layer.Layer<AuditLog | StoreTransaction | SqlClient.SqlClient | KeyRing | Ed25519, StoreError> =>
  Layer.mergeAll(SqlAuditLog.layer(owner), transaction).pipe(
    Layer.provideMerge(Layer.merge(Sqlite.layer({ filename }), ring)),
    Layer.provideMerge(crypto)
  )
