/**
 * A delegation token of Joy: claims, signed by the delegating person and by the key of the delegation (formats §4).
 *
 * Read and verified as Joy 0.16 does. With the scope `crypt` it carries the seed of the delegation's key, and from Joy
 * 0.20 on always: such a token is a secret for good, because only a rotation ends that key.
 *
 * @example
 * ```ts
 * import { JoyToken } from "@bailiwick/tokens"
 *
 * const token = JoyToken.decode(Redacted.make("joy_t_…"))     // Result of { claims, generation, … }
 * const claims = JoyToken.verify({ token, delegator, binding, project: "ACME", at: now })
 * ```
 */
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Hex from "@bailiwick/core/Hex"
import * as Base64 from "effect/encoding/Base64"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Ed25519, type Ed25519Error } from "../Ed25519.ts"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as JoyError from "./JoyError.ts"
import * as JoyHex from "./JoyHex.ts"
import * as JoyJson from "./JoyJson.ts"
import * as JoyMember from "./JoyMember.ts"
import * as JoyTime from "./JoyTime.ts"

export const prefix = "joy_t_"

/** The scope of every token, and the only one where a token names none. */
export const scopeAuth = "auth"
/** The scope that lets an AI member open zone keys; such a token carries the delegation's seed. */
export const scopeCrypt = "crypt"
const grantScope = "grant:"

/**
 * Which Joy wrote a token: A (0.5.0 to 0.10.2), B (0.10.3 to 0.13.1), C1 (0.14.0 to 0.19.0), D (0.23.0 and later). A
 * token with `crypt` and without a grant has the same form from 0.14.0 to 0.22.0: C1-C2.
 */
export const versions = {
  A: "0.5.0 to 0.10.2",
  B: "0.10.3 to 0.13.1",
  C1: "0.14.0 to 0.19.0",
  "C1-C2": "0.14.0 to 0.22.0",
  D: "0.23.0 and later"
} as const

export type Generation = keyof typeof versions

export interface Claims {
  /** A UUID, not checked by Joy either. */
  readonly token_id: string
  readonly ai_member: string
  readonly delegated_by: string
  readonly project_id: string
  readonly created: JoyTime.JoyTime
  /** Null where the token never ends. */
  readonly expires: JoyTime.JoyTime | null
  readonly scopes: ReadonlyArray<string>
}

export interface JoyToken {
  readonly generation: Generation
  readonly claims: Claims
  readonly delegator_signature: string
  readonly binding_signature: string
  /** Told, never used: the key that counts is the one that the project names. */
  readonly delegation_public_key: string
  /** Hex seed of the delegation's key, outside the signatures: it counts only if it gives the key of the project. */
  readonly delegation_private_key?: Redacted.Redacted<string>
}

const what = "Joy token"

/** Whether a text looks like a token, as it stands. */
export const isToken = (text: string): boolean => text.startsWith(prefix)

/**
 * Reads a token, without trust. As in Joy 0.16 all white space goes, and one pair of quotes around the rest, because
 * chats wrap lines and shells quote.
 */
export const decode = (text: Redacted.Redacted<string>): Result.Result<JoyToken, JoyError.JoyError> =>
  Result.gen(function* () {
    if (Redacted.value(text).length > JoyJson.maxLength * 2) {
      return yield* Result.fail(new JoyError.JoyError({ reason: new JoyError.TooLarge({ what }) }))
    }
    const bare = unquote(Redacted.value(text).replaceAll(/\p{White_Space}/gu, ""))
    if (!bare.startsWith(prefix)) return yield* fail(`it does not begin with ${prefix}`)
    const encoded = bare.slice(prefix.length)
    const bytes = Base64.decode(encoded)
    // One spelling of the bytes: padded, and no spare bits (RFC 4648 §3.5).
    if (Result.isFailure(bytes) || Base64.encode(bytes.success) !== encoded) {
      return yield* fail("what follows the prefix is not canonical base64")
    }
    const value = yield* JoyJson.parseBytes(bytes.success, what)
    if (isOfGenerationA(value)) {
      return yield* Result.fail(
        new JoyError.JoyError({ reason: new JoyError.OtherGeneration({ what, versions: versions.A }) })
      )
    }
    const outer = yield* JoyJson.members(value, wireToken, what)
    const { delegation_private_key, ...signatures } = yield* JoyJson.decode(WireToken, outer, what)
    const inner = yield* JoyJson.members(outer.claims, wireClaims, `${what}'s claims`)
    const decoded = yield* JoyJson.decode(WireClaims, inner, what)
    const claims = { ...decoded, expires: decoded.expires ?? null, scopes: decoded.scopes ?? [scopeAuth] }
    return {
      generation: generationOf(claims, decoded.scopes !== undefined),
      claims,
      ...signatures,
      ...(typeof delegation_private_key === "string" ? { delegation_private_key: redact(delegation_private_key) } : {})
    }
  })

/** Writes a token in one line. */
export const encode = ({
  claims,
  delegator_signature,
  binding_signature,
  delegation_public_key,
  delegation_private_key
}: JoyToken): Redacted.Redacted<string> => {
  const json = CompactJson.encode({
    claims: ordered(claims),
    delegator_signature,
    binding_signature,
    delegation_public_key,
    delegation_private_key: delegation_private_key === undefined ? undefined : Redacted.value(delegation_private_key)
  })
  return redact(prefix + Base64.encode(json))
}

/** The text that both keys sign: the claims, written anew, `scopes` always among them. */
export const signedText = (claims: Claims): string => CompactJson.encode(ordered(claims))

/** Signs claims with both keys; the delegation's seed goes into the token where the claims ask for `crypt`. */
export const sign: (options: {
  readonly claims: Claims
  readonly delegator: PrivateSeed
  readonly delegation: PrivateSeed
}) => Effect.Effect<JoyToken, Ed25519Error, Ed25519> = Effect.fn("JoyToken.sign")(function* ({
  claims,
  delegator,
  delegation
}) {
  const ed25519 = yield* Ed25519
  const bytes = new TextEncoder().encode(signedText(claims))
  const token: JoyToken = {
    generation: generationOf(claims, true),
    claims,
    delegator_signature: Hex.encode(yield* ed25519.sign(delegator, bytes)),
    binding_signature: Hex.encode(yield* ed25519.sign(delegation, bytes)),
    delegation_public_key: PublicKey.toHex(yield* ed25519.publicKey(delegation))
  }
  return hasCryptScope(claims)
    ? { ...token, delegation_private_key: redact(Hex.encode(Redacted.value(delegation))) }
    : token
})

export const hasCryptScope = ({ scopes }: Claims): boolean => scopes.includes(scopeCrypt)

/** Project and end, in Joy's order: valid at the exact end, and for ever where there is none. */
export const checkClaims = (
  { project_id, expires }: Claims,
  { project, at }: { readonly project?: string; readonly at: JoyTime.JoyTime }
): Result.Result<void, JoyError.JoyError> => {
  if (project !== undefined && project_id !== project) {
    return Result.fail(new JoyError.JoyError({ reason: new JoyError.WrongProject({ what }) }))
  }
  return expires !== null && JoyTime.isAfter(at, expires)
    ? Result.fail(new JoyError.JoyError({ reason: new JoyError.Expired({ what, expires: JoyTime.format(expires) }) }))
    : Result.void
}

/** Verifies one of the two signatures: hex, then signature. */
export const verifySignature: (
  token: JoyToken,
  role: "delegator" | "binding",
  key: PublicKey.PublicKey
) => Effect.Effect<void, JoyError.JoyError, Ed25519> = Effect.fnUntraced(function* (token, role, key) {
  const which = `${what} (${role})`
  const signature = JoyHex.decode(role === "delegator" ? token.delegator_signature : token.binding_signature)
  if (Option.isNone(signature)) {
    return yield* new JoyError.JoyError({ reason: new JoyError.SignatureNotHex({ what: which }) })
  }
  const ed25519 = yield* Ed25519
  const bytes = new TextEncoder().encode(signedText(token.claims))
  if (yield* ed25519.verify(key, bytes, signature.value)) return
  return yield* new JoyError.JoyError({
    // A token without `scopes` was signed without them, and Joy writes them before it verifies.
    reason:
      token.generation === "B"
        ? new JoyError.OtherGeneration({ what, versions: versions.B })
        : new JoyError.BadSignature({ what: which })
  })
})

/** Verifies a token in Joy's order: project, end, the delegator's signature, the binding signature. */
export const verify: (options: {
  readonly token: JoyToken
  /** The person's identity. */
  readonly delegator: PublicKey.PublicKey
  /** The verifier of the delegation that the project names. */
  readonly binding: PublicKey.PublicKey
  /** Without it the claim is not compared. */
  readonly project?: string
  readonly at: JoyTime.JoyTime
}) => Effect.Effect<Claims, JoyError.JoyError, Ed25519> = Effect.fn("JoyToken.verify")(function* ({
  token,
  delegator,
  binding,
  ...expected
}) {
  yield* Effect.fromResult(checkClaims(token.claims, expected))
  yield* verifySignature(token, "delegator", delegator)
  yield* verifySignature(token, "binding", binding)
  return token.claims
})

const wireToken: JoyJson.Struct = {
  names: ["claims", "delegator_signature", "binding_signature", "delegation_public_key", "delegation_private_key"],
  atLeast: 4
}

const WireToken = Schema.Struct({
  delegator_signature: Schema.String,
  binding_signature: Schema.String,
  delegation_public_key: Schema.String,
  delegation_private_key: Schema.optional(Schema.NullOr(Schema.String))
})

// As an array the claims must hold `expires`, if only as null; as an object they may leave it out.
const wireClaims: JoyJson.Struct = {
  names: ["token_id", "ai_member", "delegated_by", "project_id", "created", "expires", "scopes"],
  atLeast: 6
}

const WireClaims = Schema.Struct({
  token_id: Schema.String,
  ai_member: Schema.String,
  delegated_by: Schema.String,
  project_id: Schema.String,
  created: JoyTime.FromText,
  expires: Schema.optional(Schema.NullOr(JoyTime.FromText)),
  scopes: Schema.optional(Schema.Array(Schema.String))
})

/** The first generation named its one-time key, and had no id. */
const isOfGenerationA = (value: JoyJson.Value): boolean =>
  Result.match(JoyJson.members(value, { names: ["token_public_key", "delegation_public_key"], atLeast: 2 }, what), {
    onFailure: () => false,
    onSuccess: (outer) => "token_public_key" in outer && !("delegation_public_key" in outer)
  })

const generationOf = (claims: Claims, namesScopes: boolean): Generation => {
  if (!namesScopes) return "B"
  if (claims.scopes.some((scope) => scope.startsWith(grantScope))) return "D"
  if (!hasCryptScope(claims)) return "C1"
  // Since 0.23 an AI member is its plain name, and every token has `crypt`.
  return JoyMember.isLaterAgent(claims.ai_member) && !JoyMember.isAgent(claims.ai_member) ? "D" : "C1-C2"
}

/** One pair of equal quotes goes, if there is one. */
const unquote = (text: string): string =>
  ['"', "'"].some((quote) => text.length > 1 && text.startsWith(quote) && text.endsWith(quote))
    ? text.slice(1, -1)
    : text

const ordered = ({ token_id, ai_member, delegated_by, project_id, created, expires, scopes }: Claims) => ({
  token_id,
  ai_member,
  delegated_by,
  project_id,
  created: JoyTime.format(created),
  expires: expires === null ? null : JoyTime.format(expires),
  scopes
})

const fail = (detail: string) => Result.fail(JoyError.malformed(what, detail))

const redact = (text: string) => Redacted.make(text, { label: what })
