/**
 * Says what a text of Joy's is, shows what stands in it, and verifies what the given keys allow, without touching state.
 *
 * The verdict is that of Joy 0.16, or stricter. No secret is shown: seeds and zone keys are named, not told.
 *
 * @example
 * ```ts
 * import { JoyInspect } from "@bailiwick/tokens"
 *
 * // Effect of { kind: "joy-session", profile: "joy", verdict: "verified", value }
 * const answer = JoyInspect.inspect({ input: text, project: "ACME", keys: { identity }, at: now })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Ed25519 } from "../Ed25519.ts"
import type { Keys, Verdict } from "../inspect/Inspection.ts"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as JoyClaims from "./JoyClaims.ts"
import * as JoyEnv from "./JoyEnv.ts"
import * as JoyError from "./JoyError.ts"
import * as JoyMember from "./JoyMember.ts"
import * as JoySession from "./JoySession.ts"
import * as JoyTime from "./JoyTime.ts"
import * as JoyToken from "./JoyToken.ts"

export type Kind = "joy-session" | "joy-token" | "joy-env"

export interface Request {
  readonly input: string
  /** Joy's own id of the project, such as its acronym. What is of another project is refused. */
  readonly project?: string
  readonly keys: Keys
  readonly at: JoyTime.JoyTime
}

export interface Inspection {
  readonly kind: Kind
  readonly profile: "joy"
  readonly verdict: Verdict
  /** Why it is not verified. */
  readonly reason?: string
  /** What stands in it, as JSON; null where it cannot be read. */
  readonly value: unknown
}

/** What a text is, by its looks: a text of no kind is refused as the session file that it is not. */
export const kindOf = (input: string): Kind => {
  const start = input.trimStart()
  if (start.startsWith("{") || start.startsWith("[")) return "joy-session"
  const dense = input.replaceAll(/\p{White_Space}/gu, "").toLowerCase()
  if (dense.includes(JoyToken.prefix)) return "joy-token"
  return dense.includes(JoyEnv.prefix) ? "joy-env" : "joy-session"
}

export const inspect = (request: Request): Effect.Effect<Inspection, never, Ed25519> => {
  switch (kindOf(request.input)) {
    case "joy-session":
      return session(request)
    case "joy-token":
      return token(request)
    case "joy-env":
      return env(request)
  }
}

/** Which keys were missing, if any, for `verified`. */
type Missing = string | undefined

const session = Effect.fn("JoyInspect.session")(function* ({ input, keys, ...expected }: Request) {
  const decoded = JoySession.decode(input)
  if (Result.isFailure(decoded)) return refused("joy-session", decoded.failure, null)
  const { claims } = decoded.success
  const generation = JoySession.generationOf(input)
  const value = sessionValue(decoded.success, generation)
  // An AI's session is signed by its own key, a person's by their identity; one key alone is tried for either.
  const key = JoyMember.isAgent(claims.member) ? (keys.session ?? keys.identity) : (keys.identity ?? keys.session)
  return yield* answer(
    "joy-session",
    value,
    Effect.gen(function* () {
      if (key !== undefined) {
        yield* JoySession.validate({ session: decoded.success, key, ...expected })
        return undefined
      }
      yield* Effect.fromResult(JoySession.checkClaims(claims, expected))
      yield* Effect.fromResult(JoySession.signatureBytes(decoded.success))
      return "it is verified under a person's key (identity) or an AI session's own (session)"
    }).pipe(
      Effect.mapError((error) =>
        error.reason._tag === "BadSignature" && generation !== "0.16"
          ? new JoyError.JoyError({
              reason: new JoyError.OtherGeneration({ what: "Joy session", versions: JoyClaims.versions[generation] })
            })
          : error
      )
    )
  )
})

const token = Effect.fn("JoyInspect.token")(function* ({ input, keys, ...expected }: Request) {
  const decoded = JoyToken.decode(Redacted.make(input))
  if (Result.isFailure(decoded)) return refused("joy-token", decoded.failure, null)
  return yield* answer(
    "joy-token",
    tokenValue(decoded.success),
    Effect.gen(function* () {
      yield* Effect.fromResult(JoyToken.checkClaims(decoded.success.claims, expected))
      if (keys.delegator !== undefined) yield* JoyToken.verifySignature(decoded.success, "delegator", keys.delegator)
      if (keys.binding !== undefined) yield* JoyToken.verifySignature(decoded.success, "binding", keys.binding)
      return keys.delegator === undefined || keys.binding === undefined
        ? "it is verified under two keys: delegator (the person) and binding (the delegation)"
        : undefined
    })
  )
})

const env = Effect.fn("JoyInspect.env")(function* ({ input, keys }: Request) {
  const decoded = JoyEnv.decode(Redacted.make(input))
  if (Result.isFailure(decoded)) return refused("joy-env", decoded.failure, null)
  const { id, seed, delegation } = decoded.success
  const own = yield* publicKeyOf(seed)
  const verifier = delegation === undefined ? undefined : yield* publicKeyOf(delegation)
  const value = {
    session_id: id,
    bytes: delegation === undefined ? 44 : 76,
    session_public_key: PublicKey.toHex(own),
    ...(verifier === undefined ? {} : { delegation_public_key: PublicKey.toHex(verifier) })
  }
  const wrong =
    (keys.session !== undefined && !PublicKey.equals(keys.session, own)) ||
    (keys.binding !== undefined && (verifier === undefined || !PublicKey.equals(keys.binding, verifier)))
  return yield* answer(
    "joy-env",
    value,
    wrong
      ? Effect.fail(new JoyError.JoyError({ reason: new JoyError.BadSignature({ what: "JOY_SESSION value" }) }))
      : Effect.succeed(
          keys.session === undefined || (verifier !== undefined && keys.binding === undefined)
            ? "whether its seeds are those of the session and of the delegation, their keys say: session and binding"
            : undefined
        )
  )
})

const answer = <R>(
  kind: Kind,
  value: unknown,
  finding: Effect.Effect<Missing, JoyError.JoyError, R>
): Effect.Effect<Inspection, never, R> =>
  Effect.match(finding, {
    onFailure: (error) => refused(kind, error, value),
    onSuccess: (missing): Inspection =>
      missing === undefined
        ? { kind, profile: "joy", verdict: "verified", value }
        : { kind, profile: "joy", verdict: "unverified", reason: missing, value }
  })

const refused = (kind: Kind, error: JoyError.JoyError, value: unknown): Inspection => ({
  kind,
  profile: "joy",
  verdict: "refused",
  reason: error.message,
  value
})

const publicKeyOf = (seed: PrivateSeed) => Effect.flatMap(Ed25519, (ed25519) => ed25519.publicKey(seed))

const sessionValue = (session: JoySession.JoySession, generation: JoyClaims.Generation) => {
  const { created, expires, ...claims } = session.claims
  return {
    id: JoySession.idOf(session),
    // A person's session is the same in every version.
    ...(session.claims.session_public_key === undefined ? {} : { joy: JoyClaims.versions[generation] }),
    claims: { ...claims, created: JoyTime.format(created), expires: JoyTime.format(expires) },
    signature: session.signature,
    ...(session.members_zone_key === undefined ? {} : { members_zone_key: "present" })
  }
}

const tokenValue = ({ generation, claims, delegation_private_key, ...signatures }: JoyToken.JoyToken) => {
  const { created, expires, ...rest } = claims
  return {
    generation,
    joy: JoyToken.versions[generation],
    claims: {
      ...rest,
      created: JoyTime.format(created),
      expires: expires === null ? null : JoyTime.format(expires)
    },
    ...signatures,
    ...(delegation_private_key === undefined ? {} : { delegation_private_key: "present" })
  }
}
