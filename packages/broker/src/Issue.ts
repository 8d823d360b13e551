/**
 * The one pipeline from a request to credentials: authenticate, decide, plan, reuse, write ahead, issue, record.
 *
 * No credential leaves before its intent is durable, and none leaves unless its record and log line are too. A crash
 * between any two steps leaves no credential in anybody's hands, and a session that the log names and `Sweep` ends.
 */
import type { AuditEvent, Outcome } from "@bailiwick/core/AuditEvent"
import * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import type { Credentials } from "@bailiwick/core/Credentials"
import type * as CredentialSession from "@bailiwick/core/CredentialSession"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as Enforcement from "@bailiwick/core/Enforcement"
import type { Kid } from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type { VerifiedChain } from "@bailiwick/tokens/Chain"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Authenticate from "./Authenticate.ts"
import { AuthorityView } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Decide from "./Decide.ts"
import { Installation } from "./Installation.ts"
import * as Ending from "./internal/Ending.ts"
import * as Refusal from "./internal/Refusal.ts"
import { Minted } from "./Minted.ts"
import * as ReuseKey from "./ReuseKey.ts"

export interface Issued {
  /** As it stands in the store; `expires_at` is the cloud's own answer. */
  readonly session: CredentialSession.CredentialSession
  readonly credentials: Credentials
  readonly plan: CredentialProvider.Plan
  /** What `narrow` cut off. */
  readonly narrowed: ReadonlyArray<BrokerError.Excess>
  /** As read in the transaction that decided: a cached answer of another one is not used. */
  readonly generation: number
}

export interface Options {
  readonly caller: Caller.Caller
  readonly request: Decide.Request
  /** For the record: what will run with the credentials. */
  readonly command?: ReadonlyArray<string>
}

/** Issues credentials, or gives out those that this process still holds for the very same request. */
export const issue = Effect.fn("Issue.issue")((options: Options) =>
  Effect.suspend(() => pipeline(options, Option.none())).pipe(
    Refusal.logged((error) => refusal(options, error))
  )
)

/**
 * Credentials for a session that is still active, under the same checks as at first. Only the chain that issued a
 * session renews it; a stranger's id answers as an unknown one.
 */
export const renew = Effect.fn("Issue.renew")(function* (options: {
  readonly caller: Caller.Caller
  readonly session: CredentialSessionId
}) {
  const { caller } = options
  const found = yield* (yield* CredentialSessionStore).find(options.session)
  if (Option.isNone(found) || found.value.auth_session_id !== caller.session) {
    return yield* BrokerError.make(new BrokerError.Unknown({ thing: "session", id: options.session, known: [] }))
  }
  const session = found.value
  const left = (caller.chain?.exp ?? 0) - (yield* UnixTime.now)
  const request: Decide.Request = {
    target: session.target,
    policy: session.policy,
    // The life that was asked for at first, as far as the chain still reaches.
    ttl: Math.max(1, Math.min(session.ttl_seconds, left)),
    tags: session.tags,
    narrow: false
  }
  return yield* pipeline({ caller, request }, Option.some(session)).pipe(
    Refusal.logged((error) => refusal({ caller, request }, error))
  )
})

/** What a provider would do, and what of it the chain does not accept; nothing is written and no cloud is asked to issue. */
export const plan = Effect.fn("Issue.plan")(function* (options: {
  readonly subject: Decide.Subject
  readonly request: Decide.Request
}) {
  const store = yield* StoreTransaction
  const { decision, audience } = yield* store.run(
    Effect.gen(function* () {
      const now = yield* ClockGuard.time
      const { registry, audience } = yield* (yield* AuthorityView).current
      const decision = yield* Effect.fromResult(Decide.decide({ ...options, project: registry.now(now), now }))
      return { decision, audience }
    })
  )
  const { chain, human } = options.subject
  const planned = yield* planOf({
    decision,
    human,
    // A plan without a chain is a picture: it names no session, and its key is nobody's.
    session: chain === undefined ? noSession : StorageIdOf.of({ project: chain.project, member: chain.agent, key: chain.leafKey }),
    leaf: chain?.leafKey.kid ?? audience,
    ...(chain !== undefined && MemberId.isAgent(chain.agent) ? { agent: chain.agent } : {})
  })
  return {
    decision,
    plan: planned.plan,
    unaccepted: Enforcement.unaccepted(planned.plan.report, decision.accept_unenforced)
  }
})

const noSession = StorageId.make("0".repeat(24))

/** Decides, plans and mints; once more if the records or revocations change in between. */
const pipeline = Effect.fnUntraced(function* (options: Options, renewed: Option.Option<CredentialSession.CredentialSession>) {
  const minted = yield* Minted
  for (let attempt = 0; attempt < attempts; attempt++) {
    const prepared = yield* prepare(options)
    const reuse = Option.match(renewed, { onNone: () => prepared.reuse, onSome: (session) => session.reuse })
    const issued = yield* minted.alone(reuse, mint({ ...prepared, reuse }, Option.map(renewed, ({ id }) => id)))
    if (Option.isSome(issued)) return issued.value
  }
  return yield* new StoreError({
    reason: "Busy",
    detail: "the project's records kept changing while credentials were being planned",
    hint: "try again"
  })
})

const attempts = 3

interface Prepared {
  readonly options: Options
  readonly chain: VerifiedChain
  readonly decision: Decide.Decision
  readonly plan: CredentialProvider.Plan
  readonly provider: CredentialProvider.CredentialProvider
  readonly reuse: Sha256
  readonly generation: number
  readonly delegation: Sha256
}

/** Everything before the first write: what is allowed, what the provider would do, and whether that may be accepted. */
const prepare = Effect.fnUntraced(function* (options: Options) {
  const { caller, request } = options
  const decided = yield* ClockGuard.transaction((now) => decide(caller, request, now))
  const { chain, decision } = decided
  const { plan, provider } = yield* planOf({
    decision,
    human: caller.human,
    ...(caller.agent === undefined ? {} : { agent: caller.agent }),
    session: caller.session,
    leaf: chain.leafKey.kid
  })
  const unaccepted = Enforcement.unaccepted(plan.report, decision.accept_unenforced)
  if (unaccepted.length > 0) {
    const dimensions = unaccepted.map((dimension) => ({ dimension, note: plan.report[dimension].note }))
    return yield* BrokerError.make(new BrokerError.Unheld({ dimensions }))
  }
  const leaf = chain.hashes.at(-1) ?? chain.links[0].hash
  const reuse = yield* ReuseKey.digest({ plan, leaf, accept_unenforced: decision.accept_unenforced })
  return { ...decided, options, plan, provider, reuse } satisfies Prepared
})

/** What the caller may have now; only inside a transaction. */
const decide = Effect.fnUntraced(function* (caller: Caller.Caller, request: Decide.Request, now: UnixTime.UnixTime) {
  const { chain, ungranted } = yield* Authenticate.recheck(caller, now)
  if (ungranted !== undefined) return yield* ungranted
  if (chain === undefined) {
    return yield* BrokerError.make(
      new BrokerError.LoginNeeded({ detail: "this session may list and revoke, and was given nothing to issue from" })
    )
  }
  const { registry, generation } = yield* (yield* AuthorityView).current
  const subject = { human: caller.human, chain }
  const decision = yield* Effect.fromResult(Decide.decide({ subject, project: registry.now(now), request, now }))
  const delegation = registry.records.findLast(
    ({ kind, chain: of }) => kind === "delegation" && of === delegationChain(chain.human, chain.links[0].token.agent)
  )
  return { chain, decision, generation, delegation: delegation?.hash ?? chain.links[0].hash }
})

const planOf = Effect.fnUntraced(function* (options: {
  readonly decision: Decide.Decision
  readonly human: MemberId.HumanId
  readonly agent?: MemberId.AgentId
  readonly session: StorageId
  readonly leaf: Kid
}) {
  const { decision, human, agent, session, leaf } = options
  const { project, isolation } = yield* Installation
  const provider = (yield* CredentialProvider.CredentialProviders).get(decision.target.provider)
  if (provider === undefined) {
    return yield* BrokerError.make(new BrokerError.ProviderMissing({ provider: decision.target.provider }))
  }
  const id = CredentialSessionId.make(yield* (yield* SecureRandom.SecureRandom).uuidV7())
  const request: CredentialRequest = {
    session: id,
    project,
    alias: decision.alias,
    target: decision.target,
    policy: decision.policy,
    ttl: decision.ttl,
    not_after: decision.not_after,
    tags: decision.tags,
    human,
    ...(agent === undefined ? {} : { agent }),
    auth_session: session,
    leaf,
    isolation
  }
  return { provider, plan: yield* Effect.mapError(provider.plan(request), failed) }
})

const failed = (error: CredentialProvider.ProviderError) =>
  BrokerError.make(new BrokerError.ProviderFailed({ error }))

/**
 * Writes ahead, asks the cloud, records; `None` if what was decided is no longer what stands.
 *
 * Only the cloud's answer can be waited for in vain: the steps around it are not interrupted, so that an intent is
 * always followed by its result as long as this process lives.
 */
const mint = (prepared: Prepared, renewed: Option.Option<CredentialSessionId>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const intent = yield* ClockGuard.transaction((now) => intend(prepared, renewed, now))
      if (intent._tag === "Stale") return Option.none<Issued>()
      if (intent._tag === "Held") return Option.some(answer(prepared, intent))
      const { session } = intent
      const request = { ...prepared.plan.request, session: session.id }
      const credentials = yield* restore(prepared.provider.issue({ ...prepared.plan, request })).pipe(
        Effect.catchTag("ProviderError", (error) =>
          Effect.andThen(abandon(prepared, intent, error.reason), failed(error))
        ),
        Effect.onInterrupt(() => Effect.ignore(abandon(prepared, intent, "Interrupted")))
      )
      return Option.some(answer(prepared, yield* settle(prepared, intent, credentials)))
    })
  )

interface Answer {
  readonly session: CredentialSession.CredentialSession
  readonly credentials: Credentials
  readonly generation: number
}

const answer = ({ plan, decision: { narrowed } }: Prepared, given: Answer): Issued => ({
  session: given.session,
  credentials: given.credentials,
  generation: given.generation,
  plan,
  narrowed
})

type Intent = { readonly _tag: "Stale" } | (Answer & { readonly _tag: "Held" }) | Intended

const stale: Intent = { _tag: "Stale" }

interface Intended {
  readonly _tag: "Intended"
  readonly session: CredentialSession.CredentialSession
  /** Whether the session was there before: then a failure leaves it as it was. */
  readonly renews: boolean
}

/** The write-ahead, or what makes it needless: credentials of the very same request that this process still holds. */
const intend = Effect.fnUntraced(function* (
  prepared: Prepared,
  renewed: Option.Option<CredentialSessionId>,
  now: UnixTime.UnixTime
) {
  const { options, generation } = prepared
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  const minted = yield* Minted
  if ((yield* (yield* AuthorityView).current).generation !== generation) return stale
  yield* Authenticate.recheck(options.caller, now)

  const standing = yield* Option.match(renewed, {
    onNone: () => store.findReusable(prepared.reuse, now, 0),
    onSome: (id) => Effect.asSome(stillActive(id))
  })
  if (Option.isSome(standing)) {
    const credentials = minted.find(standing.value.id, now)
    if (credentials !== undefined) return { _tag: "Held", session: standing.value, credentials, generation } satisfies Intent
    }
  const session = Option.getOrElse(standing, () => rowOf(prepared, now))
  const renews = Option.isSome(standing)
  if (!renews) yield* store.save(session)
  yield* log.append(
    event(prepared, "issue.intended", session, "ok", {
      provider: session.provider,
      target: session.target,
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
  if (Option.isNone(session)) {
    return yield* BrokerError.make(new BrokerError.Unknown({ thing: "session", id, known: [] }))
  }
  if (session.value.status !== "active") return yield* BrokerError.ended(session.value)
  return session.value
})

const rowOf = ({ options, decision, plan, reuse, delegation }: Prepared, now: UnixTime.UnixTime) => {
  const { caller, command } = options
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

/** The cloud gave nothing: a session that was only intended ends as failed, one that was there before stays. */
const abandon = Effect.fnUntraced(function* (prepared: Prepared, { session, renews }: Intended, reason: string) {
  const transaction = yield* StoreTransaction
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  yield* transaction.run(
    Effect.gen(function* () {
      if (!renews) yield* store.update({ ...session, status: "failed" })
      yield* log.append(event(prepared, "credentials.failed", session, "failed", { provider: session.provider, reason, renews }))
    })
  )
})

/**
 * Records what the cloud gave, in the transaction that looks once more whether it may still be given: a revocation that
 * came while the cloud was asked ends these credentials too, and they never leave.
 */
const settle = Effect.fnUntraced(function* (prepared: Prepared, { session, renews }: Intended, credentials: Credentials) {
  const transaction = yield* StoreTransaction
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  const minted = yield* Minted
  const { caller } = prepared.options
  const outcome = yield* transaction.run(
    Effect.gen(function* () {
      const now = yield* ClockGuard.time
      const allowed = yield* Effect.result(
        Effect.andThen(stillAllowed(prepared, now), (generation) =>
          Effect.map(stillActive(session.id), (standing) => ({ generation, standing }))
        )
      )
      if (Result.isFailure(allowed)) {
        if (allowed.failure._tag === "StoreError") return yield* allowed.failure
        yield* store.update({ ...session, status: "revoked" })
        yield* log.append(event(prepared, "credentials.withheld", session, "refused", { code: allowed.failure.code }))
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
    yield* Ending.atCloud(session, Caller.actor(caller))
    return yield* outcome.failure
  }
  minted.keep(session.id, credentials, outcome.success.now)
  return { session: outcome.success.session, generation: outcome.success.generation, credentials }
})

/** Nothing has changed since the decision, or what was decided is still inside what stands now. */
const stillAllowed = Effect.fnUntraced(function* ({ options, decision, chain, generation }: Prepared, now: UnixTime.UnixTime) {
  const { caller, request } = options
  const view = yield* (yield* AuthorityView).current
  if (view.generation === generation) {
    yield* Authenticate.recheck(caller, now)
    return generation
  }
  const ttl = Math.max(1, Math.min(decision.ttl, chain.exp - now))
  yield* decide(caller, { ...request, policy: decision.policy, ttl, narrow: false }, now)
  return view.generation
})

const event = (
  { options }: Prepared,
  type: string,
  session: CredentialSession.CredentialSession,
  outcome: Outcome,
  detail: AuditEvent["detail"]
): AuditEvent => ({ actor: Caller.actor(options.caller), type, subject: session.id, outcome, detail })

const refusal = ({ caller, request }: Options, { reason, code }: BrokerError.BrokerError): AuditEvent | undefined => {
  // A clock set back has its own line already, and a failure of the provider has one of its session.
  if (reason._tag === "ClockSetBack" || reason._tag === "ProviderFailed") return undefined
  return {
    actor: Caller.actor(caller),
    type: "issue.refused",
    subject: request.target,
    outcome: "refused",
    // The first few say what it was; a hostile request could fill the line with thousands.
    detail: { code, ...(reason._tag === "Denied" ? { excess: reason.excess.slice(0, 8) } : {}) }
  }
}
