/**
 * Ends what time has ended and forgets what can no longer matter. Everything that decides does so without it: a sweep
 * only makes the store say what is already so.
 */
import type * as CredentialSession from "@bailiwick/core/CredentialSession"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { NonceLedger } from "@bailiwick/core/ports/NonceLedger"
import { RevocationList } from "@bailiwick/core/ports/RevocationList"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as ClockGuard from "./ClockGuard.ts"
import * as Ending from "./internal/Ending.ts"

/** Seconds after which an intent without a result is taken for abandoned: no cloud is waited for so long. */
export const abandonedAfter = 300

/** The clock's jump, in seconds, beyond which nothing is forgotten: it may be wrong, and what is gone is gone. */
export const longestJump = 3600

export interface Swept {
  readonly expired: number
  /** Intents without a result, each with what its cloud said to being ended. */
  readonly abandoned: ReadonlyArray<Ending.CloudEnd>
  /** Nonces and revocations forgotten; none after a jump of the clock. */
  readonly pruned: number
  readonly jumped: boolean
}

/** Sweeps once; refused under a clock set back (`clock-set-back`). */
export const run = Effect.fn("Sweep.run")(function* () {
  const marks = yield* ClockMark
  const { abandoned, ...swept } = yield* Effect.flatMap(marks.read, (mark) =>
    ClockGuard.transaction((now) =>
      Effect.gen(function* () {
        const jumped = now - mark > longestJump
        const store = yield* CredentialSessionStore
        const active = yield* store.list({ status: "active", limit: Number.MAX_SAFE_INTEGER })
        const abandoned = active.filter((session) => isAbandoned(session, now))
        const expired = active.filter((session) => session.issue_count > 0 && session.expires_at <= now)
        yield* Effect.forEach(abandoned, (session) => end(session, "failed"))
        yield* Effect.forEach(expired, (session) => end(session, "expired"))
        const pruned = jumped ? 0 : yield* prune(now)
        return { abandoned, expired: expired.length, pruned, jumped }
      })
    )
  )
  const ends = yield* Effect.forEach(abandoned, (session) => Ending.atCloud(session, {}))
  return { ...swept, abandoned: ends } satisfies Swept
})

/** Written ahead, and nobody came back: the process died, or could not write the result. */
const isAbandoned = (session: CredentialSession.CredentialSession, now: UnixTime) =>
  session.issue_count === 0 && session.created_at + abandonedAfter <= now

const end = Effect.fnUntraced(function* (session: CredentialSession.CredentialSession, status: "expired" | "failed") {
  const store = yield* CredentialSessionStore
  const log = yield* AuditLog
  if (!(yield* store.update({ ...session, status }))) return
  yield* log.append({
    actor: {},
    type: `credentials.${status}`,
    subject: session.id,
    outcome: status === "expired" ? "ok" : "failed",
    detail: status === "expired" ? { expires: session.expires_at } : { provider: session.provider, reason: "NoResult" }
  })
})

const prune = Effect.fnUntraced(function* (now: UnixTime) {
  const nonces = yield* (yield* NonceLedger).prune(now)
  const revocations = yield* (yield* RevocationList).prune(now)
  if (nonces + revocations > 0) {
    yield* (yield* AuditLog).append({
      actor: {},
      type: "sweep.pruned",
      subject: "",
      outcome: "ok",
      detail: { nonces, revocations }
    })
  }
  return nonces + revocations
})
