/** Verifies a chain against this store, and writes down who redeemed a token; only inside a transaction. */
import type { Jti } from "@bailiwick/core/Jti"
import * as MemberId from "@bailiwick/core/MemberId"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { type Redemption, RedemptionLedger } from "@bailiwick/core/ports/RedemptionLedger"
import type { StorageId } from "@bailiwick/core/StorageId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { View } from "../AuthorityView.ts"
import * as BrokerError from "../BrokerError.ts"

/** The whole judgement of formats §3 against the store as this transaction sees it. */
export const verify = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  view: View,
  now: UnixTime,
  purpose: Chain.Purpose
) {
  const ledger = yield* RedemptionLedger
  const jtis = yield* Effect.mapError(Chain.jtis(chain), BrokerError.fromToken)
  const known = new Map<Jti, Redemption>()
  for (const jti of jtis) {
    const found = yield* ledger.find(jti)
    if (Option.isSome(found)) known.set(jti, found.value)
  }
  return yield* Chain.verify({
    chain,
    registry: view.registry,
    now,
    aud: view.audience,
    redemptions: (jti) => Option.fromUndefinedOr(known.get(jti)),
    revocations: view.revocations,
    purpose
  }).pipe(Effect.mapError(BrokerError.fromToken))
})

/** The redemption that stands for the token before the leaf, and whether it stood before. */
export const record = Effect.fnUntraced(function* (chain: Chain.VerifiedChain, session: StorageId, now: UnixTime) {
  const ledger = yield* RedemptionLedger
  const log = yield* AuditLog
  const token = chain.links.at(-2)
  const hop = chain.links.at(-1)
  if (token === undefined || hop === undefined || chain.kind !== "session") {
    return yield* BrokerError.make(
      new BrokerError.BadRequest({
        detail: "a token is redeemed by a session hop, and this chain ends in none",
        hint: "sign a session hop on the token first: bailiwick redeem does both"
      })
    )
  }
  const { jti } = token.token
  const earlier = yield* ledger.find(jti)
  if (Option.isSome(earlier)) return { redemption: yield* same(earlier.value, hop.hash), repeated: true }
  const { human, agent } = chain
  const place = yield* log.append({
    actor: { human, ...(MemberId.isAgent(agent) ? { agent } : {}), session, chain: hop.hash },
    type: "token.redeemed",
    subject: jti,
    outcome: "ok",
    detail: { depth: hop.token.depth, expires: chain.exp, hop: hop.hash }
  })
  const standing = yield* ledger.redeem({ jti, hop: hop.hash, session, time: now, place: place.seq })
  return { redemption: yield* same(standing, hop.hash), repeated: false }
})

const same = (redemption: Redemption, hop: string) =>
  redemption.hop === hop
    ? Effect.succeed(redemption)
    : Effect.fail(
        BrokerError.token(new TokenError.AlreadyRedeemed({ session: redemption.session, time: redemption.time }))
      )
