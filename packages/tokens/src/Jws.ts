/**
 * Signed bytes: JWS compact text, and General JSON with exactly two signatures for root tokens (RFC 7515; formats §1).
 *
 * What was received is what is verified, byte for byte, before anything in the payload is looked at; nothing is
 * serialised again to verify it. One algorithm (RFC 9864), one header, no key and no option taken from the message.
 *
 * @example
 * ```ts
 * import { Ed25519, Jws } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const ed25519 = yield* Ed25519.Ed25519
 *   const seed = yield* ed25519.generate
 *   const payload = new TextEncoder().encode(`{"v":1}`)
 *   const text = yield* Jws.signCompact({ typ: "bailiwick-session+jws", seed, payload })
 *   return yield* Jws.verifyCompact({ typ: "bailiwick-session+jws", text, key: yield* ed25519.publicKey(seed) }) // payload
 * })
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Kid from "@bailiwick/core/Kid"
import type { Sha256 } from "@bailiwick/core/Sha256"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Digest from "./Digest.ts"
import { Ed25519, type Ed25519Error } from "./Ed25519.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import type { PublicKey } from "./PublicKey.ts"
import * as SignedKind from "./SignedKind.ts"

/** The largest signed object: compact text, or the base64url members of General JSON together (formats §1). */
export const maxBytes = 64 * 1024

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {}) {
  override get message() {
    return `the signed object is larger than ${maxBytes} bytes`
  }
}

/** The text has another shape than `header.payload.signature`, or a part is not canonical base64url. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {}) {
  override get message() {
    return "not a signed object: a part is missing, too many, or not canonical base64url"
  }
}

/** The protected header is not exactly `{ alg: "Ed25519", typ, kid }`, with `role` on a root token. */
export class HeaderRefused extends Schema.TaggedError<HeaderRefused>()("HeaderRefused", {}) {
  override get message() {
    return `the protected header is not exactly alg "Ed25519", typ and kid (and role on a root token)`
  }
}

/** The object is of another kind than the one asked for. */
export class WrongKind extends Schema.TaggedError<WrongKind>()("WrongKind", {
  expected: SignedKind.SignedKind,
  found: SignedKind.SignedKind
}) {
  override get message() {
    return `expected ${this.expected}, found ${this.found}`
  }
}

/** The header names another key than the one whose place it is to sign. */
export class WrongKey extends Schema.TaggedError<WrongKey>()("WrongKey", { typ: SignedKind.SignedKind }) {
  override get message() {
    return `signed by another key: ${this.typ} is signed by ${SignedKind.rules[this.typ].signer}`
  }
}

export class BadSignature extends Schema.TaggedError<BadSignature>()("BadSignature", {}) {
  override get message() {
    return "the signature does not fit: the object was changed after it was signed, or signed with another key"
  }
}

export class JwsError extends Schema.TaggedError<JwsError>()("JwsError", {
  reason: Schema.Union([TooLarge, Malformed, HeaderRefused, WrongKind, WrongKey, BadSignature])
}) {
  override get message() {
    return this.reason.message
  }
}

/** The two signers of a root token, in the order in which their signatures stand. */
export type Role = "delegator" | "binding"

const Entry = Schema.Struct({ protected: Base64Url.Text, signature: Base64Url.Text })

/** A root token as JSON; decode it with `onExcessProperty: "error"`, so that no unprotected `header` stands in it. */
export const General = Schema.Struct({ payload: Base64Url.Text, signatures: Schema.Tuple([Entry, Entry]) })
export type General = typeof General.Type

/** Signs a payload as compact text. */
export const signCompact: (options: {
  readonly typ: SignedKind.CompactKind
  readonly seed: PrivateSeed
  readonly payload: Uint8Array
}) => Effect.Effect<string, JwsError | Ed25519Error, Ed25519> = Effect.fnUntraced(function* ({ typ, seed, payload }) {
  const encoded = Base64Url.encode(payload)
  const entry = yield* signPart({ typ, seed, payload: encoded })
  const text = `${entry.protected}.${encoded}.${entry.signature}`
  return text.length > maxBytes ? yield* refuse(new TooLarge()) : text
})

/** Verifies compact text under the key that its place names, and only then gives out the payload's bytes. */
export const verifyCompact: (options: {
  readonly typ: SignedKind.CompactKind
  readonly text: string
  readonly key: PublicKey
}) => Effect.Effect<Uint8Array, JwsError, Ed25519> = Effect.fnUntraced(function* ({ typ, text, key }) {
  const parts = yield* split(text)
  yield* verifyPart({ ...parts, typ, key })
  return yield* decode(parts.payload)
})

/** Signs one payload with both keys of a root token. */
export const signGeneral: (options: {
  readonly typ: SignedKind.GeneralKind
  readonly delegator: PrivateSeed
  readonly binding: PrivateSeed
  readonly payload: Uint8Array
}) => Effect.Effect<General, JwsError | Ed25519Error, Ed25519> = Effect.fnUntraced(function* ({
  typ,
  delegator,
  binding,
  payload
}) {
  const encoded = Base64Url.encode(payload)
  const first = yield* signPart({ typ, seed: delegator, payload: encoded, role: "delegator" })
  const second = yield* signPart({ typ, seed: binding, payload: encoded, role: "binding" })
  const general: General = { payload: encoded, signatures: [first, second] }
  return size(general) > maxBytes ? yield* refuse(new TooLarge()) : general
})

/** Verifies both signatures of a root token, and only then gives out the payload's bytes. */
export const verifyGeneral: (options: {
  readonly typ: SignedKind.GeneralKind
  readonly general: General
  readonly delegator: PublicKey
  readonly binding: PublicKey
}) => Effect.Effect<Uint8Array, JwsError, Ed25519> = Effect.fnUntraced(function* ({
  typ,
  general,
  delegator,
  binding
}) {
  if (size(general) > maxBytes) return yield* refuse(new TooLarge())
  const {
    payload,
    signatures: [first, second]
  } = general
  yield* verifyPart({ ...first, payload, typ, key: delegator, role: "delegator" })
  yield* verifyPart({ ...second, payload, typ, key: binding, role: "binding" })
  return yield* decode(payload)
})

/** What the limit counts, in bytes: compact text, or the base64url members of General JSON together (formats §1). */
export const size = (jws: string | General): number =>
  typeof jws === "string"
    ? jws.length
    : jws.signatures.reduce((sum, entry) => sum + entry.protected.length + entry.signature.length, jws.payload.length)

/** The signed bytes, as ASCII text: of a root token, those of the delegator (formats §2, §3). */
export const signingInput = (jws: string | General): string =>
  typeof jws === "string" ? jws.slice(0, jws.lastIndexOf(".")) : `${jws.signatures[0].protected}.${jws.payload}`

/** SHA-256 of the signing input: how signed objects name one another (`prev`, `par_hash`, redemption records). */
export const hash = (jws: string | General): Sha256 => Digest.text(signingInput(jws))

/** Reads the header of compact text. Nothing in it is verified: use it only to find the key or to name the kind. */
export const peekHeader = (text: string): Effect.Effect<Header, JwsError> =>
  Effect.flatMap(split(text), (parts) => parseHeader(parts.protected))

/** Reads the `kid` of compact text, only to look up the key that then verifies it. */
export const peekKid = (text: string): Effect.Effect<Kid.Kid, JwsError> =>
  Effect.map(peekHeader(text), (header) => header.kid)

const Header = Schema.Struct({ alg: Schema.Literal("Ed25519"), typ: SignedKind.SignedKind, kid: Kid.Kid })
export type Header = typeof Header.Type

const RootHeader = {
  delegator: Schema.Struct({ ...Header.fields, role: Schema.Literal("delegator") }),
  binding: Schema.Struct({ ...Header.fields, role: Schema.Literal("binding") })
}

const utf8 = new TextEncoder()

const refuse = (reason: JwsError["reason"]) => Effect.fail(new JwsError({ reason }))

interface Parts {
  readonly protected: string
  readonly payload: string
  readonly signature: string
}

const split = (text: string): Effect.Effect<Parts, JwsError> => {
  if (text.length > maxBytes) return refuse(new TooLarge())
  const [header, payload, signature, ...rest] = text.split(".", 4)
  return header === undefined || payload === undefined || signature === undefined || rest.length > 0
    ? refuse(new Malformed())
    : Effect.succeed({ protected: header, payload, signature })
}

// Base64url decoding is canonical, so one signed object has one text and a hash of it names it (RFC 8725, RFC 4648 §3.5).
const decode = (text: string): Effect.Effect<Uint8Array, JwsError> =>
  Option.match(Base64Url.decode(text), { onNone: () => refuse(new Malformed()), onSome: Effect.succeed })

/** The one header that this module writes for a key, as base64url; written once for each key that is remembered. */
const headerText = (
  { typ, role }: { readonly typ: SignedKind.SignedKind; readonly role?: Role },
  key: PublicKey
): Base64Url.Text => {
  const written = headers.get(key) ?? new Map<string, Base64Url.Text>()
  headers.set(key, written)
  const name = role === undefined ? typ : `${typ} ${role}`
  const known = written.get(name)
  if (known !== undefined) return known
  const text = Base64Url.encode(utf8.encode(CompactJson.encode({ alg: "Ed25519", typ, kid: key.kid, role })))
  written.set(name, text)
  return text
}

// As many as there are kinds and roles, and they go with their key.
const headers = new WeakMap<PublicKey, Map<string, Base64Url.Text>>()

const signPart = Effect.fnUntraced(function* (part: {
  readonly typ: SignedKind.SignedKind
  readonly seed: PrivateSeed
  readonly payload: string
  readonly role?: Role
}) {
  const ed25519 = yield* Ed25519
  const key = yield* ed25519.publicKey(part.seed)
  const header = headerText(part, key)
  const signature = yield* ed25519.sign(part.seed, utf8.encode(`${header}.${part.payload}`))
  return { protected: header, signature: Base64Url.encode(signature) }
})

const verifyPart = Effect.fnUntraced(function* (
  part: Parts & {
    readonly typ: SignedKind.SignedKind
    readonly key: PublicKey
    readonly role?: Role
  }
) {
  const signature = yield* decode(part.signature)
  // What equals the one text written for this key needs no reader; members may stand in another order, and then it does.
  if (part.protected !== headerText(part, part.key)) {
    const header = yield* parseHeader(part.protected, part.role)
    if (header.typ !== part.typ) return yield* refuse(new WrongKind({ expected: part.typ, found: header.typ }))
    if (header.kid !== part.key.kid) return yield* refuse(new WrongKey({ typ: part.typ }))
  }
  const ed25519 = yield* Ed25519
  if (!(yield* ed25519.verify(part.key, utf8.encode(`${part.protected}.${part.payload}`), signature))) {
    return yield* refuse(new BadSignature())
  }
})

// RFC 7515 §4 allows many members; here any but these is refused, `crit` and every way to bring a key along included.
const parseHeader = (text: string, role?: Role): Effect.Effect<Header, JwsError> =>
  Effect.flatMap(decode(text), (bytes) =>
    Effect.fromResult(StrictJson.decode(role === undefined ? Header : RootHeader[role], bytes, { maxBytes })).pipe(
      Effect.mapError(() => new JwsError({ reason: new HeaderRefused() }))
    )
  )
