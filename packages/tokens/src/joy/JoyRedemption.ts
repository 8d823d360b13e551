/**
 * Whether Joy would open a session for a token in a project, and that session, byte for byte.
 *
 * The order is Joy's: who delegated, their key, their delegation, the token itself, the AI member, the seed that the
 * token carries. The session key comes from the caller, because it must exist before anything is stored.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Ed25519, type Ed25519Error } from "../Ed25519.ts"
import * as PrivateSeed from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import type * as JoyEnv from "./JoyEnv.ts"
import type * as JoyError from "./JoyError.ts"
import * as JoyHex from "./JoyHex.ts"
import * as JoyKeys from "./JoyKeys.ts"
import * as JoyMember from "./JoyMember.ts"
import type { JoyProject } from "./JoyProject.ts"
import * as JoySession from "./JoySession.ts"
import type * as JoyTime from "./JoyTime.ts"
import * as JoyToken from "./JoyToken.ts"

const sentences = {
  UnknownPerson: "the delegating member is not registered",
  NoVerifyKey: "the delegating member has no public key registered",
  NoDelegation: "no delegation to this AI member is registered",
  UnknownAgent: "the AI member is not registered in this project",
  MalformedSeed: "the token's delegation_private_key is not 32 bytes of hexadecimal",
  WrongSeed: "the token's delegation_private_key is not that of the registered delegation, which may have been rotated"
} as const

const Reason = Schema.Literals([
  "UnknownPerson",
  "NoVerifyKey",
  "NoDelegation",
  "UnknownAgent",
  "MalformedSeed",
  "WrongSeed"
])

/** The project does not stand behind the token; what the token itself lacks is a {@link JoyError.JoyError}. */
export class NotRedeemable extends Schema.TaggedError<NotRedeemable>()("NotRedeemable", { reason: Reason }) {
  override get message() {
    return sentences[this.reason]
  }
  readonly hint = "ask the person for a new token: joy auth token add"
}

export interface Redeemed {
  readonly session: JoySession.JoySession
  /** The value of `JOY_SESSION`: 76 bytes where the token carried the delegation's seed. */
  readonly env: JoyEnv.JoyEnv
}

/** Judges a token and makes its session, in the form of the seed or of Joy 0.20 and later. */
export const redeem: (options: {
  readonly token: JoyToken.JoyToken
  readonly project: JoyProject
  /** The fresh key of the session. */
  readonly session: PrivateSeed.PrivateSeed
  readonly now: JoyTime.JoyTime
  readonly generation?: "0.16" | "0.20"
}) => Effect.Effect<Redeemed, NotRedeemable | JoyError.JoyError | Ed25519Error, Ed25519> = Effect.fn(
  "JoyRedemption.redeem"
)(function* ({ token, project, session, now, generation = "0.16" }) {
  const { ai_member, delegated_by, project_id, expires, scopes } = token.claims
  const isAgent = (member: string): boolean => JoyMember.agentName(member) === JoyMember.agentName(ai_member)

  const person = project.members.get(delegated_by)
  if (person === undefined) return yield* new NotRedeemable({ reason: "UnknownPerson" })
  if (person.verify_key === undefined) return yield* new NotRedeemable({ reason: "NoVerifyKey" })
  const verifier = [...person.delegations].find(([agent]) => isAgent(agent))?.[1].verifier
  if (verifier === undefined) return yield* new NotRedeemable({ reason: "NoDelegation" })
  const binding = yield* JoyKeys.publicKey(verifier)
  const delegator = yield* JoyKeys.publicKey(person.verify_key)
  yield* JoyToken.verify({ token, delegator, binding, project: project.id, at: now })
  const registered = [...project.members.keys()].find(isAgent)
  if (registered === undefined) return yield* new NotRedeemable({ reason: "UnknownAgent" })
  const delegation = yield* seedOf(token, binding)

  const made = yield* JoySession.createAgent({
    session,
    member: registered,
    project: project_id,
    now,
    delegationKey: verifier,
    ...(expires === null ? {} : { tokenExpires: expires })
  })
  const written = generation === "0.16" ? made : yield* asLater(made, { session, delegated_by, scopes })
  const id = JoySession.idOf(written)
  return {
    session: written,
    env: delegation === undefined ? { id, seed: session } : { id, seed: session, delegation }
  }
})

/** The seed that the token carries, if any: outside the signatures, so it counts only if it gives the verifier. */
const seedOf = Effect.fnUntraced(function* (
  { delegation_private_key }: JoyToken.JoyToken,
  verifier: PublicKey.PublicKey
) {
  if (delegation_private_key === undefined) return undefined
  const bytes = JoyHex.decode(Redacted.value(delegation_private_key))
  if (Option.isNone(bytes) || bytes.value.length !== PrivateSeed.length) {
    return yield* new NotRedeemable({ reason: "MalformedSeed" })
  }
  const seed = PrivateSeed.fromBytes(bytes.value)
  const ed25519 = yield* Ed25519
  if (!PublicKey.equals(yield* ed25519.publicKey(seed), verifier)) {
    return yield* new NotRedeemable({ reason: "WrongSeed" })
  }
  return seed
})

const grantPrefix = "grant:"

/** The same session in the claims of Joy 0.20 and later, with the grant that the token's scopes name. */
const asLater = (
  { claims: { token_key, ...claims } }: JoySession.JoySession,
  token: {
    readonly session: PrivateSeed.PrivateSeed
    readonly delegated_by: string
    readonly scopes: ReadonlyArray<string>
  }
) => {
  const grant = token.scopes.find((scope) => scope.startsWith(grantPrefix))?.slice(grantPrefix.length)
  return JoySession.sign({
    generation: "0.20",
    key: token.session,
    claims: {
      ...claims,
      ...(token_key === undefined ? {} : { delegation_key: token_key }),
      delegated_by: token.delegated_by,
      ...(grant === undefined ? {} : { grant })
    }
  })
}
