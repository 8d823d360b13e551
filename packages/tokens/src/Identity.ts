/**
 * A human's identity at rest: a random Ed25519 seed, wrapped by a passphrase and by a recovery key (formats §2).
 *
 * The seed is random and only wrapped, so a new passphrase changes no key, and the public key tells a guesser nothing.
 *
 * @example
 * ```ts
 * import { Identity, Passphrase } from "@bailiwick/tokens"
 * import { HumanId } from "@bailiwick/core/MemberId"
 * import { ProjectId } from "@bailiwick/core/ProjectId"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const passphrase = yield* Passphrase.generate
 *   const { file, recoveryKey } = yield* Identity.create({
 *     member: HumanId.make("you@example.com"),
 *     project: ProjectId.make("acme"),
 *     passphrase
 *   })
 *   const text = Identity.format(file) // goes to disk, mode 0600
 *   return yield* Identity.unlock(yield* Identity.parse(text), passphrase)
 * })
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { HumanId } from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as StrictJson from "@bailiwick/core/StrictJson"
import type * as Aead from "effect/crypto/Aead"
import type * as Kdf from "effect/crypto/Kdf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Ed25519 } from "./Ed25519.ts"
import { File, type Wrap, type WrapKind } from "./identity/File.ts"
import * as Seal from "./identity/Seal.ts"
import type { StrongPassphrase } from "./Passphrase.ts"
import { type Parameters, PassphraseKdf, type PassphraseKdfError, saltLength } from "./PassphraseKdf.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import * as PublicKey from "./PublicKey.ts"
import * as RecoveryKey from "./RecoveryKey.ts"

export { File } from "./identity/File.ts"

/** The text is no identity file: visible to everybody who can read it, so said plainly. */
export class NotAnIdentity extends Schema.TaggedError<NotAnIdentity>()("NotAnIdentity", {}) {
  override get message() {
    return "not an identity file, or damaged beyond reading"
  }
  get hint() {
    return "restore the file from a backup"
  }
}

/**
 * The seed did not open. Whether the passphrase or recovery key was wrong, the file was changed, or it holds another
 * key than it says, is not told apart: an answer would help whoever guesses.
 */
export class NotOpened extends Schema.TaggedError<NotOpened>()("NotOpened", {}) {
  override get message() {
    return "the identity did not open: wrong passphrase or recovery key, or a damaged file"
  }
  get hint() {
    return "try again; if the passphrase is lost, open the identity with its 24 recovery words"
  }
}

/** The file was written without this way to open it. */
export class NoSuchWrap extends Schema.TaggedError<NoSuchWrap>()("NoSuchWrap", {
  kind: Schema.Literals(["passphrase", "recovery"])
}) {
  override get message() {
    return `the identity file has no ${this.kind} wrap`
  }
  get hint() {
    return this.kind === "passphrase" ? "open it with its 24 recovery words" : "open it with its passphrase"
  }
}

export class IdentityError extends Schema.TaggedError<IdentityError>()("IdentityError", {
  reason: Schema.Union([NotAnIdentity, NotOpened, NoSuchWrap])
}) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}

/** The largest identity file that is read. */
export const maxBytes = 64 * 1024

type Services = Ed25519 | PassphraseKdf | Aead.Aead | Kdf.Kdf | SecureRandom.SecureRandom

/** Reads an identity file; opens nothing. */
export const parse = (text: string): Effect.Effect<File, IdentityError> =>
  Effect.fromResult(StrictJson.decode(File, text, { maxBytes })).pipe(
    Effect.mapError(() => new IdentityError({ reason: new NotAnIdentity() }))
  )

/** Writes an identity file as compact JSON. */
export const format = (file: File): string => JSON.stringify(Schema.encodeSync(File)(file))

interface New {
  readonly member: HumanId
  readonly project: ProjectId
  readonly passphrase: StrongPassphrase
}

interface Created {
  readonly file: File
  readonly seed: PrivateSeed
  readonly recoveryKey: RecoveryKey.RecoveryKey
}

/** Makes a new identity. The recovery key stands nowhere but in the answer: show it once. */
export const create: (options: New) => Effect.Effect<Created, PassphraseKdfError, Services> = Effect.fn(
  "Identity.create"
)(function* (options) {
  const ed25519 = yield* Ed25519
  return yield* adopt({ ...options, seed: yield* ed25519.generate })
})

/**
 * Makes an identity of a seed that another program made, under a new passphrase and a new recovery key. Whoever had the
 * seed before has it still: {@link create} is what to use wherever there is a choice.
 */
export const adopt: (
  options: New & { readonly seed: PrivateSeed }
) => Effect.Effect<Created, PassphraseKdfError, Services> = Effect.fn("Identity.adopt")(function* ({
  member,
  project,
  passphrase,
  seed
}) {
  const ed25519 = yield* Ed25519
  const jwk = PublicKey.toJwk(yield* ed25519.publicKey(seed))
  const body = { v: 1, member, project, jwk, kdf: yield* freshParameters } as const
  const recoveryKey = yield* RecoveryKey.generate
  const wraps = [
    yield* sealPassphrase(body, passphrase, seed),
    yield* Seal.seal({ file: body, kind: "recovery", key: yield* RecoveryKey.encryptionKey(recoveryKey), seed })
  ]
  return { file: { ...body, wraps }, seed, recoveryKey }
})

/** Opens the seed with the passphrase. */
export const unlock: (
  file: File,
  passphrase: Redacted.Redacted
) => Effect.Effect<PrivateSeed, IdentityError | PassphraseKdfError, Ed25519 | PassphraseKdf | Aead.Aead> = Effect.fn(
  "Identity.unlock"
)(function* (file, passphrase) {
  const wrap = yield* findWrap(file, "passphrase")
  const kdf = yield* PassphraseKdf
  return yield* openWrap(file, wrap, "passphrase", yield* kdf.derive(passphrase, file.kdf))
})

/** Opens the seed with the recovery key. */
export const unlockWithRecoveryKey: (
  file: File,
  recoveryKey: RecoveryKey.RecoveryKey
) => Effect.Effect<PrivateSeed, IdentityError, Ed25519 | Aead.Aead | Kdf.Kdf> = Effect.fn(
  "Identity.unlockWithRecoveryKey"
)(function* (file, recoveryKey) {
  const wrap = yield* findWrap(file, "recovery")
  return yield* openWrap(file, wrap, "recovery", yield* RecoveryKey.encryptionKey(recoveryKey))
})

/**
 * Wraps the opened seed under a new passphrase, with a new salt and today's cost. Every other wrap stays as it is, so
 * the recovery key remains good.
 */
export const changePassphrase: (options: {
  readonly file: File
  readonly seed: PrivateSeed
  readonly passphrase: StrongPassphrase
}) => Effect.Effect<File, IdentityError | PassphraseKdfError, Services> = Effect.fn("Identity.changePassphrase")(
  function* ({ file, seed, passphrase }) {
    yield* requireKey(file, seed)
    const body = { ...file, kdf: yield* freshParameters }
    const wrap = yield* sealPassphrase(body, passphrase, seed)
    return { ...body, wraps: [wrap, ...file.wraps.filter((other) => other.kind !== wrap.kind)] }
  }
)

const freshParameters = Effect.gen(function* () {
  const { m, t, p } = (yield* PassphraseKdf).cost
  const random = yield* SecureRandom.SecureRandom
  const parameters: Parameters = {
    name: "argon2id",
    m,
    t,
    p,
    salt: Base64Url.encode(yield* random.randomBytes(saltLength))
  }
  return parameters
})

const sealPassphrase = Effect.fnUntraced(function* (
  file: Omit<File, "wraps">,
  passphrase: StrongPassphrase,
  seed: PrivateSeed
) {
  const kdf = yield* PassphraseKdf
  return yield* Seal.seal({ file, kind: "passphrase", key: yield* kdf.derive(passphrase, file.kdf), seed })
})

const findWrap = (file: File, kind: WrapKind): Effect.Effect<Wrap, IdentityError> => {
  const wrap = file.wraps.find((one) => one.kind === kind)
  return wrap === undefined
    ? Effect.fail(new IdentityError({ reason: new NoSuchWrap({ kind }) }))
    : Effect.succeed(wrap)
}

const openWrap = Effect.fnUntraced(function* (
  file: File,
  wrap: Wrap,
  kind: WrapKind,
  key: Redacted.Redacted<Uint8Array>
) {
  const seed = yield* Seal.open({ file, kind, wrap, key })
  if (Option.isNone(seed)) return yield* new IdentityError({ reason: new NotOpened() })
  yield* requireKey(file, seed.value)
  return seed.value
})

// A seed that does not give the file's own key would sign as somebody else (formats §2).
const requireKey = Effect.fnUntraced(function* (file: File, seed: PrivateSeed) {
  const ed25519 = yield* Ed25519
  const key = yield* ed25519.publicKey(seed)
  if (key.jwk.x !== file.jwk.x) return yield* new IdentityError({ reason: new NotOpened() })
})
