/**
 * Finds out who is calling, in one order for everybody: limits, the chain under the project's records, times,
 * revocations, redemptions, then possession of the session's key, and for a person the terminal (formats §3-4).
 *
 * There is no falling back: a session that is named and cannot act is an error, and never becomes its human.
 */
import * as MemberId from "@bailiwick/core/MemberId"
import { type AuthSession, AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { StorageId } from "@bailiwick/core/StorageId"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AuthorityView, type View } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import type { Caller } from "./Caller.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Person from "./internal/Person.ts"
import * as Proof from "./internal/Proof.ts"
import * as Redemptions from "./internal/Redemptions.ts"

/** What a process on this machine shows: the value of `BAILIWICK_SESSION`, and where it stands. */
export interface LocalProof {
  readonly session: StorageId
  readonly seed: PrivateSeed
  /** The binding of the terminal it runs on; a person's session acts on its own terminal only. */
  readonly binding?: Sha256
}

/** Authenticates; notes the use of a person's session, which idles out. */
export const authenticate = Effect.fn("Authenticate.authenticate")(function* (proof: LocalProof) {
  const store = yield* StoreTransaction
  const ed25519 = yield* Ed25519
  return yield* store.run(
    Effect.gen(function* () {
      const sessions = yield* AuthSessionStore
      const now = yield* ClockGuard.time
      const session = yield* find(proof.session)
      const { caller, key, binding } = yield* verify(session, now)
      if (!PublicKey.equals(yield* ed25519.publicKey(proof.seed), key)) {
        return yield* unusable("the key does not belong to it")
      }
      if (binding !== undefined && binding !== proof.binding) {
        return yield* unusable("it was opened on another terminal")
      }
      if (caller.kind === "human") yield* sessions.touch(session.id, now)
      return caller
    })
  )
})

/**
 * The same caller as things stand now; only inside a transaction. Possession was proved before and is not asked again.
 *
 * Whatever ends a caller raises the generation or is a matter of time, so within one generation and one second nothing
 * needs to be found out anew.
 */
export const recheck = Effect.fnUntraced(function* (caller: Caller, now: UnixTime.UnixTime) {
  const { generation } = yield* (yield* AuthorityView).current
  if (caller.checked.generation === generation && caller.checked.time === now) return caller
  return (yield* verify(yield* find(caller.session), now)).caller
})

const find = Effect.fnUntraced(function* (id: StorageId) {
  const session = yield* (yield* AuthSessionStore).find(id)
  if (Option.isNone(session)) return yield* unusable("this store does not know it")
  if (session.value.status === "closed") return yield* unusable("it was closed")
  if (session.value.status === "revoked") return yield* unusable("it was revoked")
  return session.value
})

/** Everything but possession and the terminal; gives back what those are compared with. */
const verify = Effect.fnUntraced(function* (session: AuthSession, now: UnixTime.UnixTime) {
  const view = yield* (yield* AuthorityView).current
  return session.kind === "agent" ? yield* agent(session, view, now) : yield* human(session, view, now)
})

const agent = Effect.fnUntraced(function* (session: AuthSession, view: View, now: UnixTime.UnixTime) {
  const chain = yield* Redemptions.verify(yield* Proof.chain(session.proof), view, now, "use")
  // A terminal grant's chain alone is no session: it acts only inside its human's SessionToken (formats §4).
  if (MemberId.isHuman(chain.agent) || chain.kind !== "session") return yield* unusable("its chain ends in no session")
  const caller: Caller = {
    kind: "agent",
    human: chain.human,
    agent: chain.agent,
    standing: "agent",
    session: session.id,
    chain,
    expires: chain.exp,
    checked: { generation: view.generation, time: now }
  }
  return { caller, key: chain.leafKey, binding: undefined }
})

const human = Effect.fnUntraced(function* (session: AuthSession, view: View, now: UnixTime.UnixTime) {
  const token = yield* Proof.sessionToken(session.proof)
  const { claims, key, delegation, standing } = yield* Person.verify(token, view, { now, since: session.created })
  const idle = ProjectRecord.ttlCap(view.registry.now(now).project, "human_idle")
  if (now - session.used >= idle) return yield* unusable(`it was idle for ${idle} s or more`)
  // The grant has its own life: when it is over, the person may still read and revoke, and hears why nothing is issued.
  const grant = Option.isNone(delegation)
    ? {}
    : yield* Redemptions.verify(delegation.value, view, now, "use").pipe(
        Effect.map((chain) => ({ chain })),
        Effect.catchTag("BrokerError", (ungranted) => Effect.succeed({ ungranted }))
      )
  const caller: Caller = {
    kind: "human",
    human: claims.member,
    standing,
    session: session.id,
    ...grant,
    expires: claims.expires,
    checked: { generation: view.generation, time: now }
  }
  return { caller, key, binding: claims.binding }
})

const unusable = (why: string) => Effect.fail(BrokerError.make(new BrokerError.SessionUnusable({ why })))
