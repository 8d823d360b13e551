/**
 * Opens and closes a person's session at their terminal (formats §4).
 *
 * Such a session reads, lists, denies and revokes; what it may issue comes from the terminal grant inside it alone.
 */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import type { StorageId } from "@bailiwick/core/StorageId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AuthorityView } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import type { Caller } from "./Caller.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Person from "./internal/Person.ts"
import * as Redemptions from "./internal/Redemptions.ts"
import * as Refusal from "./internal/Refusal.ts"
import * as Revocations from "./internal/Revocations.ts"

export interface Opened {
  readonly session: StorageId
  readonly expires: UnixTime
  /** True when it stood open already: nothing was changed. */
  readonly repeated: boolean
}

/**
 * Opens the session that an identity has signed. Its terminal grant, if any, is redeemed in the same transaction. A
 * session that was ended is never opened again (`session-unusable`).
 */
export const open = Effect.fn("Login.open")((token: SessionToken.SessionToken) =>
  ClockGuard.transaction((now) => once(token, now)).pipe(Refusal.logged((error) => refusal(token, error)))
)

const once = Effect.fnUntraced(function* (token: SessionToken.SessionToken, now: UnixTime) {
  const sessions = yield* AuthSessionStore
  const view = yield* (yield* AuthorityView).current
  const proof = SessionToken.encode(token)
  const { id, claims, delegation } = yield* Person.verify(token, view, { now, since: now })
  const opened = (repeated: boolean): Opened => ({ session: id, expires: claims.expires, repeated })

  const standing = yield* sessions.find(id)
  if (Option.isSome(standing)) {
    const why = standing.value.status !== "active" ? "it was ended" : "its key has opened another session before"
    return standing.value.status === "active" && standing.value.proof === proof
      ? opened(true)
      : yield* BrokerError.make(new BrokerError.SessionUnusable({ why }))
  }
  const chain = Option.isNone(delegation) ? undefined : yield* Redemptions.verify(delegation.value, view, now, "redeem")
  if (chain !== undefined) yield* Redemptions.record(chain, id, now)
  yield* sessions.save({
    id,
    kind: "human",
    human: claims.member,
    proof,
    lineage: chain?.jtis ?? [],
    created: now,
    expires: claims.expires,
    used: now,
    status: "active"
  })
  yield* (yield* AuditLog).append({
    actor: { human: claims.member, session: id },
    type: "session.opened",
    subject: id,
    outcome: "ok",
    detail: { expires: claims.expires, granted: chain !== undefined }
  })
  return opened(false)
})

const refusal = ({ claims }: SessionToken.SessionToken, error: BrokerError.BrokerError): AuditEvent | undefined =>
  // A clock set back has its own line already.
  error.reason._tag === "ClockSetBack"
    ? undefined
    : {
        actor: {},
        type: "login.refused",
        subject: "",
        outcome: "refused",
        detail: { code: error.code, claimed: { human: claims.member } }
      }

/** Ends the caller's own session in good order, and everything beneath it: a person's or an agent's. */
export const close = Effect.fn("Login.close")((caller: Caller) =>
  Revocations.end(
    caller,
    { type: "session.closed", reason: "closed", auth: "closed", credentials: "completed" },
    ({ session }) => Effect.succeed({ kind: "session", session })
  )
)
