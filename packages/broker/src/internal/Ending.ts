/**
 * Ends everything beneath something: first in the store, whole, in the transaction of whoever ends it; then, once that
 * is durable, at the clouds, as far as each can.
 */
import type { Actor } from "@bailiwick/core/AuditEvent"
import { CredentialProviders, type RevocationOutcome } from "@bailiwick/core/CredentialProvider"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import type { Provider } from "@bailiwick/core/Policy"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import type { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Lineage from "./Lineage.ts"

type Session = CredentialSession.CredentialSession

/** What a transaction has ended; the clouds have not been told yet. */
export interface Beneath {
  readonly sessions: ReadonlyArray<StorageId>
  readonly credentials: ReadonlyArray<Session>
  /** Ended before, by whatever, while their credentials may still be alive. */
  readonly earlier: ReadonlyArray<Session>
}

/** How one credential session ended at its cloud. */
export interface CloudEnd {
  readonly id: CredentialSessionId
  readonly provider: Provider
  /** Whether the cloud itself refuses the credentials that are out, from `until` on; else `until` is when they expire. */
  readonly ended: boolean
  readonly how: string
  /** Seconds until the last credential is dead at the latest. */
  readonly worst: number
  readonly until: UnixTime.UnixTime
  /** What to do about it, where the cloud was asked and did not do it; then the same can be revoked again. */
  readonly hint?: string
}

export interface Ended {
  readonly sessions: ReadonlyArray<StorageId>
  readonly credentials: ReadonlyArray<CloudEnd>
}

export interface How {
  readonly auth: "closed" | "revoked"
  readonly credentials: CredentialSession.FinalStatus
  /** Also finds what ended before and may still be alive at its cloud. */
  readonly again?: UnixTime.UnixTime
}

/** Ends the sessions in the store; only inside a transaction. Ending what has ended changes nothing. */
export const inStore = Effect.fnUntraced(function* (subjects: ReadonlyArray<Lineage.Subject>, how: How) {
  const authSessions = yield* AuthSessionStore
  const store = yield* CredentialSessionStore
  const all = yield* authSessions.list
  const beneath = new Set<StorageId>()
  for (const subject of subjects) {
    for (const { id } of yield* Lineage.beneath(subject, all)) beneath.add(id)
  }
  const sessions = yield* Effect.filter([...beneath], (id) => authSessions.end(id, how.auth))

  const isMeant = (session: Session) =>
    beneath.has(session.auth_session_id) ||
    subjects.some((subject) => subject.kind === "credential-session" && subject.credential === session.id)
  // Looked for first: what this very act ends is not among it.
  const alive =
    how.again === undefined ? [] : yield* store.list({ expires_after: how.again, limit: Number.MAX_SAFE_INTEGER })
  const earlier = alive.filter((session) => session.status !== "active" && wasIssued(session) && isMeant(session))
  return { sessions, credentials: yield* endActive(isMeant, how.credentials), earlier } satisfies Beneath
})

/** Ends the active credential sessions that are meant; only inside a transaction. Gives them back as they were. */
export const endActive = Effect.fnUntraced(function* (
  isMeant: (session: Session) => boolean,
  status: CredentialSession.FinalStatus
) {
  const store = yield* CredentialSessionStore
  const active = yield* store.list({ status: "active", limit: Number.MAX_SAFE_INTEGER })
  return yield* Effect.filter(active.filter(isMeant), (session) =>
    Result.match(CredentialSession.end(session, status), {
      onFailure: () => Effect.succeed(false),
      onSuccess: store.update
    })
  )
})

/** An intent that failed gave nothing to anybody, unless a sweep thought otherwise and told the cloud. */
const wasIssued = ({ cloud_end, status }: Session) => status !== "failed" || cloud_end !== undefined

// Within a provider, what comes at once can be told at once.
const concurrency = 32

/**
 * Tells the clouds and logs each answer; a cloud that fails is reported, and stops no other. What ended before is told
 * again where the cloud did not end it then; where it did, its answer still stands.
 */
export const atClouds = Effect.fnUntraced(function* ({ sessions, credentials, earlier }: Beneath, actor: Actor) {
  const now = yield* UnixTime.now
  const told = yield* Effect.forEach(
    [...credentials, ...earlier.filter(({ cloud_end }) => cloud_end?.ended !== true)],
    (session) => atCloud(session, actor),
    { concurrency }
  )
  const standing = earlier.flatMap(({ id, provider, cloud_end }): ReadonlyArray<CloudEnd> => {
    if (cloud_end?.ended !== true || cloud_end.until <= now) return []
    const { how, until } = cloud_end
    return [{ id, provider, ended: true, how, until, worst: until - now }]
  })
  return { sessions, credentials: [...told, ...standing] } satisfies Ended
})

/** Tells one cloud, and notes its answer in the record and in the log. */
export const atCloud = Effect.fnUntraced(function* (session: Session, actor: Actor) {
  const providers = yield* CredentialProviders
  const transaction = yield* StoreTransaction
  const provider = providers.get(session.provider)
  const answer =
    provider === undefined
      ? Result.fail({
          message: `this broker has no provider ${session.provider}; the credentials live until they expire`,
          hint: "revoke it where that provider is"
        })
      : yield* Effect.result(provider.revoke(session))
  const now = yield* UnixTime.now
  const end = endOf(session, answer, now)
  yield* transaction.run(note(end, actor, now))
  return end
})

/** What the cloud did, or why it did not, of one session. */
export const endOf = (
  session: Session,
  answer: Result.Result<RevocationOutcome, { readonly message: string; readonly hint: string }>,
  now: UnixTime.UnixTime
): CloudEnd => {
  const { id, provider } = session
  const left = CredentialSession.remainingSeconds(session, now)
  if (Result.isFailure(answer)) {
    const { hint, message } = answer.failure
    return { id, provider, ended: false, how: message, worst: left, until: UnixTime.plus(now, left), hint }
  }
  const { ended, how } = answer.success
  const worst = Math.min(left, answer.success.worst)
  return { id, provider, ended, how, worst, until: UnixTime.plus(now, worst) }
}

/** Writes it into the record and the log; only inside a transaction. */
export const note = Effect.fnUntraced(function* (end: CloudEnd, actor: Actor, now: UnixTime.UnixTime) {
  const { ended, hint, how, id, provider, until, worst } = end
  yield* (yield* CredentialSessionStore).noteEnd(id, { time: now, ended, how, until })
  yield* (yield* AuditLog).append({
    actor,
    type: "credentials.ended",
    subject: id,
    outcome: hint === undefined ? "ok" : "failed",
    detail: { provider, ended, how, worst, until }
  })
})
