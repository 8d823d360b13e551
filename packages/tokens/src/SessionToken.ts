/**
 * A human's session at a terminal: claims signed by their identity, and the chain of their terminal grant if they made
 * one (formats §4).
 *
 * It reads, lists, denies and revokes; it never signs a delegation, an approval or a record. Whether the human is still
 * in force, and whether the session was ended, is the store's to say.
 *
 * @example
 * ```ts
 * import { SessionToken } from "@bailiwick/tokens"
 *
 * const token = SessionToken.sign({ claims, identity })                  // Effect of a SessionToken
 * const session = SessionToken.verify({ token, identity: publicKey, at }) // Effect of { claims, key, id, delegation? }
 * ```
 */
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Hex from "@bailiwick/core/Hex"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as SessionClaims from "@bailiwick/core/SessionClaims"
import type { StorageId } from "@bailiwick/core/StorageId"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Chain from "./Chain.ts"
import * as Form from "./chain/Form.ts"
import { Ed25519, type Ed25519Error } from "./Ed25519.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import * as PublicKey from "./PublicKey.ts"
import * as StorageIdOf from "./StorageIdOf.ts"
import * as TokenError from "./TokenError.ts"

const SessionToken = Schema.Struct({
  claims: SessionClaims.SessionClaims,
  /** Hex Ed25519 over the context and the compact JSON of the claims. */
  signature: Hex.ofLength(64),
  /** The chain of the terminal grant, root and session. */
  delegation: Schema.optionalKey(Form.Chain)
})
export type SessionToken = typeof SessionToken.Type

export interface Verified {
  readonly claims: SessionClaims.SessionClaims
  /** The session's own key. */
  readonly key: PublicKey.PublicKey
  readonly id: StorageId
  /** Consistent with the claims, and not yet verified itself: that is `Chain.verify`'s. */
  readonly delegation: Option.Option<Chain.Chain>
}

/** Claims and a chain of bounded size. */
export const maxBytes = Form.maxBytes + 64 * 1024

const what = "session token"

/** Signs the claims; what would not verify is not signed. */
export const sign: (options: {
  readonly claims: SessionClaims.SessionClaims
  readonly identity: PrivateSeed
  readonly delegation?: Chain.Chain
  readonly project?: ProjectRecord.ProjectRecord
}) => Effect.Effect<SessionToken, TokenError.TokenError | Ed25519Error, Ed25519> = Effect.fn("SessionToken.sign")(
  function* ({ claims, identity, delegation, project }) {
    yield* check({ claims, delegation, at: claims.created, project })
    const ed25519 = yield* Ed25519
    const signed = yield* ordered(claims)
    const signature = Hex.encode(yield* ed25519.sign(identity, signedBytes(signed)))
    return delegation === undefined ? { claims: signed, signature } : { claims: signed, signature, delegation }
  }
)

/** Verifies the signature under the identity's key, then times, lifetime and the terminal grant's belonging. */
export const verify: (options: {
  readonly token: SessionToken
  readonly identity: PublicKey.PublicKey
  readonly at: UnixTime.UnixTime
  /** Whose lifetimes hold; without it those of the formats. */
  readonly project?: ProjectRecord.ProjectRecord
}) => Effect.Effect<Verified, TokenError.TokenError, Ed25519> = Effect.fn("SessionToken.verify")(function* ({
  token,
  identity,
  at,
  project
}) {
  const ed25519 = yield* Ed25519
  const signature = Option.getOrElse(Hex.decode(token.signature), () => new Uint8Array())
  if (!(yield* ed25519.verify(identity, signedBytes(yield* ordered(token.claims)), signature))) {
    return yield* TokenError.refuse(new TokenError.BadSignature({ what }))
  }
  return yield* check({ claims: token.claims, delegation: token.delegation, at, project })
})

/** Everything that `verify` checks but the signature. */
export const check = Effect.fnUntraced(function* (options: {
  readonly claims: SessionClaims.SessionClaims
  readonly delegation?: Chain.Chain | undefined
  readonly at: UnixTime.UnixTime
  readonly project?: ProjectRecord.ProjectRecord | undefined
}): Effect.fn.Return<Verified, TokenError.TokenError> {
  const { claims, delegation, at, project } = options
  const { member, project_id, created, expires, session_public_key } = claims
  if (created >= expires) return yield* malformed("it ends before it begins")
  if (at < created - UnixTime.leeway) return yield* TokenError.refuse(new TokenError.NotYet({ what, iat: created }))
  if (at >= expires) return yield* TokenError.refuse(new TokenError.Expired({ what, exp: expires }))
  if (project !== undefined && project.project !== project_id)
    return yield* TokenError.refuse(new TokenError.WrongProject())
  const cap =
    project === undefined ? ProjectRecord.ttlCaps.human_session : ProjectRecord.ttlCap(project, "human_session")
  if (expires - created > cap) {
    return yield* TokenError.refuse(
      new TokenError.LifetimeExceeded({ name: "human_session", seconds: expires - created, cap })
    )
  }
  const key = yield* Effect.mapError(
    PublicKey.fromHex(session_public_key),
    () => new TokenError.TokenError({ reason: new TokenError.BadKey({ what }) })
  )
  if (delegation !== undefined) {
    const links = yield* Chain.read(delegation)
    const leaf = links.at(-1) ?? links[0]
    const belongs =
      leaf.kind === "session" &&
      leaf.token.agent === member &&
      leaf.token.project === project_id &&
      PublicKey.equals(leaf.key, key)
    // Else a session would borrow authority that was given to somebody else.
    if (!belongs)
      return yield* TokenError.refuse(
        new TokenError.BrokenChain({ detail: "the terminal grant is not this session's" })
      )
  }
  return {
    claims,
    key,
    id: StorageIdOf.of({ project: project_id, member, key }),
    delegation: Option.fromUndefinedOr(delegation)
  }
})

/** Reads the JSON of a session token without trust. */
export const decode = (json: string | Uint8Array): Result.Result<SessionToken, TokenError.TokenError> =>
  Result.mapError(StrictJson.decode(SessionToken, json, { maxBytes }), (error) => malformed(error.message))

/** The compact JSON of a session token, members in the order of the format. */
export const encode = ({ claims, signature, delegation }: SessionToken): string =>
  CompactJson.encode({
    claims: { ...claims },
    signature,
    delegation: delegation === undefined ? undefined : { v: delegation.v, tokens: [...delegation.tokens] }
  })

// No JWS and no record begins so: what an identity signs as a session can be read as nothing else.
const context = new TextEncoder().encode("bailiwick-session-v1\n")

/** The claims in the order of the format, in which the reader writes them anew: however they came, they are signed so. */
const ordered = (
  claims: SessionClaims.SessionClaims
): Effect.Effect<SessionClaims.SessionClaims, TokenError.TokenError> =>
  Effect.fromResult(
    Result.mapError(Schema.decodeResult(SessionClaims.SessionClaims, { onExcessProperty: "error" })(claims), (error) =>
      malformed(error.message)
    )
  )

const signedBytes = (claims: SessionClaims.SessionClaims): Uint8Array => {
  const json = CompactJson.encodeBytes({ ...claims })
  const bytes = new Uint8Array(context.length + json.length)
  bytes.set(context)
  bytes.set(json, context.length)
  return bytes
}

const malformed = (detail: string) => TokenError.malformed(what, detail)
