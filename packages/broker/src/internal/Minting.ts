/**
 * The part of the pipeline that writes: intent, the cloud's answer, its record.
 *
 * An intent is durable before the cloud is asked, and credentials leave only with the transaction that records them. What
 * a crash leaves in between is in nobody's hands, and a session that the log names and a sweep ends.
 */
import type { AuditEvent, Outcome } from "@bailiwick/core/AuditEvent"
import type * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import type * as CredentialSession from "@bailiwick/core/CredentialSession"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as Enforcement from "@bailiwick/core/Enforcement"
import type { EventType } from "@bailiwick/core/EventTypes"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Authenticate from "../Authenticate.ts"
import { AuthorityView } from "../AuthorityView.ts"
import * as BrokerError from "../BrokerError.ts"
import * as Caller from "../Caller.ts"
import * as ClockGuard from "../ClockGuard.ts"
import { Minted } from "../Minted.ts"
import * as Ending from "./Ending.ts"
import * as Planning from "./Planning.ts"

export interface Issued {
  /** As it stands in the store; `expires_at` is the cloud's own answer. */
  readonly session: CredentialSession.CredentialSession
  readonly credentials: Credentials
  readonly plan: CredentialProvider.Plan
  /** What `narrow` cut off. */
  readonly narrowed: ReadonlyArray<BrokerError.Excess>
  /** Under which the plan still holds: a cached answer of another one is not used. */
  readonly generation: number
}

/**
 * Mints, for a session that stands already or a new one; `None` if what was decided is no longer what stands.
 *
 * Only the cloud's answer can be waited for in vain: the steps around it are not interrupted, so that an intent is
 * followed by its result for as long as this process lives.
 */
export const mint = (prepared: Planning.Prepared, renewed: Option.Option<CredentialSessionId>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const intent = yield* ClockGuard.transaction((now) => intend(prepared, renewed, now))
      if (intent._tag === "Stale") return Option.none<Issued>()
      if (intent._tag === "Held") return Option.some(issued(prepared, intent))
      const request = { ...prepared.plan.request, session: intent.session.id }
      const credentials = yield* restore(prepared.provider.issue({ ...prepared.plan, request })).pipe(
        Effect.tapError((error) => abandon(prepared, intent, error.reason)),
        Effect.onInterrupt(() => Effect.ignore(abandon(prepared, intent, "Interrupted")))
      )
      return Option.some(issued(prepared, yield* settle(prepared, intent, credentials)))
    })
  )

interface Answer {
  readonly session: CredentialSession.CredentialSession
  readonly credentials: Credentials
  readonly generation: number
}

const issued = (
  { plan, decision: { narrowed } }: Planning.Prepared,
  { session, credentials, generation }: Answer
): Issued => ({ session, credentials, plan, narrowed, generation })

interface Intended {
  readonly _tag: "Intended"
  readonly session: CredentialSession.CredentialSession
  /** Whether the session stood before: then a failure leaves it as it was. */
  readonly renews: boolean
}

type Intent = { readonly _tag: "Stale" } | (Answer & { readonly _tag: "Held" }) | Intended

const stale: Intent = { _tag: "Stale" }

/** The write-ahead, or what makes it needless: credentials of the very same request that are still held. */
const intend = Effect.fnUntraced(function* (
  prepared: Planning.Prepared,
  renewed: Option.Option<CredentialSessionId>,
  now: UnixTime.UnixTime
) {
  const { asked, generation } = prepared
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  const minted = yield* Minted
  if ((yield* (yield* AuthorityView).current).generation !== generation) return stale
  yield* Authenticate.recheck(asked.caller, now)

  const standing = yield* Option.match(renewed, {
    onNone: () => store.findReusable(prepared.reuse, now, 0),
    onSome: (id) => Effect.asSome(stillActive(id))
  })
  if (Option.isSome(standing)) {
    const credentials = yield* minted.find(standing.value, { generation, now })
    if (Option.isSome(credentials)) {
      return { _tag: "Held", session: standing.value, credentials: credentials.value, generation } satisfies Intent
    }
  }
  const session = Option.getOrElse(standing, () => rowOf(prepared, now))
  const renews = Option.isSome(standing)
  if (!renews) yield* store.save(session)
  yield* log.append(
    event(prepared, "issue.intended", session, "ok", {
      provider: session.provider,
      target: session.target,
      policy: prepared.decision.policy,
      ttl: prepared.decision.ttl,
      reuse: session.reuse,
      unheld: Enforcement.unheld(prepared.plan.report),
      renews
    })
  )
  return { _tag: "Intended", session, renews } satisfies Intent
})

const stillActive = Effect.fnUntraced(function* (id: CredentialSessionId) {
  const session = yield* (yield* CredentialSessionStore).find(id)
  if (Option.isNone(session)) return yield* BrokerError.unknown("session", id)
  const { status } = session.value
  if (status !== "active") return yield* BrokerError.make(new BrokerError.Ended({ id, status }))
  return session.value
})

const rowOf = ({ asked, decision, plan, reuse, delegation }: Planning.Prepared, now: UnixTime.UnixTime) => {
  const { caller, command } = asked
  const { request, report } = plan
  return {
    id: request.session,
    created_at: now,
    expires_at: UnixTime.plus(now, decision.ttl),
    ttl_seconds: decision.ttl,
    status: "active",
    provider: request.target.provider,
    role_arn: request.target.principal,
    policy: decision.policy,
    tags: decision.tags,
    command: command ?? [],
    project_id: request.project,
    human: caller.human,
    ...(caller.agent === undefined ? {} : { agent: caller.agent }),
    delegation_id: delegation,
    auth_session_id: caller.session,
    target: decision.alias,
    ...(request.target.region === undefined ? {} : { region: request.target.region }),
    enforcement: report,
    isolation: request.isolation,
    reuse,
    issue_count: 0
  } satisfies CredentialSession.CredentialSession
}

/** The cloud gave nothing: a session that was only intended ends as failed, one that stood before stays. */
const abandon = Effect.fnUntraced(function* (
  prepared: Planning.Prepared,
  { session, renews }: Intended,
  reason: string
) {
  const transaction = yield* StoreTransaction
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  yield* transaction.run(
    Effect.gen(function* () {
      if (!renews) yield* store.update({ ...session, status: "failed" })
      const { provider } = session
      yield* log.append(event(prepared, "issue.failed", session, "failed", { provider, reason, renews }))
    })
  )
})

/**
 * Records what the cloud gave, in the transaction that looks once more whether it may still be given: a revocation that
 * came while the cloud was asked ends these credentials too, and they never leave.
 */
const settle = Effect.fnUntraced(function* (
  prepared: Planning.Prepared,
  { session, renews }: Intended,
  credentials: Credentials
) {
  const transaction = yield* StoreTransaction
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  const minted = yield* Minted
  const outcome = yield* transaction.run(
    Effect.gen(function* () {
      const now = yield* ClockGuard.time
      const allowed = yield* stillAllowed(prepared, now).pipe(
        Effect.flatMap((generation) => Effect.map(stillActive(session.id), (standing) => ({ generation, standing }))),
        Effect.map(Result.succeed),
        Effect.catchTag("BrokerError", (error) => Effect.succeed(Result.fail(error)))
      )
      if (Result.isFailure(allowed)) {
        yield* store.update({ ...session, status: "revoked" })
        yield* log.append(
          event(prepared, "credentials.withheld", session, "refused", { code: allowed.failure.code, renews })
        )
        return Result.fail(allowed.failure)
      }
      const { standing, generation } = allowed.success
      const settled: CredentialSession.CredentialSession = {
        ...standing,
        expires_at: credentials.expires,
        enforcement: prepared.plan.report,
        issue_count: standing.issue_count + 1,
        ...(standing.issue_count > 0 ? { renewed_at: now } : {})
      }
      yield* store.update(settled)
      yield* log.append(
        event(prepared, renews ? "credentials.renewed" : "credentials.issued", settled, "ok", {
          provider: settled.provider,
          target: settled.target,
          expires: settled.expires_at,
          issue_count: settled.issue_count,
          enforcement: settled.enforcement
        })
      )
      return Result.succeed({ session: settled, generation, now })
    })
  )
  if (Result.isFailure(outcome)) {
    // Nobody holds these credentials, but they live at the cloud, and longer than those that they were to follow.
    const alive = { ...session, expires_at: UnixTime.latest(session.expires_at, credentials.expires) }
    yield* Ending.atCloud(alive, Caller.actor(prepared.asked.caller))
    return yield* outcome.failure
  }
  const { now, ...settled } = outcome.success
  yield* minted.keep(settled.session, credentials, { generation: settled.generation, now })
  return { ...settled, credentials } satisfies Answer
})

/**
 * Nothing has changed since the decision, or what was decided still lies inside what stands now. Gives back under which
 * generation it may be kept: what was planned by a project record that has changed since is used now or never, for
 * another plan may follow from the new one.
 */
const stillAllowed = Effect.fnUntraced(function* (
  { asked: { caller, request }, decision, chain, generation, record }: Planning.Prepared,
  now: UnixTime.UnixTime
) {
  const view = yield* (yield* AuthorityView).current
  if (view.generation === generation) {
    yield* Authenticate.recheck(caller, now)
    return generation
  }
  const ttl = Math.max(1, Math.min(decision.ttl, chain.exp - now))
  const again = yield* Planning.decide(caller, { ...request, policy: decision.policy, ttl, narrow: false }, now)
  return again.record === record ? view.generation : generation
})

const event = (
  { asked }: Planning.Prepared,
  type: EventType,
  session: CredentialSession.CredentialSession,
  outcome: Outcome,
  detail: AuditEvent["detail"]
): AuditEvent => ({ actor: Caller.actor(asked.caller), type, subject: session.id, outcome, detail })
