/**
 * Ed25519 under one strict rule (formats §1), by `node:crypto` or by `@noble/ed25519`.
 *
 * The rule is the same for both: R canonical and not of small order, S < L, no cofactor, under a key that
 * {@link PublicKey} has accepted. So two verifiers never disagree about a signature, and no key holder can make one
 * signature that stands for several messages.
 *
 * @example
 * ```ts
 * import { Ed25519 } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const ed25519 = yield* Ed25519.Ed25519
 *   const seed = yield* ed25519.generate
 *   const message = new TextEncoder().encode("lend me a little")
 *   const signature = yield* ed25519.sign(seed, message)
 *   return yield* ed25519.verify(yield* ed25519.publicKey(seed), message, signature) // true
 * })
 * ```
 */
import * as Context from "effect/Context"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { PrivateSeed } from "./PrivateSeed.ts"
import type { PublicKey } from "./PublicKey.ts"

/** A new signature did not verify under its own key: a fault in memory or in the implementation. It was not given out. */
export class FaultySignature extends Schema.TaggedError<FaultySignature>()("FaultySignature", {}) {
  override get message() {
    return "a new signature did not verify under its own key and was thrown away; try again, and check this machine's memory if it recurs"
  }
}

export class Ed25519Error extends Schema.TaggedError<Ed25519Error>()("Ed25519Error", { reason: FaultySignature }) {
  override get message() {
    return this.reason.message
  }
}

export class Ed25519 extends Context.Service<
  Ed25519,
  {
    /** Signs (RFC 8032 §5.1.6) and verifies the result before it is given out. 64 bytes. */
    readonly sign: (seed: PrivateSeed, message: Uint8Array) => Effect.Effect<Uint8Array, Ed25519Error>
    /** Whether `signature` is one of `message` under `key`; anything malformed is `false`. */
    readonly verify: (key: PublicKey, message: Uint8Array, signature: Uint8Array) => Effect.Effect<boolean>
    /** The public half. It is always derived: a caller's own would leak the seed through a second signature. */
    readonly publicKey: (seed: PrivateSeed) => Effect.Effect<PublicKey>
    /** A fresh random seed. */
    readonly generate: Effect.Effect<PrivateSeed>
  }
>()("@bailiwick/tokens/Ed25519") {
  /** OpenSSL through `node:crypto`: the default. Imported keys are kept as long as their `PublicKey` or seed lives. */
  static readonly layerNode: Layer.Layer<Ed25519, never, SecureRandom.SecureRandom> = Layer.unwrap(
    Effect.promise(() => import("./ed25519/Node.ts")).pipe(Effect.map((module) => module.layer))
  )

  /** Portable JavaScript: slower by an order of magnitude and without a promise of constant time. */
  static readonly layerNoble: Layer.Layer<Ed25519, never, SecureRandom.SecureRandom> = Layer.unwrap(
    Effect.promise(() => import("./ed25519/Noble.ts")).pipe(Effect.map((module) => module.layer))
  )
}
