/** AES-256-GCM (NIST SP 800-38D) around a seed, under a key-encryption key. */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as PrivateSeed from "../PrivateSeed.ts"
import * as File from "./File.ts"

type Key = Redacted.Redacted<Uint8Array>
type Body = Omit<File.File, "wraps">

/** Wraps the seed with a fresh nonce. A key-encryption key seals a handful of times at most, so random nonces do. */
export const seal = Effect.fnUntraced(function* (options: {
  readonly file: Body
  readonly kind: File.WrapKind
  readonly key: Key
  readonly seed: PrivateSeed.PrivateSeed
}) {
  const aead = yield* Aead.Aead
  const random = yield* SecureRandom.SecureRandom
  const bytes = yield* random.randomBytes(File.nonceLength)
  const nonce = Base64Url.encode(bytes)
  // Key and nonce have their lengths by construction: no failure is left that a caller could answer.
  const ciphertext = yield* Effect.orDie(
    Effect.gen(function* () {
      const key = yield* Aead.key(Aead.aes256Gcm, Redacted.value(options.key))
      return yield* aead.encrypt(key, Redacted.value(options.seed), {
        nonce: bytes,
        aad: File.associatedData(options.file, options.kind, nonce)
      })
    })
  )
  return { kind: options.kind, nonce, ciphertext: Base64Url.encode(ciphertext) }
})

/** Opens a wrap; every cause of failure is the same `None`. */
export const open = Effect.fnUntraced(function* (options: {
  readonly file: Body
  readonly kind: File.WrapKind
  readonly wrap: File.Wrap
  readonly key: Key
}) {
  const aead = yield* Aead.Aead
  const { nonce, ciphertext } = options.wrap
  return yield* Effect.gen(function* () {
    const key = yield* Aead.key(Aead.aes256Gcm, Redacted.value(options.key))
    const bytes = yield* aead.decrypt(key, Option.getOrThrow(Base64Url.decode(ciphertext)), {
      nonce: Option.getOrThrow(Base64Url.decode(nonce)),
      aad: File.associatedData(options.file, options.kind, nonce)
    })
    const seed = PrivateSeed.fromBytes(bytes)
    bytes.fill(0)
    return seed
  }).pipe(Effect.option)
})
