/**
 * Takes a record that an owner or a human has signed: judged at its place in the log, kept with its line, and what it
 * ends is ended, in one transaction (formats §2).
 */
import type { LogHead } from "@bailiwick/core/LogHead"
import * as MemberId from "@bailiwick/core/MemberId"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { Generation } from "@bailiwick/core/ports/Generation"
import type { RecordKind } from "@bailiwick/core/ports/RecordRegistry"
import type { Sha256 } from "@bailiwick/core/Sha256"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Record from "@bailiwick/tokens/Record"
import * as Registry from "@bailiwick/tokens/Registry"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AuthorityView, type View } from "./AuthorityView.ts"
import * as BrokerError from "./BrokerError.ts"
import * as ClockGuard from "./ClockGuard.ts"
import * as Acceptance from "./internal/Acceptance.ts"
import * as Ending from "./internal/Ending.ts"
import type * as Lineage from "./internal/Lineage.ts"

export interface Accepted {
  readonly record: Record.Record
  /** `seq` of its `record.accepted` line: where it counts from. */
  readonly place: number
  readonly generation: number
  /** What it ended: all beneath a rotated or ended delegation, or a revoked member or one made auditor. */
  readonly ended: Ending.Ended
}

/**
 * Accepts one signed record, compact JWS. Entitlement is judged at the very place that the log gives it, so nobody signs
 * into the past; a record that does not stand is refused (`token-refused`), and nothing is changed.
 */
export const accept = Effect.fn("Records.accept")(function* (kind: RecordKind, jws: string) {
  const { actor, beneath, ...accepted } = yield* ClockGuard.transaction((now) =>
    Effect.gen(function* () {
      const view = yield* (yield* AuthorityView).current
      const before = view.registry.now(now)
      const signer = yield* Effect.mapError(Record.signer(kind, jws), BrokerError.fromToken)
      const actor = Option.match(before.bearer(signer), {
        onNone: () => ({}),
        onSome: ({ member }) => (MemberId.isHuman(member) ? { human: member } : {})
      })
      yield* requireNext(kind, jws, view)
      const candidate = yield* Acceptance.place(kind, jws, actor)
      const { accepted, record } = yield* Effect.mapError(
        Registry.admit(view.registry, candidate),
        BrokerError.fromToken
      )
      yield* Acceptance.keep(accepted)
      const beneath = yield* Ending.inStore(ends(record, before, now), { auth: "revoked", credentials: "revoked" })
      const generation = yield* (yield* Generation).bump
      return { record, place: accepted.place, generation, beneath, actor }
    })
  )
  return { ...accepted, ended: yield* Ending.atClouds(beneath, actor) } satisfies Accepted
})

/** Another process that signed for the same place came first: that is no damage, and the next try finds its record. */
const requireNext = Effect.fnUntraced(function* (kind: RecordKind, jws: string, { registry }: View) {
  const record = yield* Effect.mapError(Effect.fromResult(Record.decode(kind, jws)), BrokerError.fromToken)
  const chain = Record.chain(record)
  const length = registry.records.filter((row) => row.kind === kind && row.chain === chain).length
  if (record.payload.seq >= length) return
  return yield* new StoreError({
    reason: "Conflict",
    detail: `another ${kind} record was accepted first`,
    hint: "nothing was changed; look at what is there, then try again"
  })
})

/** What the next record of a chain must carry. */
export interface Next {
  readonly seq: number
  readonly prev?: Sha256
  /** Now, or the predecessor's `iat` where that is later. */
  readonly iat: UnixTime.UnixTime
  readonly log: LogHead
}

/** The place of the next record of a chain, for the client that signs it; `chain` as the registry names chains. */
export const next = Effect.fn("Records.next")(function* (kind: RecordKind, chain: string) {
  const store = yield* StoreTransaction
  return yield* store.run(
    Effect.gen(function* () {
      const { registry } = yield* (yield* AuthorityView).current
      const log = yield* (yield* AuditLog).head
      const now = yield* UnixTime.now
      const last = registry.records.findLast((record) => record.kind === kind && record.chain === chain)
      if (last === undefined) return { seq: 0, iat: now, log } satisfies Next
      const { payload } = yield* Effect.mapError(
        Effect.fromResult(Record.decode(kind, last.jws)),
        BrokerError.fromToken
      )
      const iat = UnixTime.UnixTime.make(Math.max(now, payload.iat))
      return { seq: last.seq + 1, prev: last.hash, iat, log } satisfies Next
    })
  )
})

/** What a record ends by coming into force. */
const ends = (record: Record.Record, before: Registry.View, now: UnixTime.UnixTime): ReadonlyArray<Lineage.Subject> => {
  switch (record.kind) {
    case "project":
      return []
    case "member": {
      const { member, revoked_at: revoked, role } = record.payload
      const demoted = role === "auditor" && Option.exists(before.member(member), (earlier) => earlier.role === "member")
      if (!demoted && (revoked === undefined || revoked > now)) return []
      return MemberId.isHuman(member) ? [{ kind: "human", human: member }] : [{ kind: "agent", agent: member }]
    }
    case "delegation": {
      const { human, agent, verifier, ended } = record.payload
      const isKept = Option.exists(before.delegation(human, agent), (earlier) => earlier.verifier.x === verifier.x)
      return isKept && ended === undefined ? [] : [{ kind: "delegation", human, agent }]
    }
  }
}
