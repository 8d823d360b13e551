/** A whole store of a project in a directory of its own, as the program opens it. */
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import * as Store from "@bailiwick/storage/Store"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { join } from "node:path"
import { SqlAuditLog } from "../../src/index.ts"
import * as TestLog from "./TestLog.ts"

export const machine = Layer.mergeAll(NodeSecretFiles.layer, Ed25519.layerNode, NodeFileSystem.layer).pipe(
  Layer.provideMerge(NodeCrypto.layer)
)

const place = (directory: string) => ({ ...TestLog.owner, directory, rooms: [SqlAuditLog.room] })

/** Makes one; it goes with the scope. */
export const create = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const directory = join(yield* files.makeTempDirectoryScoped(), "acme")
  yield* Store.create(place(directory))
  return directory
})

/** Opens it. */
export const open = (directory: string) =>
  SqlAuditLog.layer(TestLog.owner).pipe(Layer.provideMerge(Store.layer(place(directory))))

/** A new one each time. */
export const layer = Layer.unwrap(Effect.map(create, open)).pipe(Layer.provideMerge(machine))
