/** From an authenticated request to what a provider would do for it: everything before the first write. */
import * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as Enforcement from "@bailiwick/core/Enforcement"
import type { Kid } from "@bailiwick/core/Kid"
import type { AgentId, HumanId } from "@bailiwick/core/MemberId"
import type { Provider } from "@bailiwick/core/Policy"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { StorageId } from "@bailiwick/core/StorageId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import type { VerifiedChain } from "@bailiwick/tokens/Chain"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Authenticate from "../Authenticate.ts"
import { AuthorityView } from "../AuthorityView.ts"
import * as BrokerError from "../BrokerError.ts"
import type { Caller } from "../Caller.ts"
import * as ClockGuard from "../ClockGuard.ts"
import * as Decide from "../Decide.ts"
import { Installation } from "../Installation.ts"
import * as ReuseKey from "../ReuseKey.ts"

export interface Asked {
  readonly caller: Caller
  readonly request: Decide.Request
  /** For the record: what will run with the credentials. */
  readonly command?: ReadonlyArray<string>
}

export interface Prepared {
  readonly asked: Asked
  readonly chain: VerifiedChain
  readonly decision: Decide.Decision
  readonly plan: CredentialProvider.Plan
  readonly provider: CredentialProvider.CredentialProvider
  readonly reuse: Sha256
  /** Of the transaction that decided. */
  readonly generation: number
  /** `seq` of the project record by which it was planned. */
  readonly record: number
  /** Hash of the delegation record beneath the chain. */
  readonly delegation: Sha256
}

/** What is allowed, what the provider would do, and whether what nobody would hold was accepted. */
export const prepare = Effect.fnUntraced(function* (asked: Asked) {
  const { caller, request } = asked
  const decided = yield* ClockGuard.transaction((now) => decide(caller, request, now))
  const { chain, decision } = decided
  const { plan, provider } = yield* ask({
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
  return { ...decided, asked, plan, provider, reuse } satisfies Prepared
})

/** What the caller may have as things stand; only inside a transaction. */
export const decide = Effect.fnUntraced(function* (caller: Caller, request: Decide.Request, now: UnixTime) {
  const { chain, ungranted } = yield* Authenticate.recheck(caller, now)
  if (ungranted !== undefined) return yield* ungranted
  if (chain === undefined) {
    return yield* BrokerError.make(
      new BrokerError.LoginNeeded({ detail: "this session may list and revoke, and was given nothing to issue from" })
    )
  }
  const { registry, generation } = yield* (yield* AuthorityView).current
  const subject = { human: caller.human, chain }
  const project = registry.now(now)
  const decision = yield* Effect.fromResult(Decide.decide({ subject, project, request, now }))
  const relation = delegationChain(chain.human, chain.links[0].token.agent)
  const delegation = registry.records.findLast((record) => record.kind === "delegation" && record.chain === relation)
  return {
    chain,
    decision,
    generation,
    record: project.project.seq,
    delegation: delegation?.hash ?? chain.links[0].hash
  }
})

/** The provider of that name, if this installation has it. */
export const providerOf = Effect.fnUntraced(function* (name: Provider) {
  const provider = (yield* CredentialProvider.CredentialProviders).get(name)
  return provider ?? (yield* BrokerError.make(new BrokerError.ProviderMissing({ provider: name })))
})

/** Asks the target's provider for its plan; every plan is for a session of its own. */
export const ask = Effect.fnUntraced(function* (options: {
  readonly decision: Decide.Decision
  readonly human: HumanId
  readonly agent?: AgentId
  readonly session: StorageId
  readonly leaf: Kid
}) {
  const { decision, human, agent, session, leaf } = options
  const { project, isolation } = yield* Installation
  const provider = yield* providerOf(decision.target.provider)
  const request: CredentialRequest = {
    session: CredentialSessionId.make(yield* (yield* SecureRandom.SecureRandom).uuidV7()),
    project,
    alias: decision.alias,
    target: decision.target,
    policy: decision.policy,
    ttl: decision.lifetime,
    not_after: decision.not_after,
    tags: decision.tags,
    human,
    ...(agent === undefined ? {} : { agent }),
    auth_session: session,
    leaf,
    isolation
  }
  return { provider, plan: yield* Effect.mapError(provider.plan(request), BrokerError.fromProvider) }
})
