/** A person's own session: who signed it, in force now, not ended, and what its terminal grant gives. */
import type * as MemberId from "@bailiwick/core/MemberId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { View } from "../AuthorityView.ts"
import * as BrokerError from "../BrokerError.ts"
import type { Standing } from "../Caller.ts"

/**
 * Verifies a SessionToken under the member's key as it stands; `since` is the broker's own time of its opening, by
 * which revocations cut.
 */
export const verify = Effect.fnUntraced(function* (
  token: SessionToken.SessionToken,
  view: View,
  times: { readonly now: UnixTime; readonly since: UnixTime }
) {
  const registry = view.registry.now(times.now)
  const { member } = token.claims
  const identity = registry.keyOf(member)
  if (Option.isNone(identity)) return yield* BrokerError.token(new TokenError.NotInForce({ member }))
  const verified = yield* SessionToken.verify({
    token,
    identity: identity.value,
    at: times.now,
    project: registry.project
  }).pipe(Effect.mapError(BrokerError.fromToken))
  const revocation = view.revocations.find(
    ({ kind, subject, time }) =>
      (kind === "human" && subject === member && times.since <= time) || (kind === "session" && subject === verified.id)
  )
  if (revocation !== undefined) {
    return yield* BrokerError.token(new TokenError.Revoked({ kind: revocation.kind, time: revocation.time }))
  }
  return { ...verified, standing: standing(view, member, times.now) }
})

const standing = (view: View, member: MemberId.HumanId, now: UnixTime): Standing => {
  const registry = view.registry.now(now)
  // An auditor changes nothing, even one who is also named among the owners.
  if (Option.exists(registry.member(member), ({ role }) => role === "auditor")) return "auditor"
  return registry.isOwner(member) ? "owner" : "member"
}
