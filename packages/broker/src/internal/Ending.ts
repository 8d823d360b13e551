/**
 * Ends everything beneath something: first in the store, whole, in the transaction of whoever ends it; then, once that
 * is durable, at the clouds, as far as each can.
 */
import type { Actor } from "@bailiwick/core/AuditEvent"
import { CredentialProviders } from "@bailiwick/core/CredentialProvider"
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

/** What a transaction has ended; the clouds have not been told yet. */
export interface Beneath {
  readonly sessions: ReadonlyArray<StorageId>
  readonly credentials: ReadonlyArray<CredentialSession.CredentialSession>
}

/** How one credential session ended at its cloud. */
export interface CloudEnd {
  readonly id: CredentialSessionId
  readonly provider: Provider
  /** False if the cloud did not do it: then the credentials live until they expire by themselves. */
  readonly ended: boolean
  readonly how: string
  /** Seconds until the last credential is dead at the latest. */
  readonly worst: number
}

export interface Ended {
  readonly sessions: ReadonlyArray<StorageId>
  readonly credentials: ReadonlyArray<CloudEnd>
}

/** Ends the sessions in the store; only inside a transaction. Ending what has ended changes nothing. */
export const inStore = Effect.fnUntraced(function* (
  subjects: ReadonlyArray<Lineage.Subject>,
  status: { readonly auth: "closed" | "revoked"; readonly credentials: CredentialSession.FinalStatus }
) {
  const authSessions = yield* AuthSessionStore
  const store = yield* CredentialSessionStore
  const all = yield* authSessions.list
  const beneath = new Set<StorageId>()
  for (const subject of subjects) {
    for (const { id } of yield* Lineage.beneath(subject, all)) beneath.add(id)
  }
  const sessions = yield* Effect.filter([...beneath], (id) => authSessions.end(id, status.auth))

  const isMeant = (session: CredentialSession.CredentialSession) =>
    beneath.has(session.auth_session_id) ||
    subjects.some((subject) => subject.kind === "credential-session" && subject.credential === session.id)
  const active = yield* store.list({ status: "active", limit: Number.MAX_SAFE_INTEGER })
  const credentials: Array<CredentialSession.CredentialSession> = []
  for (const session of active.filter(isMeant)) {
    const ended = CredentialSession.end(session, status.credentials)
    if (Result.isSuccess(ended) && (yield* store.update(ended.success))) credentials.push(session)
  }
  return { sessions, credentials } satisfies Beneath
})

const concurrency = 4

/** Tells the clouds and logs each answer; a cloud that fails is reported, and stops no other. */
export const atClouds = Effect.fnUntraced(function* (beneath: Beneath, actor: Actor) {
  const credentials = yield* Effect.forEach(beneath.credentials, (session) => atCloud(session, actor), { concurrency })
  return { sessions: beneath.sessions, credentials } satisfies Ended
})

/** Tells one cloud and logs its answer. */
export const atCloud = Effect.fnUntraced(function* (session: CredentialSession.CredentialSession, actor: Actor) {
  const providers = yield* CredentialProviders
  const store = yield* StoreTransaction
  const log = yield* AuditLog
  const remaining = CredentialSession.remainingSeconds(session, yield* UnixTime.now)
  const { id, provider: name } = session
  const unended = (how: string): CloudEnd => ({ id, provider: name, ended: false, how, worst: remaining })
  const provider = providers.get(name)
  const end =
    provider === undefined
      ? unended(`this broker has no provider ${name}; the credentials live until they expire`)
      : yield* Effect.match(provider.revoke(session), {
          onFailure: (error) => unended(error.message),
          onSuccess: ({ how, worst }): CloudEnd => ({ id, provider: name, ended: true, how, worst })
        })
  yield* store.run(
    log.append({
      actor,
      type: "credentials.ended",
      subject: id,
      outcome: end.ended ? "ok" : "failed",
      detail: { provider: name, how: end.how, worst: end.worst }
    })
  )
  return end
})
