/**
 * One mint for all processes of a user that ask for the very same in one session: `credential-process` and `export`.
 *
 * Under a lock per session and digest each looks into the sealed cache (formats §4) before the cloud is asked, and what is
 * given is sealed before the lock is released. It decides nothing: each process has authenticated and decided for itself,
 * and asks here only about a session that the store has just shown to be active.
 */
import * as Issue from "@bailiwick/broker/Issue"
import type * as Decide from "@bailiwick/broker/Decide"
import type { LocalProof } from "@bailiwick/broker/Authenticate"
import { Minted } from "@bailiwick/broker/Minted"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import type { Sha256 } from "@bailiwick/core/Sha256"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import * as SealedCache from "@bailiwick/delivery/SealedCache"
import * as ProcessLock from "@bailiwick/storage/ProcessLock"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Clock from "effect/Clock"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "node:path"
import * as Output from "../ui/Output.ts"
import type * as Calling from "./Calling.ts"
import * as CloudRefusal from "./CloudRefusal.ts"

/** Longer than a login and a call to a cloud take but for a rare one, and shorter than the minute of the quickest SDK. */
export const patience = "45 seconds"

/** Issues as `Issue.issue` does, with what another process of this session was given for the same. */
export const issue = ({
  calling: { caller, proof },
  project,
  request
}: {
  readonly calling: Calling.Calling
  readonly project: ProjectId
  readonly request: Decide.Request
}) =>
  Effect.provideServiceEffect(
    Issue.issue({ caller, request }),
    Minted,
    make({ project, proof, expires: caller.expires })
  )

/** When the cloud gave the credentials of a session that it has given some for, by the store's own record. */
export const obtained = ({ created_at, renewed_at }: CredentialSession): UnixTime.UnixTime => renewed_at ?? created_at

/** For one session alone: its key opens what was sealed, and its end is the end of what is. */
export const make = Effect.fnUntraced(function* (options: {
  readonly project: ProjectId
  readonly proof: Pick<LocalProof, "seed" | "session">
  readonly expires: UnixTime.UnixTime
}) {
  const state = yield* StateDirectory
  const files = yield* SecretFiles
  const services = yield* Effect.context<SecretFiles | SecureRandom.SecureRandom>()
  const { expires, project, proof } = options
  const { seed, session } = proof

  const entry = (reuse: Sha256) => state.cacheEntry(project, session, reuse)
  const place = ({ provider, reuse }: CredentialSession): SealedCache.Place => ({
    path: entry(reuse),
    seed,
    session,
    reuse,
    provider
  })

  return Minted.of({
    alone: Effect.fnUntraced(function* (reuse, flight) {
      const arrived = yield* Clock.currentTimeMillis
      const path = entry(reuse)
      yield* files.ensureDirectory(Path.dirname(path))
      const locked = lock(path, session, reuse)
      yield* ProcessLock.acquire({ path: locked, guards: "the same question to the cloud", patience }).pipe(
        Effect.mapError((error) => (error.reason === "Damaged" ? damaged(locked) : error))
      )
      const refusal = { path: path.replace(/\.json$/u, ".refused.json"), seed, session, reuse }
      return yield* Effect.provideService(CloudRefusal.shared(refusal, arrived, flight), SecretFiles, files)
    }, Effect.scoped),

    find: (of, { generation, now }) =>
      // Only what the record speaks of: what was sealed for a session that has ended, or before a mint that could not be
      // sealed, has another end.
      of.issue_count === 0 || of.auth_session_id !== session || of.expires_at <= now
        ? Effect.succeedNone
        : SealedCache.read(place(of), { generation, minimum: 0 }).pipe(
            Effect.map(
              Option.filter(
                ({ expires }) =>
                  expires === of.expires_at && now < CredentialLease.renewalTime(obtained(of), of.expires_at)
              )
            ),
            Effect.provideContext(services)
          ),

    keep: (of, credentials, { generation }) =>
      SealedCache.write(place(of), {
        credentials,
        not_after: UnixTime.earliest(credentials.expires, expires),
        generation
      }).pipe(
        Effect.catchTag("StoreError", (error) => Output.warn(`these credentials are not kept: ${error.message}`)),
        Effect.provideContext(services)
      )
  })
})

// Nothing is kept in it, so nothing is lost with it; no backup holds one.
const damaged = (path: string) =>
  new StoreError({
    reason: "Damaged",
    detail: `${path} is damaged, or no lock of this program`,
    hint: "delete it, then ask again: it is empty, and made anew when it is needed"
  })

/**
 * A few files for each session, chosen by the first byte of the digest. Two requests may share one and then wait for each
 * other, which costs time alone. They go with the session, whose end every waiter is told by the store.
 */
const lock = (entry: string, session: string, reuse: Sha256): string => {
  const [stripe = 0] = Buffer.from(reuse, "base64url")
  return Path.join(Path.dirname(entry), `${session}-${stripe.toString(16).padStart(2, "0")}.lock`)
}
