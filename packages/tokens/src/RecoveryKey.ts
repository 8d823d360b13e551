/**
 * The second way into an identity: 32 random bytes, written down as 24 words of the BIP-39 English list.
 *
 * The last word carries a checksum, so a slip of the pen is found before anything is tried with it.
 */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39"
import { wordlist } from "@scure/bip39/wordlists/english.js"
import * as Brand from "effect/Brand"
import * as Kdf from "effect/crypto/Kdf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export type RecoveryKey = Redacted.Redacted<Uint8Array> & Brand.Brand<"RecoveryKey">

/** There are more or fewer than 24 words. */
export class WrongCount extends Schema.TaggedError<WrongCount>()("WrongCount", { found: Schema.Int }) {
  override get message() {
    return `a recovery key has ${words} words, not ${this.found}`
  }
}

/** A word is not in the list. Its place is told, never the word. */
export class UnknownWord extends Schema.TaggedError<UnknownWord>()("UnknownWord", { place: Schema.Int }) {
  override get message() {
    return `word ${this.place} of the recovery key is not in the BIP-39 English list; check its spelling`
  }
}

/** All words are known, but they are not the ones that were written down, or not in their order. */
export class WrongChecksum extends Schema.TaggedError<WrongChecksum>()("WrongChecksum", {}) {
  override get message() {
    return "the words of the recovery key do not fit together: one is wrong, or two changed places"
  }
}

export class RecoveryKeyError extends Schema.TaggedError<RecoveryKeyError>()("RecoveryKeyError", {
  reason: Schema.Union([WrongCount, UnknownWord, WrongChecksum])
}) {
  override get message() {
    return this.reason.message
  }
}

export const length = 32
const words = 24
const info = new TextEncoder().encode("bailiwick/recovery/v1")

const brand = Brand.nominal<RecoveryKey>()

/** Takes a copy of 32 bytes; any other length throws a `RangeError`. */
export const fromBytes = (bytes: Uint8Array): RecoveryKey => {
  if (bytes.length !== length) {
    throw new RangeError("a recovery key has 32 bytes")
  }
  return brand(Redacted.make(Uint8Array.from(bytes), { label: "recovery key" }))
}

export const generate: Effect.Effect<RecoveryKey, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  const random = yield* SecureRandom.SecureRandom
  return fromBytes(yield* random.randomBytes(length))
})

/** The 24 words, one blank between them. */
export const toWords = (key: RecoveryKey): Redacted.Redacted =>
  Redacted.make(entropyToMnemonic(Redacted.value(key), wordlist), { label: "recovery words" })

/** Reads 24 words as people type them: in any case, between any blanks and line ends. */
export const fromWords: (text: Redacted.Redacted) => Effect.Effect<RecoveryKey, RecoveryKeyError> = Effect.fnUntraced(
  function* (text) {
    const found = Redacted.value(text)
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== "")
    if (found.length !== words) {
      return yield* new RecoveryKeyError({ reason: new WrongCount({ found: found.length }) })
    }
    const unknown = found.findIndex((word) => !wordlist.includes(word))
    if (unknown >= 0) {
      return yield* new RecoveryKeyError({ reason: new UnknownWord({ place: unknown + 1 }) })
    }
    return yield* Effect.try({
      try: () => fromBytes(mnemonicToEntropy(found.join(" "), wordlist)),
      catch: () => new RecoveryKeyError({ reason: new WrongChecksum() })
    })
  }
)

/** The key-encryption key: the recovery key is uniformly random, so HKDF (RFC 5869) is enough (formats §2). */
export const encryptionKey: (key: RecoveryKey) => Effect.Effect<Redacted.Redacted<Uint8Array>, never, Kdf.Kdf> =
  Effect.fnUntraced(function* (key) {
    const kdf = yield* Kdf.Kdf
    const derived = yield* Effect.orDie(
      kdf.derive(Kdf.hkdfSha256, Redacted.value(key), { salt: new Uint8Array(0), info, length })
    )
    return Redacted.make(derived, { label: "key-encryption key" })
  })
