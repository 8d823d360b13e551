/**
 * Ends everything that was issued for a target's principal before now: this project's credential sessions in the store and
 * at once, and at the cloud every session of the principal, whoever opened it. An owner's act alone.
 *
 * Authority stays as it is: whoever had it may ask anew, and what is issued from then on works.
 *
 * @example
 * ```ts
 * import { RevokePrincipal } from "@bailiwick/broker"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const planned = yield* RevokePrincipal.plan({ caller, target: dev })
 *   yield* Effect.log(planned.reach) // whom it reaches beyond this project
 *   return yield* RevokePrincipal.revoke({ caller, target: dev, reason: "laptop lost" })
 * })
 * ```
 */
import type { Alias } from "@bailiwick/core/Alias"
import { type PrincipalOutcome, ProviderError } from "@bailiwick/core/CredentialProvider"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { Provider } from "@bailiwick/core/Policy"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { Generation } from "@bailiwick/core/ports/Generation"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type * as Target from "@bailiwick/core/Target"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { AuthorityView } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import { asOfNow } from "./internal/AsOfNow.ts"
import * as Ending from "./internal/Ending.ts"
import * as Planning from "./internal/Planning.ts"
import * as Revocations from "./internal/Revocations.ts"

export interface Asked {
  readonly caller: Caller.Caller
  readonly target: Alias
  readonly reason?: string
}

interface Named {
  readonly target: Alias
  readonly provider: Provider
  readonly principal: string
}

/** What it would end. */
export interface Planned extends Named {
  /** Whom it reaches beyond this project's own sessions, in plain words. */
  readonly reach: string
  /** This project's active credential sessions of the principal, whatever target they were issued for. */
  readonly active: number
}

export interface Ended extends Named {
  /** Whether the cloud itself refuses what was issued before, from `until` on. */
  readonly ended: boolean
  readonly how: string
  readonly until: UnixTime.UnixTime
  /** What to do about it, where the cloud was asked and did not do it. */
  readonly hint?: string
  readonly credentials: ReadonlyArray<Ending.CloudEnd>
}

/** Changes nothing. Refused: whoever is no owner, a cloud that has no such thing, and what would end more than was meant. */
export const plan = Effect.fn("RevokePrincipal.plan")(function* (asked: Asked) {
  const { active, named, definition } = yield* inTransaction(asked, ({ isOf, named, definition }) =>
    Effect.gen(function* () {
      const all = yield* (yield* CredentialSessionStore).list({ status: "active", limit: Number.MAX_SAFE_INTEGER })
      return { named, definition, active: all.filter(isOf).length }
    })
  )
  const { reach } = yield* planned(definition)
  return { ...named, reach, active } satisfies Planned
})

/** Ends it, under the same checks. Gives back what the cloud did, also where it failed. */
export const revoke = Effect.fn("RevokePrincipal.revoke")(function* (asked: Asked) {
  const { definition } = yield* inTransaction(asked, Effect.succeed)
  const revocation = yield* planned(definition)
  const actor = Caller.actor(asked.caller)
  const first = yield* inTransaction(asked, (found) => end(asked, found))
  const answer = yield* Effect.result(revocation.revoke)
  const before = Result.isSuccess(answer) ? answer.success.before : undefined
  // Issued by another process after the store had ended what it held. Whether the cloud dated these before its cut or after
  // it only the cloud knows, so it is told of each.
  const late = before === undefined ? [] : yield* endLate((session) => first.isOf(session) && issued(session) < before)
  const ended = yield* settle(first, answer, actor)
  const { credentials } = yield* Ending.atClouds({ sessions: [], credentials: late, earlier: [] }, actor)
  return withLate(ended, credentials)
})

const withLate = (ended: Ended, late: ReadonlyArray<Ending.CloudEnd>): Ended => {
  const credentials = [...ended.credentials, ...late]
  const missed = late.find(({ hint }) => hint !== undefined)
  if (missed?.hint === undefined) return { ...ended, credentials }
  const how = `${ended.how}; but of what was issued meanwhile, ${missed.id}: ${missed.how}`
  return { ...ended, how, hint: missed.hint, credentials }
}

const endLate = Effect.fnUntraced(function* (isMeant: (session: CredentialSession) => boolean) {
  return yield* (yield* StoreTransaction).run(
    Effect.gen(function* () {
      const late = yield* Ending.endActive(isMeant, "revoked")
      if (late.length > 0) yield* (yield* Generation).bump
      return late
    })
  )
})

const issued = ({ created_at, renewed_at }: CredentialSession) => renewed_at ?? created_at

interface Found {
  readonly named: Named
  readonly definition: Target.Definition
  readonly isOf: (session: CredentialSession) => boolean
  readonly now: UnixTime.UnixTime
  readonly caller: Caller.Caller
}

/** The target as the record has it now, for an owner. */
const inTransaction = <A, E, R>({ caller, target }: Asked, use: (found: Found) => Effect.Effect<A, E, R>) =>
  asOfNow(caller, (current, now) =>
    Effect.gen(function* () {
      if (current.standing === "auditor") return yield* Revocations.auditor
      if (current.standing !== "owner") return yield* ownersOnly
      const { registry } = yield* (yield* AuthorityView).current
      const { targets } = registry.now(now).project
      const definition = Object.hasOwn(targets, target) ? targets[target] : undefined
      if (definition === undefined) return yield* BrokerError.unknown("target", target, Object.keys(targets))
      const { provider, principal } = definition
      const isOf = (session: CredentialSession) => session.provider === provider && session.role_arn === principal
      return yield* use({ named: { target, provider, principal }, definition, isOf, now, caller: current })
    })
  )

const ownersOnly = BrokerError.make(
  new BrokerError.NotPermitted({
    detail: "only an owner ends everything of a target's principal",
    hint: "end your own: bailiwick revoke --mine"
  })
)

const planned = Effect.fnUntraced(function* (definition: Target.Definition) {
  const provider = yield* Planning.providerOf(definition.provider)
  if (provider.revokePrincipal === undefined) return yield* BrokerError.fromProvider(nothingSuch(provider.name))
  return yield* Effect.mapError(provider.revokePrincipal(definition), BrokerError.fromProvider)
})

const nothingSuch = (provider: Provider) =>
  new ProviderError({
    provider,
    reason: "Misconfigured",
    detail: "nothing ends everything of a principal at once",
    hint: "revoke by session, agent or member: nothing new is issued then, and what is out expires by itself"
  })

/** The sessions of the store, the generation and the log line, in one transaction. */
const end = Effect.fnUntraced(function* ({ reason = "" }: Asked, { named, isOf, caller }: Found) {
  yield* (yield* Generation).bump
  const credentials = yield* Ending.endActive(isOf, "revoked")
  yield* (yield* AuditLog).append({
    actor: Caller.actor(caller),
    type: "revoked",
    subject: named.principal,
    outcome: "ok",
    detail: {
      kind: "principal",
      target: named.target,
      provider: named.provider,
      reason,
      sessions: 0,
      credentials: credentials.length
    }
  })
  return { named, isOf, credentials }
})

/** Notes the cloud's answer in every record and in the log. */
const settle = Effect.fnUntraced(function* (
  { credentials, named }: { readonly named: Named; readonly credentials: ReadonlyArray<CredentialSession> },
  answer: Result.Result<PrincipalOutcome, ProviderError>,
  actor: ReturnType<typeof Caller.actor>
) {
  const now = yield* UnixTime.now
  const ends = credentials.map((session) => Ending.endOf(session, answer, now))
  const ended: Ended = { ...named, ...outcome(ends, answer, now), credentials: ends }
  const { provider, target } = named
  yield* (yield* StoreTransaction).run(
    Effect.gen(function* () {
      yield* (yield* AuditLog).append({
        actor,
        type: "principal.ended",
        subject: named.principal,
        outcome: Result.isSuccess(answer) ? "ok" : "failed",
        detail: { target, provider, ended: ended.ended, how: ended.how, until: ended.until, credentials: ends.length }
      })
      yield* Effect.forEach(ends, (each) => Ending.note(each, actor, now), { discard: true })
    })
  )
  return ended
})

const outcome = (
  ends: ReadonlyArray<Ending.CloudEnd>,
  answer: Result.Result<PrincipalOutcome, ProviderError>,
  now: UnixTime.UnixTime
) => {
  if (Result.isSuccess(answer) && answer.success.ended) {
    const { ended, how, worst } = answer.success
    return { ended, how, until: UnixTime.plus(now, worst) }
  }
  // Then each lives out its own life.
  const until = ends.reduce((latest, end) => (end.until > latest ? end.until : latest), now)
  const own = `; the last credentials of this project end by themselves at ${UnixTime.toText(until)}`
  return Result.match(answer, {
    onSuccess: ({ how }) => ({ ended: false, how: `${how}${own}`, until }),
    onFailure: ({ hint, message }) => ({ ended: false, how: `${message}${own}`, until, hint })
  })
}
