/**
 * What there is to see: one's own sessions and those beneath, all for owners and auditors. A stranger's id answers as an
 * unknown one.
 */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { type AuthSession, AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { CredentialSessionStore, type Filter } from "@bailiwick/core/ports/CredentialSessionStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import { asOfNow } from "./internal/AsOfNow.ts"
import * as Revocations from "./internal/Revocations.ts"

/** How many are listed unless said. */
export const defaultLimit = 100

/** An auth session as it is shown: without its proof, which only verifies and tells nothing. */
export type Shown = Omit<AuthSession, "proof">

/** The caller's credential sessions, newest first. */
export const list = Effect.fn("Sessions.list")((caller: Caller.Caller, filter: Filter = {}) =>
  asOfNow(caller, (current) =>
    Effect.gen(function* () {
      const store = yield* CredentialSessionStore
      const owned = yield* ownedBy(current)
      const found = yield* store.list({ ...filter, limit: Number.MAX_SAFE_INTEGER })
      return found
        .filter((session) => Caller.maySeeCredential(current, session, owned))
        .slice(0, filter.limit ?? defaultLimit)
    })
  )
)

/** One credential session. */
export const show = Effect.fn("Sessions.show")((caller: Caller.Caller, id: CredentialSessionId) =>
  asOfNow(caller, (current) =>
    Effect.gen(function* () {
      const found = yield* (yield* CredentialSessionStore).find(id)
      const owned = yield* ownedBy(current)
      return Option.isSome(found) && Caller.maySeeCredential(current, found.value, owned)
        ? found.value
        : yield* BrokerError.unknown("session", id)
    })
  )
)

/** The auth sessions that the caller may see, oldest first. */
export const auth = Effect.fn("Sessions.auth")((caller: Caller.Caller) =>
  asOfNow(caller, (current) =>
    Effect.gen(function* () {
      const all = yield* (yield* AuthSessionStore).list
      return all
        .filter((session) => Caller.maySee(current, session))
        .map((session): Shown => Struct.omit(session, ["proof"]))
    })
  )
)

/**
 * Ends a credential session in good order, as the run that it was for is over; only for the chain that issued it. Every
 * run has a session of its own, so no other cache holds its credentials and no generation passes.
 */
export const complete = Effect.fn("Sessions.complete")((caller: Caller.Caller, credential: CredentialSessionId) =>
  Revocations.end(
    caller,
    { type: "credentials.completed", reason: "completed", auth: "closed", credentials: "completed", quietly: true },
    ({ session }) =>
      Effect.gen(function* () {
        const found = yield* (yield* CredentialSessionStore).find(credential)
        return Option.exists(found, ({ auth_session_id }) => auth_session_id === session)
          ? { kind: "credential-session" as const, credential }
          : yield* BrokerError.unknown("session", credential)
      })
  )
)

const ownedBy = Effect.fnUntraced(function* (caller: Caller.Caller) {
  const all = yield* (yield* AuthSessionStore).list
  return new Set(all.filter((session) => Caller.owns(caller, session)).map(({ id }) => id))
})
