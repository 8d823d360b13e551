/** Ed25519 by `@noble/ed25519`: no platform beneath it, and the cross-check of the other implementation. */
import * as noble from "@noble/ed25519"
import { sha512 } from "@noble/hashes/sha2.js"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Ed25519, Ed25519Error, FaultySignature } from "../Ed25519.ts"
import * as CheckedKey from "../internal/CheckedKey.ts"
import * as PrivateSeed from "../PrivateSeed.ts"
import type * as PublicKey from "../PublicKey.ts"
import * as StrictRule from "./StrictRule.ts"

// `zip215: false` asks for canonical points but still clears the cofactor. With A and R both torsion-free the two
// equations are one, so the check of R is what refuses a signature that is good only after multiplication by 8.
const verify = (key: PublicKey.PublicKey, message: Uint8Array, signature: Uint8Array): boolean =>
  StrictRule.isWellFormed(signature) &&
  noble.verify(signature, message, key.bytes, { zip215: false }) &&
  noble.Point.fromBytes(signature.subarray(0, PrivateSeed.length)).isTorsionFree()

const publicKey = (seed: PrivateSeed.PrivateSeed): PublicKey.PublicKey =>
  CheckedKey.derived(noble.getPublicKey(Redacted.value(seed)))

const sign = Effect.fnUntraced(function* (seed: PrivateSeed.PrivateSeed, message: Uint8Array) {
  const signature = noble.sign(message, Redacted.value(seed))
  if (!verify(publicKey(seed), message, signature)) {
    return yield* new Ed25519Error({ reason: new FaultySignature() })
  }
  return signature
})

export const layer: Layer.Layer<Ed25519, never, SecureRandom.SecureRandom> = Layer.effect(
  Ed25519,
  Effect.gen(function* () {
    const random = yield* SecureRandom.SecureRandom
    // noble's synchronous calls take their hash from this slot.
    noble.hashes.sha512 = sha512
    return Ed25519.of({
      sign,
      verify: (key, message, signature) => Effect.sync(() => verify(key, message, signature)),
      publicKey: (seed) => Effect.sync(() => publicKey(seed)),
      generate: Effect.map(random.randomBytes(PrivateSeed.length), PrivateSeed.fromBytes)
    })
  })
)
