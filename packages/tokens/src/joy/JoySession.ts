/**
 * A session of Joy: claims, signed by a person's identity or by an AI session's own key (formats §4, column joy).
 *
 * Read, verified and written as Joy 0.16 does, byte for byte. It never authenticates to the broker: a session that a
 * file alone can hold, or that signs itself, proves less than a caller must prove here.
 *
 * @example
 * ```ts
 * import { JoySession } from "@bailiwick/tokens"
 *
 * const session = JoySession.createHuman({ identity, member: "you@example.com", project: "ACME", now })
 * const claims = JoySession.validate({ session, key: publicKey, project: "ACME", at: now })
 * ```
 */
import * as Hex from "@bailiwick/core/Hex"
import { StorageId } from "@bailiwick/core/StorageId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Ed25519, type Ed25519Error } from "../Ed25519.ts"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as Digest from "../Digest.ts"
import * as StorageIdOf from "../StorageIdOf.ts"
import * as JoyClaims from "./JoyClaims.ts"
import * as JoyError from "./JoyError.ts"
import * as JoyHex from "./JoyHex.ts"
import * as JoyJson from "./JoyJson.ts"
import * as JoyMember from "./JoyMember.ts"
import * as JoyTime from "./JoyTime.ts"

export interface JoySession {
  /** By whose rules it was read or signed. */
  readonly generation: JoyClaims.Generation
  readonly claims: JoyClaims.JoyClaims
  /** Hex Ed25519 over the compact JSON of the claims, with no context before it. */
  readonly signature: string
  /** The key of the members' file of an anonymous project, outside the signature. */
  readonly members_zone_key?: Redacted.Redacted<string>
}

/** Joy's default life of a session. */
export const defaultTtlSeconds = 24 * 60 * 60

const what = "Joy session"

/** Reads the text of a session file, without trust. */
export const decode = (
  text: string,
  generation: JoyClaims.Generation = "0.16"
): Result.Result<JoySession, JoyError.JoyError> =>
  Result.gen(function* () {
    const outer = yield* JoyJson.members(yield* JoyJson.parse(text, what), wireSession, what)
    const { signature, members_zone_key } = yield* JoyJson.decode(WireSession, outer, what)
    return {
      generation,
      claims: yield* JoyClaims.decode(outer.claims, generation),
      signature,
      ...(typeof members_zone_key === "string" ? { members_zone_key: redact(members_zone_key) } : {})
    }
  })

/** Writes the text of a session file: two blanks of indent, no line feed at the end. */
export const encode = ({ generation, claims, signature, members_zone_key }: JoySession): string =>
  JSON.stringify(
    {
      claims: JoyClaims.ordered(claims, generation),
      signature,
      members_zone_key: members_zone_key === undefined ? undefined : Redacted.value(members_zone_key)
    },
    null,
    2
  )

/** Signs claims as they are. */
export const sign: (options: {
  readonly claims: JoyClaims.JoyClaims
  readonly key: PrivateSeed
  readonly generation?: JoyClaims.Generation
  readonly members_zone_key?: Redacted.Redacted<string>
}) => Effect.Effect<JoySession, Ed25519Error, Ed25519> = Effect.fn("JoySession.sign")(function* ({
  claims,
  key,
  generation = "0.16",
  members_zone_key
}) {
  const ed25519 = yield* Ed25519
  const bytes = new TextEncoder().encode(JoyClaims.signedText(claims, generation))
  const signature = Hex.encode(yield* ed25519.sign(key, bytes))
  return { generation, claims, signature, ...(members_zone_key === undefined ? {} : { members_zone_key }) }
})

interface NewSession {
  readonly member: string
  readonly project: string
  readonly now: JoyTime.JoyTime
  readonly ttlSeconds?: number
}

/** A person's session, signed by their identity and bound to the terminal, if there is one. */
export const createHuman = ({
  identity,
  member,
  project,
  now,
  ttlSeconds = defaultTtlSeconds,
  tty
}: NewSession & {
  readonly identity: PrivateSeed
  readonly tty?: string
}): Effect.Effect<JoySession, Ed25519Error, Ed25519> =>
  sign({
    key: identity,
    claims: {
      member,
      project_id: project,
      created: now,
      expires: JoyTime.plusSeconds(now, ttlSeconds),
      ...(tty === undefined ? {} : { tty })
    }
  })

/** An AI member's session, signed by its own fresh key; it ends with the token that opened it, or before. */
export const createAgent: (
  options: NewSession & {
    readonly session: PrivateSeed
    /** The hex verifier of the delegation. */
    readonly delegationKey: string
    readonly tokenExpires?: JoyTime.JoyTime
  }
) => Effect.Effect<JoySession, Ed25519Error, Ed25519> = Effect.fn("JoySession.createAgent")(function* ({
  session,
  member,
  project,
  now,
  ttlSeconds = defaultTtlSeconds,
  delegationKey,
  tokenExpires
}) {
  const ed25519 = yield* Ed25519
  const own = JoyTime.plusSeconds(now, ttlSeconds)
  return yield* sign({
    key: session,
    claims: {
      member,
      project_id: project,
      created: now,
      expires: tokenExpires !== undefined && JoyTime.isAfter(own, tokenExpires) ? tokenExpires : own,
      token_key: delegationKey,
      session_public_key: PublicKey.toHex(yield* ed25519.publicKey(session))
    }
  })
})

/** Project and end, in Joy's order: valid at the exact end, refused a nanosecond later. */
export const checkClaims = (
  { project_id, expires }: JoyClaims.JoyClaims,
  { project, at }: { readonly project?: string; readonly at: JoyTime.JoyTime }
): Result.Result<void, JoyError.JoyError> => {
  if (project !== undefined && project_id !== project) return refuse(new JoyError.WrongProject({ what }))
  if (JoyTime.isAfter(at, expires)) return refuse(new JoyError.Expired({ what, expires: JoyTime.format(expires) }))
  return Result.void
}

/**
 * Verifies a session in Joy's order: project, end, hex of the signature, signature.
 *
 * The signature rule is the strict one of {@link PublicKey} and {@link Ed25519}: a weak key that Joy takes is refused.
 */
export const validate: (options: {
  readonly session: JoySession
  readonly key: PublicKey.PublicKey
  /** Without it the claim is not compared. */
  readonly project?: string
  readonly at: JoyTime.JoyTime
}) => Effect.Effect<JoyClaims.JoyClaims, JoyError.JoyError, Ed25519> = Effect.fn("JoySession.validate")(function* ({
  session,
  key,
  ...expected
}) {
  yield* Effect.fromResult(checkClaims(session.claims, expected))
  const signature = yield* Effect.fromResult(signatureBytes(session))
  const ed25519 = yield* Ed25519
  const bytes = new TextEncoder().encode(JoyClaims.signedText(session.claims, session.generation))
  if (!(yield* ed25519.verify(key, bytes, signature))) {
    return yield* new JoyError.JoyError({ reason: new JoyError.BadSignature({ what }) })
  }
  return session.claims
})

export const signatureBytes = ({ signature }: JoySession): Result.Result<Uint8Array, JoyError.JoyError> =>
  Option.match(JoyHex.decode(signature), {
    onNone: () => refuse(new JoyError.SignatureNotHex({ what })),
    onSome: Result.succeed
  })

/** The generation that a session's claims speak of. */
export const generationOf = (text: string): JoyClaims.Generation =>
  Result.match(
    Result.flatMap(JoyJson.parse(text, what), (value) => JoyJson.members(value, wireSession, what)),
    { onFailure: () => "0.16", onSuccess: ({ claims }) => JoyClaims.generationOf(claims) }
  )

/**
 * The id under which a session is kept: `project:member`, or since Joy 0.20 for an AI's session `project:member:key`,
 * hashed. A project or member with a colon in it may meet another's id: an id never proves whose session it is.
 */
export const id = (project: string, member: string, sessionPublicKey?: string): StorageId => {
  const text = sessionPublicKey === undefined ? `${project}:${member}` : `${project}:${member}:${sessionPublicKey}`
  return StorageId.make(Hex.encode(Digest.bytes(text).subarray(0, StorageIdOf.length)))
}

/** The id under which the session's own generation of Joy keeps it. */
export const idOf = ({ generation, claims: { project_id, member, session_public_key } }: JoySession): StorageId =>
  generation === "0.20" && JoyMember.isLaterAgent(member)
    ? id(project_id, member, session_public_key)
    : id(project_id, member)

/** What a person's session is bound to: `WT_SESSION` where it is set and not empty, else the terminal's path. */
export const terminal = (environment: {
  readonly WT_SESSION?: string | undefined
  readonly tty?: string | undefined
}): string | undefined => (environment.WT_SESSION ? `wt:${environment.WT_SESSION}` : environment.tty)

const wireSession: JoyJson.Struct = { names: ["claims", "signature", "members_zone_key"], atLeast: 2 }

const WireSession = Schema.Struct({
  signature: Schema.String,
  members_zone_key: Schema.optional(Schema.NullOr(Schema.String))
})

const redact = (text: string) => Redacted.make(text, { label: "members zone key" })

const refuse = (reason: JoyError.Reason) => Result.fail(new JoyError.JoyError({ reason }))
