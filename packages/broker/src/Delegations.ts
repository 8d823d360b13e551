/**
 * The standing relations that the caller may see. They begin, rotate and end by a record that their human signs: the
 * client builds it on `Records.next`, and `Records.accept` ends all beneath a rotated or ended one.
 */
import type { DelegationRecord } from "@bailiwick/core/DelegationRecord"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import * as Effect from "effect/Effect"
import { AuthorityView } from "./AuthorityView.ts"
import * as Caller from "./Caller.ts"
import { asOfNow } from "./internal/AsOfNow.ts"
import * as Lineage from "./internal/Lineage.ts"

export interface Delegation {
  /** The newest record. */
  readonly record: DelegationRecord
  /** How many auth sessions beneath it are open. */
  readonly sessions: number
}

/** A person's own, all for owners and auditors, and for an agent those that its chain passes through. */
export const list = Effect.fn("Delegations.list")((caller: Caller.Caller) =>
  asOfNow(caller, (current, now) =>
    Effect.gen(function* () {
      const { registry } = yield* (yield* AuthorityView).current
      const open = (yield* (yield* AuthSessionStore).list).filter(
        ({ status, expires }) => status === "active" && now < expires
      )
      const above = current.kind === "agent" && current.chain !== undefined ? Lineage.names(current.chain.tokens) : []
      const visible = registry
        .now(now)
        .delegations.filter(
          ({ human, agent }) =>
            Caller.maySeeHuman(current, human) || (human === current.human && above.some((name) => name === agent))
        )
      return yield* Effect.forEach(visible, (record) =>
        Effect.map(
          Lineage.beneath({ kind: "delegation", human: record.human, agent: record.agent }, open),
          (sessions): Delegation => ({ record, sessions: sessions.length })
        )
      )
    })
  )
)
