/**
 * Who a caller of Joy is, judged strictly: by `JOY_SESSION`, else by a person's session on the same terminal.
 *
 * Joy 0.16 takes more for proven, and each of these is refused here: an AI session whose signature does not hold or whose
 * end was moved, one whose delegation was rotated, one with another delegation's seed, and the silent step from a
 * `JOY_SESSION` that does not hold to the person at the terminal. An AI session signs itself, so whoever can write to the
 * state directory can make one: only the delegation's seed, in a value of 76 bytes, proves that it was given.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Ed25519 } from "../Ed25519.ts"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as JoyEnv from "./JoyEnv.ts"
import * as JoyKeys from "./JoyKeys.ts"
import * as JoyMember from "./JoyMember.ts"
import type { JoyProject } from "./JoyProject.ts"
import * as JoySession from "./JoySession.ts"
import * as JoyTime from "./JoyTime.ts"

const sentences = {
  NoSession: "no session of this person holds on this terminal",
  BadValue: "JOY_SESSION is set and is no session value",
  NoFile: "JOY_SESSION names a session that is not there",
  BadFile: "the session file cannot be read",
  Expired: "the session is over",
  NotAnAgent: "JOY_SESSION names a person's session, which is never taken from there",
  WrongProject: "the session belongs to a different project",
  NotAMember: "the project does not know the session's member",
  WrongSeed: "JOY_SESSION does not hold the seed of the session that it names",
  BadSignature: "the session's signature does not hold: it was changed, or made by hand",
  Rotated: "the delegation that the session names was rotated or removed",
  WrongDelegator: "the session names another person than the one who gave its delegation",
  WrongDelegationSeed: "JOY_SESSION holds the seed of another delegation",
  SeedMissing: "JOY_SESSION lacks the delegation's seed, which this session's token carried",
  SelfSigned: "the session signs itself, and nothing in JOY_SESSION proves that the delegation was given"
} as const

export type Reason = keyof typeof sentences

export interface Resolution {
  readonly verdict: "verified" | "unverified" | "refused"
  /** Who the caller is, or says to be; absent where a session was refused. */
  readonly member?: string
  /** For an AI member: whose delegation it acts under. */
  readonly delegated_by?: string
  readonly reason?: Reason
  /** Whether Joy 0.16 takes the caller for proven where this does not. */
  readonly stricter: boolean
}

export const sentence = (reason: Reason): string => sentences[reason]

export interface Caller<E, R> {
  readonly project: JoyProject
  /** The person's key in the members' list: their address of git, or the opaque id. */
  readonly person: string
  /** `JOY_SESSION`; empty counts as unset. */
  readonly value: Option.Option<Redacted.Redacted<string>>
  /** What {@link JoySession.terminal} gives. */
  readonly terminal: string | undefined
  /** The text of the session file of this id. */
  readonly find: (id: string) => Effect.Effect<Option.Option<string>, E, R>
  readonly at: JoyTime.JoyTime
}

/** Judges a caller. */
export const resolve: <E, R>(caller: Caller<E, R>) => Effect.Effect<Resolution, E, R | Ed25519> = Effect.fn(
  "JoyResolution.resolve"
)(function* <E, R>(caller: Caller<E, R>) {
  const person = yield* personHolds(caller)
  const value = Option.filter(caller.value, (held) => Redacted.value(held) !== "")
  if (Option.isSome(value)) {
    const judged = yield* judgeValue(caller, value.value)
    // A value that is set and does not hold never makes its holder the person at the terminal.
    return "stricter" in judged
      ? judged
      : { verdict: "refused" as const, reason: judged.reason, stricter: person || judged.passesSeed }
  }
  return person
    ? { verdict: "verified" as const, member: caller.person, stricter: false }
    : { verdict: "unverified" as const, member: caller.person, reason: "NoSession" as const, stricter: false }
})

/** A refusal, and whether it is one that Joy 0.16 does not make. */
interface Refusal {
  readonly reason: Reason
  readonly passesSeed: boolean
}

const judgeValue = Effect.fnUntraced(function* <E, R>(
  { project, find, at }: Caller<E, R>,
  value: Redacted.Redacted<string>
): Effect.fn.Return<Resolution | Refusal, E, R | Ed25519> {
  const refuse = (reason: Reason, passesSeed = false): Refusal => ({ reason, passesSeed })

  const env = Result.getSuccess(JoyEnv.decode(value))
  if (Option.isNone(env)) return refuse("BadValue")
  const text = yield* find(env.value.id)
  if (Option.isNone(text)) return refuse("NoFile")
  const generation = JoySession.generationOf(text.value)
  const decoded = Result.getSuccess(JoySession.decode(text.value, generation))
  if (Option.isNone(decoded)) return refuse("BadFile")
  const session = decoded.value
  const { claims } = session

  if (!JoyTime.isAfter(claims.expires, at)) return refuse("Expired")
  const seedGeneration = generation === "0.16"
  if (!(seedGeneration ? JoyMember.isAgent : JoyMember.isLaterAgent)(claims.member)) return refuse("NotAnAgent")
  if (claims.project_id !== project.id) return refuse("WrongProject")
  const isSame = (member: string): boolean =>
    member === claims.member || (!seedGeneration && JoyMember.agentName(member) === JoyMember.agentName(claims.member))
  if (![...project.members.keys()].some(isSame)) return refuse("NotAMember")
  const own = yield* publicKeyOf(env.value.seed)
  if (claims.session_public_key !== PublicKey.toHex(own)) return refuse("WrongSeed")

  // From here on Joy 0.16 has accepted its own sessions; those of later generations it never takes for an AI's.
  const passes = JoyMember.isAgent(claims.member) && project.members.has(claims.member)
  const holds = yield* Effect.option(JoySession.validate({ session, key: own, project: project.id, at }))
  if (Option.isNone(holds)) return refuse("BadSignature", passes)
  const verifier = seedGeneration ? claims.token_key : claims.delegation_key
  const delegators = [...project.members].flatMap(([member, { delegations }]) =>
    [...delegations].some(([agent, held]) => isSame(agent) && held.verifier === verifier) ? [member] : []
  )
  const [first] = delegators
  if (verifier === undefined || first === undefined) return refuse("Rotated", passes)
  const delegated_by = seedGeneration ? first : claims.delegated_by
  if (delegated_by === undefined || !delegators.includes(delegated_by)) return refuse("WrongDelegator", passes)

  if (env.value.delegation === undefined) {
    // Since Joy 0.20 every token carries the delegation's seed, and before only its holder could open the zone key:
    // a short value for such a session has been cut (formats §4 Env value).
    if (!seedGeneration || session.members_zone_key !== undefined) return refuse("SeedMissing", passes)
    return { verdict: "unverified", member: claims.member, delegated_by, reason: "SelfSigned", stricter: passes }
  }
  const delegation = yield* publicKeyOf(env.value.delegation)
  if (PublicKey.toHex(delegation) !== verifier.toLowerCase()) return refuse("WrongDelegationSeed", passes)
  return { verdict: "verified", member: claims.member, delegated_by, stricter: false }
})

/** Whether the person's own session holds here; unlike the validator, Joy refuses the exact end here. */
const personHolds = Effect.fnUntraced(function* <E, R>({ project, person, terminal, find, at }: Caller<E, R>) {
  const verifyKey = project.members.get(person)?.verify_key
  if (verifyKey === undefined || JoyMember.isAgent(person)) return false
  const session = Option.flatMap(yield* find(JoySession.id(project.id, person)), (text) =>
    Result.getSuccess(JoySession.decode(text))
  )
  if (Option.isNone(session)) return false
  const { claims } = session.value
  if (claims.member !== person || claims.tty !== terminal || !JoyTime.isAfter(claims.expires, at)) return false
  const valid = JoyKeys.publicKey(verifyKey).pipe(
    Effect.flatMap((key) => JoySession.validate({ session: session.value, key, project: project.id, at })),
    Effect.option
  )
  return Option.isSome(yield* valid)
})

const publicKeyOf = (seed: PrivateSeed) => Effect.flatMap(Ed25519, (ed25519) => ed25519.publicKey(seed))
