/**
 * Joy's keys: derived from a passphrase, wrapped under it or under a recovery key, derived for a delegation.
 *
 * Everything here reads what Joy wrote, to the byte. Identities of our own have their own rules (formats §2): stored
 * costs, a normalised passphrase, wraps that are bound to their owner.
 */
import * as Hex from "@bailiwick/core/Hex"
import * as Aead from "effect/crypto/Aead"
import * as Kdf from "effect/crypto/Kdf"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as PrivateSeed from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as JoyError from "./JoyError.ts"
import * as JoyHex from "./JoyHex.ts"

/** What Argon2id costs in Joy's releases, and in its debug builds; no file says which it was. */
export const costs = {
  production: { memory: 64 * 1024, passes: 3, parallelism: 4 },
  debug: { memory: 256, passes: 1, parallelism: 1 }
} as const

export type Cost = keyof typeof costs

const keyLength = 32
const nonceLength = 12

/**
 * The key that Joy derives from a passphrase and the member's `kdf_nonce` (Argon2id, RFC 9106): what opens the wraps,
 * and in projects from before the wraps the identity's seed itself. Nothing is trimmed or normalised.
 */
export const derive: (options: {
  readonly passphrase: Redacted.Redacted<string>
  /** 64 hexadecimal digits. */
  readonly salt: string
  readonly cost?: Cost
}) => Effect.Effect<PrivateSeed.PrivateSeed, JoyError.JoyError, Kdf.Kdf> = Effect.fn("JoyKeys.derive")(function* ({
  passphrase,
  salt,
  cost = "production"
}) {
  const kdf = yield* Kdf.Kdf
  const bytes = new TextEncoder().encode(Redacted.value(passphrase))
  const key = yield* kdf
    .derive(Kdf.argon2id(costs[cost]), bytes, { salt: yield* bytesOf(salt, "kdf_nonce"), length: keyLength })
    .pipe(
      Effect.mapError(() => new JoyError.JoyError({ reason: new JoyError.Unavailable() })),
      Effect.ensuring(Effect.sync(() => bytes.fill(0)))
    )
  return takeSeed(key)
})

/** The key that opens the recovery wrap: Joy stretches the lower-case hexadecimal text of the recovery key. */
export const deriveFromRecoveryKey = (options: {
  readonly recoveryKey: PrivateSeed.PrivateSeed
  readonly salt: string
  readonly cost?: Cost
}): Effect.Effect<PrivateSeed.PrivateSeed, JoyError.JoyError, Kdf.Kdf> =>
  derive({ ...options, passphrase: Redacted.make(Hex.encode(Redacted.value(options.recoveryKey))) })

/** Opens a wrapped seed: hex of a nonce (12 bytes), ciphertext (32) and tag (16), AES-256-GCM, no associated data. */
export const unwrap: (options: {
  readonly wrap: string
  readonly key: PrivateSeed.PrivateSeed
}) => Effect.Effect<PrivateSeed.PrivateSeed, JoyError.JoyError, Aead.Aead> = Effect.fn("JoyKeys.unwrap")(function* ({
  wrap,
  key
}) {
  const aead = yield* Aead.Aead
  return yield* Effect.gen(function* () {
    const bytes = yield* Effect.fromOption(JoyHex.decode(wrap))
    const opened = yield* aead.decrypt(
      yield* Aead.key(Aead.aes256Gcm, Redacted.value(key)),
      bytes.subarray(nonceLength),
      { nonce: bytes.subarray(0, nonceLength) }
    )
    // What opens and is no seed is refused like what does not open.
    return opened.length === PrivateSeed.length ? takeSeed(opened) : yield* Effect.fail("no seed")
  }).pipe(Effect.mapError(() => new JoyError.JoyError({ reason: new JoyError.NotOpened() })))
})

const recoveryPrefix = "joy_r_"

/**
 * Reads a recovery key as typed: blanks outside go, the prefix as often as it stands, hexadecimal in either case. It
 * has no checksum.
 */
export const recoveryKey = (
  text: Redacted.Redacted<string>
): Result.Result<PrivateSeed.PrivateSeed, JoyError.JoyError> => {
  const bare = Redacted.value(text)
    .replace(/^\p{White_Space}+/u, "")
    .replace(/\p{White_Space}+$/u, "")
    .replace(new RegExp(`^(?:${recoveryPrefix})+`, "u"), "")
  return Option.match(Option.filter(JoyHex.decode(bare), hasKeyLength), {
    onNone: () => Result.fail(JoyError.malformed("recovery key", "it is not 64 hexadecimal digits")),
    onSome: (bytes) => Result.succeed(takeSeed(bytes))
  })
}

/** Writes a recovery key as Joy shows it, once. */
export const recoveryText = (key: PrivateSeed.PrivateSeed): Redacted.Redacted<string> =>
  Redacted.make(recoveryPrefix + Hex.encode(Redacted.value(key)), { label: "recovery key" })

/** Joy's one rule for a new passphrase up to 0.22.0: so many words between white space. */
export const minimumWords = 3

export const isAllowedPassphrase = (passphrase: Redacted.Redacted<string>, minimum = minimumWords): boolean =>
  Redacted.value(passphrase)
    .split(/\p{White_Space}+/u)
    .filter((word) => word !== "").length >= minimum

/**
 * The seed of a delegation's key: HKDF-SHA256 (RFC 5869) of the identity's seed. `agent` is the whole id, as in
 * `ai:claude@joy`; Joy 0.23 and later name the agent `claude` and put the rest around it, as `JoyMember.agentId` does.
 */
export const delegationSeed: (options: {
  readonly identity: PrivateSeed.PrivateSeed
  /** The member's `delegation_salt`, 64 hexadecimal digits. */
  readonly salt: string
  readonly project: string
  readonly agent: string
}) => Effect.Effect<PrivateSeed.PrivateSeed, JoyError.JoyError, Kdf.Kdf> = Effect.fn("JoyKeys.delegationSeed")(
  function* ({ identity, salt, project, agent }) {
    const kdf = yield* Kdf.Kdf
    const bytes = yield* bytesOf(salt, "delegation_salt")
    const info = new TextEncoder().encode(`joy-delegation:${project}:${agent}`)
    return takeSeed(
      yield* Effect.orDie(
        kdf.derive(Kdf.hkdfSha256, Redacted.value(identity), { salt: bytes, info, length: keyLength })
      )
    )
  }
)

/** A member's public key; weak ones, which Joy takes, are refused like every other bad key. */
export const publicKey = (hex: string): Effect.Effect<PublicKey.PublicKey, JoyError.JoyError> =>
  PublicKey.fromBytes(Option.getOrElse(JoyHex.decode(hex), () => new Uint8Array())).pipe(
    Effect.mapError(({ message }) => new JoyError.JoyError({ reason: new JoyError.BadKey({ detail: message }) }))
  )

const hasKeyLength = (bytes: Uint8Array): boolean => bytes.length === keyLength

const bytesOf = (hex: string, what: string): Effect.Effect<Uint8Array, JoyError.JoyError> =>
  Effect.mapError(Effect.fromOption(Option.filter(JoyHex.decode(hex), hasKeyLength)), () =>
    JoyError.malformed(what, "it is not 64 hexadecimal digits")
  )

/** Takes the bytes over and wipes the caller's copy. */
const takeSeed = (bytes: Uint8Array): PrivateSeed.PrivateSeed => {
  const seed = PrivateSeed.fromBytes(bytes)
  bytes.fill(0)
  return seed
}
