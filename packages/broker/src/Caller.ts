/**
 * Who is calling, taken from a proof that was verified just now: the chain alone says what may be asked for.
 *
 * An agent is never its human: it sees and ends itself and what lies beneath it, and nothing else.
 */
import type { Actor } from "@bailiwick/core/AuditEvent"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type * as MemberId from "@bailiwick/core/MemberId"
import type { AuthSession } from "@bailiwick/core/ports/AuthSessionStore"
import type { StorageId } from "@bailiwick/core/StorageId"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import type { VerifiedChain } from "@bailiwick/tokens/Chain"
import type { BrokerError } from "./BrokerError.ts"

/** What a caller may do beyond their own: an owner everything, an auditor read everything and change nothing. */
export type Standing = "owner" | "auditor" | "member" | "agent"

export interface Caller {
  readonly kind: "human" | "agent"
  readonly human: MemberId.HumanId
  readonly agent?: MemberId.AgentId
  readonly standing: Standing
  readonly session: StorageId
  /** The authority that acts: policy, targets, budget. Absent for a person without a terminal grant. */
  readonly chain?: VerifiedChain
  /** Why a person's terminal grant gives no authority any more. */
  readonly ungranted?: BrokerError
  readonly expires: UnixTime
  /** When this was found to be so: in another generation or second it is found out again. */
  readonly checked: { readonly generation: number; readonly time: UnixTime }
}

/** How the log names the caller. */
export const actor = (caller: Caller): Actor => {
  const leaf = caller.chain?.hashes.at(-1)
  return {
    human: caller.human,
    ...(caller.agent === undefined ? {} : { agent: caller.agent }),
    session: caller.session,
    ...(leaf === undefined ? {} : { chain: leaf })
  }
}

/** Who acts, for records that name one member. */
export const member = (caller: Caller): MemberId.MemberId => caller.agent ?? caller.human

/** Whether an auth session is the caller's own or lies beneath it. */
export const owns = (caller: Caller, session: AuthSession): boolean => {
  if (session.human !== caller.human) return false
  if (caller.kind === "human") return true
  const leaf = caller.chain?.leaf.jti
  return session.id === caller.session || (leaf !== undefined && session.lineage.includes(leaf))
}

const readsAll = (caller: Caller) => caller.standing === "owner" || caller.standing === "auditor"

export const maySee = (caller: Caller, session: AuthSession): boolean => readsAll(caller) || owns(caller, session)

/** Whether a human's things may be seen: one's own, or all for those who read all. An agent sees by session alone. */
export const maySeeHuman = (caller: Caller, human: MemberId.HumanId): boolean =>
  readsAll(caller) || (caller.kind === "human" && caller.human === human)

/** A credential session is seen with the auth session that it was issued to. */
export const maySeeCredential = (
  caller: Caller,
  credential: CredentialSession,
  owned: ReadonlySet<StorageId>
): boolean => maySeeHuman(caller, credential.human) || owned.has(credential.auth_session_id)
