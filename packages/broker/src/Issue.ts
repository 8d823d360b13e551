/**
 * The one pipeline from a request to credentials: authenticate, decide, plan, reuse, write ahead, issue, record.
 *
 * No credential leaves before its intent is durable, and none unless its record and log line are durable too. A crash
 * between any two steps leaves no credential in anybody's hands, and a session that the log names and `Sweep` ends.
 *
 * @example
 * ```ts
 * import { Authenticate, Issue } from "@bailiwick/broker"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const caller = yield* Authenticate.authenticate({ session, seed })
 *   const request = { target: dev, policy, tags: {}, narrow: false }
 *   const { credentials, generation } = yield* Issue.issue({ caller, request })
 *   return credentials.expires // the cloud's own answer
 * })
 * ```
 */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as Enforcement from "@bailiwick/core/Enforcement"
import * as MemberId from "@bailiwick/core/MemberId"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { StorageId } from "@bailiwick/core/StorageId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AuthorityView } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Decide from "./Decide.ts"
import * as Minting from "./internal/Minting.ts"
import * as Planning from "./internal/Planning.ts"
import * as Refusal from "./internal/Refusal.ts"
import { Minted } from "./Minted.ts"

export type { Issued } from "./internal/Minting.ts"
export type { Asked } from "./internal/Planning.ts"

/**
 * Issues credentials, or gives out those that are still held for the very same request.
 *
 * Refused: more than the authority behind it (`denied`), a restriction that nobody holds (`unheld`), a person without a
 * terminal grant (`login-needed`), whatever ended the session in the meantime, a clock set back (`clock-set-back`).
 */
export const issue = Effect.fn("Issue.issue")((asked: Planning.Asked) =>
  pipeline(asked, Option.none()).pipe(Refusal.logged((error) => refusal(asked, error)))
)

/**
 * Credentials for a session that is still active, under the same checks as at first. Only the chain that issued a
 * session renews it; to anybody else it does not exist.
 */
export const renew = Effect.fn("Issue.renew")(function* (options: {
  readonly caller: Caller.Caller
  readonly session: CredentialSessionId
}) {
  const { caller } = options
  const found = yield* (yield* CredentialSessionStore).find(options.session)
  if (Option.isNone(found) || found.value.auth_session_id !== caller.session) {
    return yield* BrokerError.unknown("session", options.session)
  }
  const { target, policy, tags, ttl_seconds } = found.value
  const left = (caller.chain?.exp ?? 0) - (yield* UnixTime.now)
  // The life that was asked for at first, as far as the chain still reaches.
  const ttl = Math.max(1, Math.min(ttl_seconds, left))
  const asked = { caller, request: { target, policy, tags, ttl, narrow: false } }
  return yield* pipeline(asked, found).pipe(Refusal.logged((error) => refusal(asked, error)))
})

/**
 * What a provider would do, and what nobody would hold and the chain does not accept. Nothing is written, and nothing is
 * issued: without a chain it is a picture of what the human and the project would allow.
 */
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
  const { plan } = yield* Planning.ask({
    decision,
    human,
    session: chain === undefined ? noSession : StorageIdOf.of({ ...chain, member: chain.agent, key: chain.leafKey }),
    leaf: chain?.leafKey.kid ?? audience,
    ...(chain !== undefined && MemberId.isAgent(chain.agent) ? { agent: chain.agent } : {})
  })
  return { decision, plan, unaccepted: Enforcement.unaccepted(plan.report, decision.accept_unenforced) }
})

const noSession = StorageId.make("0".repeat(24))

const attempts = 3

/** Decides, plans and mints; once more if the records or revocations changed in between. */
const pipeline = Effect.fnUntraced(function* (asked: Planning.Asked, renewed: Option.Option<CredentialSession>) {
  const minted = yield* Minted
  for (let attempt = 0; attempt < attempts; attempt++) {
    const prepared = yield* Planning.prepare(asked)
    const reuse = Option.match(renewed, { onNone: () => prepared.reuse, onSome: (session) => session.reuse })
    const id = Option.map(renewed, (session) => session.id)
    const issued = yield* minted
      .alone(reuse, Minting.mint({ ...prepared, reuse }, id))
      .pipe(Effect.catchTag("ProviderError", (error) => BrokerError.fromProvider(error)))
    if (Option.isSome(issued)) return issued.value
  }
  return yield* new StoreError({
    reason: "Busy",
    detail: "the project's records kept changing while credentials were being planned",
    hint: "try again"
  })
})

const refusal = (
  { caller, request }: Planning.Asked,
  { reason, code }: BrokerError.BrokerError
): AuditEvent | undefined => {
  // A clock set back has its own line already, and a failure of the cloud has one of its session.
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
