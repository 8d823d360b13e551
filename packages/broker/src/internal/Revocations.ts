/**
 * Ends something and everything beneath it: revocation, sessions, generation and log line in one transaction, and the
 * clouds once that is durable.
 */
import type { FinalStatus } from "@bailiwick/core/CredentialSession"
import type { EventType } from "@bailiwick/core/EventTypes"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { Generation } from "@bailiwick/core/ports/Generation"
import { delegationChain } from "@bailiwick/core/ports/RecordRegistry"
import { RevocationList } from "@bailiwick/core/ports/RevocationList"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Authenticate from "../Authenticate.ts"
import { AuthorityView, type View } from "../AuthorityView.ts"
import * as BrokerError from "../BrokerError.ts"
import * as Caller from "../Caller.ts"
import * as ClockGuard from "../ClockGuard.ts"
import * as Ending from "./Ending.ts"
import type * as Lineage from "./Lineage.ts"

export interface How {
  /** `type` of its log line. */
  readonly type: EventType
  readonly reason: string
  readonly auth: "closed" | "revoked"
  readonly credentials: FinalStatus
  /** Keeps no revocation and leaves cached answers good: what is ended was nobody else's, and cannot come back. */
  readonly quietly?: true
  /** Means what is alive, also what ended here while a cloud would not end it. */
  readonly again?: true
}

/** How long after a cut-off something beneath it may still be alive: no token lives longer, however it was dated. */
const horizon = ProjectRecord.ttlCaps.token + 2 * UnixTime.leeway

/** `permitted` names what may be ended by this caller, as things stand in the transaction, or refuses. */
export const end = Effect.fnUntraced(function* <E, R>(
  caller: Caller.Caller,
  how: How,
  permitted: (caller: Caller.Caller, view: View, now: UnixTime.UnixTime) => Effect.Effect<Lineage.Subject, E, R>
) {
  const store = yield* StoreTransaction
  const beneath = yield* store.run(
    Effect.gen(function* () {
      const now = yield* ClockGuard.time
      const view = yield* (yield* AuthorityView).current
      const current = yield* Authenticate.recheck(caller, now)
      const subject = yield* permitted(current, view, now)
      if (how.quietly === undefined) {
        const revocations = yield* RevocationList
        yield* revocations.add({
          kind: subject.kind,
          subject: text(subject),
          time: now,
          by: Caller.member(current),
          reason: how.reason,
          until: UnixTime.plus(now, horizon)
        })
        yield* (yield* Generation).bump
      }
      const ended = yield* Ending.inStore([subject], {
        auth: how.auth,
        credentials: how.credentials,
        ...(how.again === undefined ? {} : { again: now })
      })
      yield* (yield* AuditLog).append({
        actor: Caller.actor(current),
        type: how.type,
        subject: text(subject),
        outcome: "ok",
        detail: {
          kind: subject.kind,
          reason: how.reason,
          sessions: ended.sessions.length,
          credentials: ended.credentials.length
        }
      })
      return ended
    })
  )
  return yield* Ending.atClouds(beneath, Caller.actor(caller))
})

export const auditor = BrokerError.make(
  new BrokerError.NotPermitted({
    detail: "an auditor reads everything and changes nothing",
    hint: "ask an owner to revoke it; your own session ends with: bailiwick logout"
  })
)

/** As the list of revocations names its subjects. */
const text = (subject: Lineage.Subject): string => {
  switch (subject.kind) {
    case "human":
      return subject.human
    case "agent":
      return subject.agent
    case "delegation":
      return delegationChain(subject.human, subject.agent)
    case "token":
      return subject.jti
    case "session":
      return subject.session
    case "credential-session":
      return subject.credential
  }
}
