/**
 * The key under which a store wraps its other keys and seals what must not be taken back (formats §7).
 *
 * 32 random bytes, kept as base64url text in a file that only its user can read, or handed over by an inherited
 * descriptor. It is never used itself: one key per purpose is derived from it (HKDF-SHA256, no salt, the labels below,
 * RFC 5869), and only those live on, opaque and redacted.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Context from "effect/Context"
import * as Aead from "effect/crypto/Aead"
import * as Kdf from "effect/crypto/Kdf"
import * as Mac from "effect/crypto/Mac"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Path from "node:path"
import * as Descriptor from "./internal/Descriptor.ts"

export class MasterKey extends Context.Service<
  MasterKey,
  {
    /** Wraps the key ring: AES-256-GCM. */
    readonly wrapping: Aead.Key<typeof Aead.aes256Gcm>
    /** Seals the generation and the revocations: HMAC-SHA256. */
    readonly sealing: Mac.Key<typeof Mac.hmacSha256>
  }
>()("@bailiwick/storage/MasterKey") {
  /** From `master.key` in the store's directory. */
  static readonly layerFile = (
    directory: string
  ): Layer.Layer<MasterKey, StoreError, SecretFiles.SecretFiles | Kdf.Kdf> =>
    Layer.effect(MasterKey, Effect.flatMap(readFile(directory), derive))

  /** From an inherited descriptor, read to its end and closed. */
  static readonly layerDescriptor = (fd: number): Layer.Layer<MasterKey, StoreError, Kdf.Kdf> =>
    Layer.effect(
      MasterKey,
      Descriptor.readAll(fd, maximumLength).pipe(
        Effect.flatMap((bytes) => parse(bytes, `descriptor ${fd}`)),
        Effect.flatMap(derive)
      )
    )
}

/** Makes the file with a random key; false, and no change, if there is one. */
export const create = Effect.fn("MasterKey.create")(function* (directory: string) {
  const files = yield* SecretFiles.SecretFiles
  const random = yield* SecureRandom.SecureRandom
  const bytes = yield* random.randomBytes(length)
  return yield* files.create(path(directory), new TextEncoder().encode(`${Base64Url.encode(bytes)}\n`))
})

export const path = (directory: string): string => Path.join(directory, "master.key")

const length = 32
/** 43 characters, and one line end. */
const maximumLength = 45

const wrappingLabel = "bailiwick/store/wrap/v1"
const sealingLabel = "bailiwick/store/seal/v1"

const readFile = Effect.fnUntraced(function* (directory: string) {
  const files = yield* SecretFiles.SecretFiles
  const content = yield* files.read(path(directory), maximumLength)
  if (Option.isNone(content)) {
    return yield* new StoreError({
      reason: "Unavailable",
      detail: `${path(directory)} is missing: without it the store's keys cannot be opened`,
      hint: "put it back from where it is kept; a new one would not open this store"
    })
  }
  return yield* parse(content.value, path(directory))
})

const parse = (content: Uint8Array, source: string): Effect.Effect<Redacted.Redacted<Uint8Array>, StoreError> =>
  Base64Url.decode(new TextDecoder().decode(content).replace(/\r?\n$/u, "")).pipe(
    Option.filter((bytes) => bytes.length === length),
    Option.match({
      onNone: () =>
        Effect.fail(
          new StoreError({
            reason: "Damaged",
            detail: `${source} holds no master key: ${length} bytes as base64url are needed`,
            hint: "put it back from where it is kept"
          })
        ),
      onSome: (bytes) => Effect.succeed(Redacted.make(bytes, { label: "master key" }))
    })
  )

const derive = Effect.fnUntraced(function* (master: Redacted.Redacted<Uint8Array>) {
  const kdf = yield* Kdf.Kdf
  const bytes = (label: string) =>
    kdf.derive(Kdf.hkdfSha256, Redacted.value(master), {
      salt: new Uint8Array(0),
      info: new TextEncoder().encode(label),
      length
    })
  return MasterKey.of({
    wrapping: yield* Effect.flatMap(bytes(wrappingLabel), (key) => Aead.key(Aead.aes256Gcm, key)),
    sealing: yield* Effect.flatMap(bytes(sealingLabel), (key) => Mac.key(Mac.hmacSha256, key))
  })
  // The algorithms and lengths are fixed above: a failure is a fault of the runtime.
}, Effect.orDie)
