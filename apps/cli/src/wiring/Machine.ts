/** What every command may use of this machine: files, processes, cryptography, and where things lie. Opens nothing. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import { PassphraseKdf } from "@bailiwick/tokens/PassphraseKdf"
import { TerminalBinding } from "@bailiwick/tokens/TerminalBinding"

export const layer = Layer.mergeAll(
  NodeSecretFiles.layer,
  StateDirectory.layer,
  Ed25519.layerNode,
  PassphraseKdf.layer,
  TerminalBinding.layer,
  // Nobody in this program reads spans: they would be made, with an id and two readings of the clock each, and dropped.
  Layer.succeed(References.TracerEnabled, false)
).pipe(Layer.provideMerge(Layer.mergeAll(NodeServices.layer, NodeCrypto.layer)))
