/**
 * What may protect an identity: a passphrase that stands a guessing attack on a stolen file, or six generated words.
 *
 * The words of the estimate are data of several megabytes, so they are loaded when a passphrase is chosen and never
 * when one is only used.
 */
import * as Brand from "effect/Brand"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** A passphrase that was checked or generated; only such a one wraps an identity. */
export type StrongPassphrase = Redacted.Redacted & Brand.Brand<"StrongPassphrase">

/** Characters, counted as code points after NFKC (NIST SP 800-63B-4 §3.1.1.2). */
export const minimumLength = 15

/** Beyond this nothing is gained and the estimate only takes longer. */
export const maximumLength = 1024

/** Guesses that the estimate must ask for, beside the best score of 4. */
export const minimumGuesses = 1e14

/** Six words of a list of 7,776: 6 × log2 7776 = 77.5 bits, whatever an attacker knows about how they were made. */
export const generatedWords = 6

export class TooShort extends Schema.TaggedError<TooShort>()("TooShort", {}) {
  override get message() {
    return `a passphrase has at least ${minimumLength} characters`
  }
}

export class TooLong extends Schema.TaggedError<TooLong>()("TooLong", {}) {
  override get message() {
    return `a passphrase has at most ${maximumLength} characters`
  }
}

/** It follows words, names, dates or patterns that guessing programs try first. Which ones is not told. */
export class TooEasy extends Schema.TaggedError<TooEasy>()("TooEasy", {}) {
  override get message() {
    return "this passphrase is too easy to guess"
  }
}

export class PassphraseError extends Schema.TaggedError<PassphraseError>()("PassphraseError", {
  reason: Schema.Union([TooShort, TooLong, TooEasy])
}) {
  override get message() {
    return this.reason.message
  }
  get hint(): string {
    return "take the six generated words, or several unrelated words of your own"
  }
}

const brand = Brand.nominal<StrongPassphrase>()

/**
 * Accepts a passphrase of one's own choice.
 *
 * `context` are words that an attacker knows of the person: member, project, host and user names (ASVS 5.0, 6.2.11).
 */
export const check: (
  passphrase: Redacted.Redacted,
  context: ReadonlyArray<string>
) => Effect.Effect<StrongPassphrase, PassphraseError> = Effect.fn("Passphrase.check")(function* (passphrase, context) {
  const text = Redacted.value(passphrase).normalize("NFKC")
  const length = Array.from(text).length
  if (length < minimumLength) return yield* new PassphraseError({ reason: new TooShort() })
  if (length > maximumLength) return yield* new PassphraseError({ reason: new TooLong() })
  const estimator = yield* loadEstimator
  const { score, guesses } = estimator.check(text, contextWords(context))
  return score === 4 && guesses >= minimumGuesses
    ? brand(passphrase)
    : yield* new PassphraseError({ reason: new TooEasy() })
})

/** What {@link generate} draws from: the EFF's long list for dice, 7,776 words, as the estimate's data ships it. */
export const words: Effect.Effect<ReadonlyArray<string>> = Effect.map(
  Effect.promise(() => import("@zxcvbn-ts/language-common")),
  (common) => common.dictionary["diceware-common"]
)

/** Six random words, joined by hyphens: no blank or sign that a shell, a file or a keyboard layout would change. */
export const generate: Effect.Effect<StrongPassphrase, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  const random = yield* SecureRandom.SecureRandom
  const list = yield* words
  const places = yield* Effect.replicateEffect(random.intBetween(0, list.length, { halfOpen: true }), generatedWords)
  return brand(Redacted.make(places.map((place) => list[place]).join("-"), { label: "passphrase" }))
})

const loadEstimator = Effect.gen(function* () {
  const { ZxcvbnFactory } = yield* Effect.promise(() => import("@zxcvbn-ts/core"))
  const common = yield* Effect.promise(() => import("@zxcvbn-ts/language-common"))
  const english = yield* Effect.promise(() => import("@zxcvbn-ts/language-en"))
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs
  })
})

// An id counts whole and in its parts.
const contextWords = (context: ReadonlyArray<string>): Array<string> =>
  [...new Set(["bailiwick", ...context, ...context.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u))])].filter(
    (word) => word !== ""
  )
