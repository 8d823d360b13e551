/**
 * Turns a delegation token into an agent session, once (formats §3, Redeem).
 *
 * The session hop's hash is written uniquely under the token's `jti` before anything can be issued: the same hop again
 * gets the same answer, so a client that lost it may repeat; any other hop is refused and told who was first.
 */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import * as MemberId from "@bailiwick/core/MemberId"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import type { StorageId } from "@bailiwick/core/StorageId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as StorageIdOf from "@bailiwick/tokens/StorageIdOf"
import * as Effect from "effect/Effect"
import { AuthorityView } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Redemptions from "./internal/Redemptions.ts"
import * as Refusal from "./internal/Refusal.ts"

export interface Redeemed {
  readonly session: StorageId
  readonly human: MemberId.HumanId
  readonly agent: MemberId.AgentId
  readonly expires: UnixTime
  /** The broker's time of the first redemption. */
  readonly time: UnixTime
  /** True when the very same session had redeemed it before. */
  readonly repeated: boolean
}

/**
 * Redeems the token before the chain's last hop, which is the session that wants it.
 *
 * Refused: what does not verify (`token-refused`, `expired`, `revoked` …), a token that another session has
 * (`already-redeemed`), a terminal grant (`bad-request`), and everything under a clock set back (`clock-set-back`).
 */
export const redeem = Effect.fn("Redeem.redeem")(function* ({ chain }: { readonly chain: Chain.Chain }) {
  // Read without trust, and only to name in the log what was refused.
  const claimed = yield* Effect.mapError(Chain.read(chain), BrokerError.fromToken)
  return yield* ClockGuard.transaction((now) => once(chain, now)).pipe(
    Refusal.logged((error) => refusal(claimed, error))
  )
})

const once = Effect.fnUntraced(function* (chain: Chain.Chain, now: UnixTime) {
  const sessions = yield* AuthSessionStore
  const view = yield* (yield* AuthorityView).current
  const verified = yield* Redemptions.verify(chain, view, now, "redeem")
  const { human, agent, project, leafKey: key, exp } = verified
  if (MemberId.isHuman(agent)) {
    return yield* BrokerError.make(
      new BrokerError.BadRequest({
        detail: "a terminal grant acts only inside its human's own session",
        hint: "log in with it: bailiwick login --allow …"
      })
    )
  }
  const session = StorageIdOf.of({ project, member: agent, key })
  const { redemption, repeated } = yield* Redemptions.record(verified, session, now)
  if (!repeated) {
    yield* sessions
      .save({
        id: session,
        kind: "agent",
        human,
        agent,
        proof: Chain.encode(chain),
        lineage: verified.jtis,
        created: now,
        expires: exp,
        used: now,
        status: "active"
      })
      .pipe(
        Effect.catchTag("StoreError", (error) =>
          Effect.fail(error.reason === "Conflict" ? BrokerError.make(sessionKeyUsed) : error)
        )
      )
  }
  return { session, human, agent, expires: exp, time: redemption.time, repeated } satisfies Redeemed
})

const sessionKeyUsed = new BrokerError.BadRequest({
  detail: "this session key has redeemed another token before",
  hint: "make a new session key for every token"
})

const refusal = (claimed: Chain.Links, error: BrokerError.BrokerError): AuditEvent | undefined => {
  // A clock set back has its own line already.
  if (error.reason._tag === "ClockSetBack") return undefined
  const { jti, human, agent } = (claimed.at(-2) ?? claimed[0]).token
  return {
    actor: {},
    type: "redeem.refused",
    subject: jti,
    outcome: "refused",
    detail: { code: error.code, claimed: { human, agent } }
  }
}
