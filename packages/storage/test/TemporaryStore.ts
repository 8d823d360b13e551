/** A store of its own in a private directory, gone when the test is over. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import * as Store from "@bailiwick/storage/Store"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

export const project = ProjectId.make("acme")

/** What a store asks of the machine that it runs on. */
export const machine = Layer.mergeAll(NodeSecretFiles.layer, Ed25519.Ed25519.layerNode).pipe(
  Layer.provideMerge(NodeCrypto.layer)
)

/** A private directory, removed with the scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Fs.realpathSync(Os.tmpdir()), "bailiwick-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

/** A new store, opened. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const place = { project, directory: Path.join(yield* directory, project) }
    yield* Store.create(place)
    return Store.layer(place)
  })
).pipe(Layer.provideMerge(machine))
