/**
 * A text with signature lines beneath it (C2SP signed-note v1.0.0, https://c2sp.org/signed-note).
 *
 * @example
 * ```ts
 * import { SignedNote } from "@bailiwick/audit"
 * import { Ed25519 } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const ed25519 = yield* Ed25519.Ed25519
 *   const seed = yield* ed25519.generate
 *   const note = yield* SignedNote.sign({ text: "all is well\n", name: "example.com/harbour", seed })
 *   const key = yield* ed25519.publicKey(seed)
 *   return yield* SignedNote.verify(note, [{ name: "example.com/harbour", key }]) // "all is well\n"
 * })
 * ```
 */
import { Ed25519, type Ed25519Error } from "@bailiwick/tokens/Ed25519"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import type { PublicKey } from "@bailiwick/tokens/PublicKey"
import * as Digest from "@bailiwick/tokens/Digest"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {}) {
  override get message() {
    return "not a signed note: a text, a blank line and signature lines are needed"
  }
}

/** No signature line is by a key that was given. */
export class UnknownSigner extends Schema.TaggedError<UnknownSigner>()("UnknownSigner", {}) {
  override get message() {
    return "the note carries no signature of a known key"
  }
}

/** A line names a known key, and its signature does not fit. */
export class BadSignature extends Schema.TaggedError<BadSignature>()("BadSignature", {}) {
  override get message() {
    return "the signature of a known key does not fit: the note was changed after it was signed"
  }
}

export class SignedNoteError extends Schema.TaggedError<SignedNoteError>()("SignedNoteError", {
  reason: Schema.Union([Malformed, UnknownSigner, BadSignature])
}) {
  override get message() {
    return this.reason.message
  }
}

/** A key under the name that it signs with. */
export interface Signer {
  readonly name: string
  readonly key: PublicKey
}

interface SignatureLine {
  readonly name: string
  readonly keyId: string
  readonly signature: Uint8Array
}

interface Parts {
  /** Signed to the last byte: it ends in LF. */
  readonly text: string
  readonly signatures: ReadonlyArray<SignatureLine>
}

// Bounds for notes from elsewhere; a verifier accepts 16 signatures at least (signed-note, "Signatures").
const maxLength = 64 * 1024
const maxSignatures = 64

const ed25519Type = 0x01
const keyIdLength = 4

/** Signs a text that ends in LF under a name without blanks and `+`; gives the whole note. */
export const sign = Effect.fnUntraced(function* (options: {
  readonly text: string
  readonly name: string
  readonly seed: PrivateSeed
}): Effect.fn.Return<string, Ed25519Error, Ed25519> {
  const ed25519 = yield* Ed25519
  const key = yield* ed25519.publicKey(options.seed)
  const signature = yield* ed25519.sign(options.seed, encoder.encode(options.text))
  const line = new Uint8Array(keyIdLength + signature.length)
  line.set(keyId({ name: options.name, key }))
  line.set(signature, keyIdLength)
  return `${options.text}\n\u2014 ${options.name} ${Base64.encode(line)}\n`
})

/**
 * The text of a note that at least one of `signers` signed.
 *
 * Lines of other keys are passed over; a bad signature of a known key refuses the note whatever the others say.
 */
export const verify = Effect.fnUntraced(function* (
  note: string,
  signers: ReadonlyArray<Signer>
): Effect.fn.Return<string, SignedNoteError, Ed25519> {
  const ed25519 = yield* Ed25519
  const { text, signatures } = yield* Effect.fromResult(parse(note))
  const message = encoder.encode(text)
  let known = 0
  for (const line of signatures) {
    for (const signer of signers) {
      if (signer.name !== line.name || Base64.encode(keyId(signer)) !== line.keyId) continue
      if (!(yield* ed25519.verify(signer.key, message, line.signature))) return yield* refuse(new BadSignature())
      known++
    }
  }
  return known === 0 ? yield* refuse(new UnknownSigner()) : text
})

/** The text of a note, nothing verified: to show it, never to believe it. */
export const textOf = (note: string): Result.Result<string, SignedNoteError> =>
  Result.map(parse(note), (parts) => parts.text)

const encoder = new TextEncoder()

const refuse = (reason: SignedNoteError["reason"]) => new SignedNoteError({ reason })

/** The first four bytes of SHA-256(name LF type key): they tell which key to try, and prove nothing. */
const keyId = ({ name, key }: Signer): Uint8Array =>
  Digest.bytes(Uint8Array.from([...encoder.encode(name), 0x0a, ed25519Type, ...key.bytes])).subarray(0, keyIdLength)

const malformed = Result.fail(refuse(new Malformed()))

const parse = (note: string): Result.Result<Parts, SignedNoteError> => {
  // Control characters but LF are refused, and the text ends at the last blank line, since signature lines have none.
  const split = note.lastIndexOf("\n\n")
  if (note.length > maxLength || split < 0 || !note.isWellFormed() || /[^\P{Cc}\n]/u.test(note)) return malformed
  const text = note.slice(0, split + 1)
  const [end, ...lines] = note
    .slice(split + 2)
    .split("\n")
    .toReversed()
  if (end !== "" || lines.length === 0 || lines.length > maxSignatures) return malformed
  return Result.map(Result.all(lines.toReversed().map(parseLine)), (signatures) => ({ text, signatures }))
}

const parseLine = (line: string): Result.Result<SignatureLine, SignedNoteError> => {
  const [, name, encoded = ""] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? []
  const bytes = Result.getOrElse(Base64.decode(encoded), () => nothing)
  // Written back and compared: one spelling only, no unused bits (RFC 4648 §3.5).
  if (name === undefined || bytes.length <= keyIdLength || Base64.encode(bytes) !== encoded) return malformed
  return Result.succeed({
    name,
    keyId: Base64.encode(bytes.subarray(0, keyIdLength)),
    signature: bytes.slice(keyIdLength)
  })
}

const nothing = new Uint8Array(0)
