/** Ed25519 by `node:crypto` (OpenSSL). */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { Ed25519, Ed25519Error, FaultySignature } from "../Ed25519.ts"
import * as CheckedKey from "../internal/CheckedKey.ts"
import * as PrivateSeed from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as StrictRule from "./StrictRule.ts"

// A key imported once signs and verifies in a third of the time. The weak maps are bounded by their owners' lives: a
// seed that is dropped takes its imported key with it.
const publicKeys = new WeakMap<PublicKey.PublicKey, Crypto.KeyObject>()
const keyPairs = new WeakMap<PrivateSeed.PrivateSeed, KeyPair>()

interface KeyPair {
  readonly private: Crypto.KeyObject
  readonly public: PublicKey.PublicKey
}

// RFC 8410 §7: a PKCS #8 private key is this prefix and the seed.
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

const importSeed = (seed: PrivateSeed.PrivateSeed): Crypto.KeyObject => {
  const der = Buffer.alloc(pkcs8Prefix.length + PrivateSeed.length)
  der.set(pkcs8Prefix)
  der.set(Redacted.value(seed), pkcs8Prefix.length)
  const key = Crypto.createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  der.fill(0)
  return key
}

const importPublicKey = (key: PublicKey.PublicKey): Crypto.KeyObject => {
  const known = publicKeys.get(key)
  if (known !== undefined) return known
  const imported = Crypto.createPublicKey({ key: PublicKey.toJwk(key), format: "jwk" })
  publicKeys.set(key, imported)
  return imported
}

const keyPair = (seed: PrivateSeed.PrivateSeed): KeyPair => {
  const known = keyPairs.get(seed)
  if (known !== undefined) return known
  const imported = importSeed(seed)
  const raw = Crypto.createPublicKey(imported).export({ format: "der", type: "spki" }).subarray(-PrivateSeed.length)
  const pair = { private: imported, public: CheckedKey.derived(raw) }
  keyPairs.set(seed, pair)
  return pair
}

// OpenSSL compares the encoding of [S]B - [k]A with R itself: no cofactor, and no lenient R. Its S < L check is
// repeated by the strict rule; what OpenSSL lets pass (R of small order) only the rule refuses.
const verify = (key: PublicKey.PublicKey, message: Uint8Array, signature: Uint8Array): boolean =>
  StrictRule.isWellFormed(signature) && Crypto.verify(null, message, importPublicKey(key), signature)

const sign = Effect.fnUntraced(function* (seed: PrivateSeed.PrivateSeed, message: Uint8Array) {
  const pair = keyPair(seed)
  const signature = Uint8Array.from(Crypto.sign(null, message, pair.private))
  if (!verify(pair.public, message, signature)) {
    return yield* new Ed25519Error({ reason: new FaultySignature() })
  }
  return signature
})

export const layer: Layer.Layer<Ed25519, never, SecureRandom.SecureRandom> = Layer.effect(
  Ed25519,
  Effect.gen(function* () {
    const random = yield* SecureRandom.SecureRandom
    return Ed25519.of({
      sign,
      verify: (key, message, signature) => Effect.sync(() => verify(key, message, signature)),
      publicKey: (seed) => Effect.sync(() => keyPair(seed).public),
      generate: Effect.map(random.randomBytes(PrivateSeed.length), PrivateSeed.fromBytes)
    })
  })
)
