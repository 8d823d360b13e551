/**
 * Ends authority before its time, with everything beneath it: at once for whatever asks this broker again, and at the
 * clouds as far as each can.
 *
 * Everybody may end their own and what lies beneath it, owners everything, auditors nothing. A stranger's id answers as
 * an unknown one. Ending twice changes nothing that the first time did not.
 */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as MemberId from "@bailiwick/core/MemberId"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import type * as Chain from "@bailiwick/tokens/Chain"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { View } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import type * as Lineage from "./internal/Lineage.ts"
import * as Redemptions from "./internal/Redemptions.ts"
import * as Revocations from "./internal/Revocations.ts"

export type { CloudEnd, Ended } from "./internal/Ending.ts"
export type { Subject } from "./internal/Lineage.ts"

/** All that is the caller's own: a person's every session and token, or an agent's session. */
export const mine = (caller: Caller.Caller): Lineage.Subject =>
  caller.kind === "human" ? { kind: "human", human: caller.human } : { kind: "session", session: caller.session }

/** Ends the subject. Gives back how each credential session beneath it ended, even where its cloud failed. */
export const revoke = Effect.fn("Revoke.revoke")(
  (options: { readonly caller: Caller.Caller; readonly subject: Lineage.Subject; readonly reason?: string }) =>
    Revocations.end(options.caller, how(options.reason), (caller, view, now) =>
      Effect.as(permit(caller, options.subject, view, now), options.subject)
    )
)

/** Ends a token that nobody has redeemed yet: the store has never heard of its id, so the token itself is shown. */
export const unredeemed = Effect.fn("Revoke.unredeemed")(
  (options: { readonly caller: Caller.Caller; readonly chain: Chain.Chain; readonly reason?: string }) =>
    Revocations.end(options.caller, how(options.reason), (caller, view, now) =>
      Effect.gen(function* () {
        const chain = yield* Redemptions.verify(options.chain, view, now, "use")
        const subject: Lineage.Subject = { kind: "token", jti: chain.leaf.jti }
        const isOwn = chain.human === caller.human && (caller.kind === "human" || isBeneath(caller, chain.jtis))
        return yield* decided(caller, isOwn, BrokerError.unknown("token", subject.jti), subject)
      })
    )
)

const how = (reason = ""): Revocations.How => ({
  type: "revoked",
  reason,
  auth: "revoked",
  credentials: "revoked",
  again: true
})

const isBeneath = ({ chain }: Caller.Caller, jtis: ReadonlyArray<string>) =>
  chain !== undefined && jtis.includes(chain.leaf.jti)

/** Own: yes. Another's: only an owner; to an auditor it is not a secret, and to anybody else it does not exist. */
const decided = <A>(caller: Caller.Caller, isOwn: boolean, stranger: BrokerError.BrokerError, answer: A) => {
  if (caller.standing === "auditor") return Effect.fail(Revocations.auditor)
  return isOwn || caller.standing === "owner" ? Effect.succeed(answer) : Effect.fail(stranger)
}

const permit = Effect.fnUntraced(function* (
  caller: Caller.Caller,
  subject: Lineage.Subject,
  view: View,
  now: UnixTime
) {
  const registry = view.registry.now(now)
  const sessions = yield* AuthSessionStore
  const isPerson = caller.kind === "human"
  switch (subject.kind) {
    case "human": {
      if (Option.isNone(registry.member(subject.human))) return yield* BrokerError.unknown("member", subject.human)
      return yield* decided(caller, isPerson && subject.human === caller.human, ownersOnly(subject.human), undefined)
    }
    case "agent": {
      if (Option.isNone(registry.member(subject.agent))) return yield* BrokerError.unknown("member", subject.agent)
      return yield* decided(caller, false, ownersOnly(subject.agent), undefined)
    }
    case "delegation": {
      const stranger = BrokerError.unknown(
        "delegation",
        delegationChain(subject.human, subject.agent).replace("\n", " to ")
      )
      if (Option.isNone(registry.delegation(subject.human, subject.agent))) return yield* stranger
      return yield* decided(caller, isPerson && subject.human === caller.human, stranger, undefined)
    }
    case "token": {
      const beneath = (yield* sessions.list).filter(({ lineage }) => lineage.includes(subject.jti))
      const stranger = BrokerError.unknown("token", subject.jti)
      if (beneath.length === 0) return yield* stranger
      const isOwn = beneath.some(({ human, lineage }) => {
        if (human !== caller.human) return false
        // An agent ends what it granted, never what was granted to it.
        return isPerson || isBeneath(caller, lineage.slice(0, lineage.indexOf(subject.jti)))
      })
      return yield* decided(caller, isOwn, stranger, undefined)
    }
    case "session": {
      const session = yield* sessions.find(subject.session)
      const stranger = BrokerError.unknown("session", subject.session)
      if (Option.isNone(session)) return yield* stranger
      return yield* decided(caller, Caller.owns(caller, session.value), stranger, undefined)
    }
    case "credential-session":
      return yield* permitCredential(caller, subject.credential)
  }
})

const permitCredential = Effect.fnUntraced(function* (caller: Caller.Caller, id: CredentialSessionId) {
  const sessions = yield* AuthSessionStore
  const credential = yield* (yield* CredentialSessionStore).find(id)
  const stranger = BrokerError.unknown("session", id)
  if (Option.isNone(credential)) return yield* stranger
  const issuedTo = yield* sessions.find(credential.value.auth_session_id)
  const isOwn = Option.exists(issuedTo, (session) => Caller.owns(caller, session))
  return yield* decided(caller, isOwn, stranger, undefined)
})

const ownersOnly = (member: MemberId.MemberId) =>
  BrokerError.make(
    new BrokerError.NotPermitted({
      detail: `only an owner ends everything of ${member}`,
      hint: MemberId.isAgent(member) ? "end your own delegation to it instead" : "end your own: bailiwick revoke --mine"
    })
  )
