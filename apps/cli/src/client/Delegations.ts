/**
 * The standing relation between the person who signs and an agent: found in the store, or signed with the same passphrase
 * where there is none yet (formats §2).
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Records from "@bailiwick/broker/Records"
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import type * as MemberId from "@bailiwick/core/MemberId"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as DelegationKey from "@bailiwick/tokens/DelegationKey"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import * as Record from "@bailiwick/tokens/Record"
import type * as Standing from "../wiring/Standing.ts"

export interface Relation {
  readonly project: ProjectId
  readonly human: MemberId.HumanId
  readonly agent: MemberId.MemberId
}

/** The delegation as it stands; none if there never was one, or if it is ended. */
export const find = (
  { agent, human }: Relation,
  { view }: Standing.Standing
): Option.Option<DelegationRecord.DelegationRecord> =>
  Option.filter(view.delegation(human, agent), ({ ended }) => ended === undefined)

/** What the next record says, but for the verifier, which only the opened identity can derive. */
export const draft = Effect.fnUntraced(function* ({ agent, human, project }: Relation) {
  const { iat, log, prev, seq } = yield* Records.next("delegation", RecordRegistry.delegationChain(human, agent))
  const salt = yield* DelegationKey.newSalt
  return { v: 1, project, human, agent, salt, seq, ...(prev === undefined ? {} : { prev }), iat, log } as const
})
export type Draft = Effect.Success<ReturnType<typeof draft>>

/** As it is shown before it is signed. */
export const shown = (record: Draft) => ({ ...record, verifier: "derived from your identity and this salt" })

/** Derives the delegation key, signs the record, and has the store accept it. */
export const accept = Effect.fnUntraced(function* (record: Draft, identity: PrivateSeed, ended = false) {
  const ed25519 = yield* Ed25519
  const { agent, project, salt } = record
  const key = yield* DelegationKey.derive({ identity, salt, project, agent })
  const { jwk } = yield* ed25519.publicKey(key)
  const payload: DelegationRecord.DelegationRecord = { ...record, verifier: jwk, ...(ended ? { ended: true } : {}) }
  const accepted = yield* Records.accept(
    "delegation",
    yield* Record.sign({ kind: "delegation", payload, seed: identity })
  )
  return { delegation: payload, accepted }
})
