/**
 * Begins a project in an empty store: its keys, its record 0 and the founder's member record, in one transaction.
 *
 * The client signs both records with an identity that the broker never sees; the broker verifies, and keeps.
 */
import type { Kid } from "@bailiwick/core/Kid"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { Generation } from "@bailiwick/core/ports/Generation"
import { KeyRing, type KeyPurpose } from "@bailiwick/core/ports/KeyRing"
import { type AcceptedRecord, RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import * as Record from "@bailiwick/tokens/Record"
import * as Registry from "@bailiwick/tokens/Registry"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BrokerError from "./BrokerError.ts"
import * as ClockGuard from "./ClockGuard.ts"
import { Installation } from "./Installation.ts"
import * as Acceptance from "./internal/Acceptance.ts"

/** Both signed by the founder, one of the project's owners, over an empty log head. */
export interface FoundingRecords {
  /** Record 0 of the project, compact JWS. */
  readonly project: string
  /** The founder's member record, compact JWS. */
  readonly member: string
}

export interface Founded {
  readonly project: ProjectId
  /** What every client pins. */
  readonly founder: Kid
  /** False when the same founder had founded it before: nothing was changed. */
  readonly created: boolean
}

const purposes = ["authority", "log", "agents-oidc"] as const satisfies ReadonlyArray<KeyPurpose>

/**
 * Founds the project. The same founder a second time changes nothing; another one is refused (`already-founded`), and
 * so are records that do not verify (`token-refused`) or name another project (`wrong-project`).
 */
export const init = Effect.fn("Founding.init")(function* (records: FoundingRecords) {
  const installation = yield* Installation
  return yield* ClockGuard.transaction((now) =>
    Effect.gen(function* () {
      const [standing] = yield* (yield* RecordRegistry).all
      if (standing !== undefined) return yield* again(standing, records)

      const ring = yield* KeyRing
      for (const purpose of purposes) {
        if ((yield* ring.keys(purpose)).length === 0) yield* ring.create(purpose, now)
      }
      const log = yield* AuditLog
      yield* log.append({
        actor: {},
        type: "project.created",
        subject: installation.project,
        outcome: "ok",
        detail: { founder: yield* founderOf(records.project) }
      })
      const project = yield* placed("project", records.project)
      const member = yield* placed("member", records.member)
      const registry = yield* Effect.mapError(Registry.build([project, member]), BrokerError.fromToken)
      if (registry.project !== installation.project) return yield* BrokerError.token(new TokenError.WrongProject())
      yield* Acceptance.keep(project)
      yield* Acceptance.keep(member)
      yield* (yield* Generation).bump
      return { project: registry.project, founder: registry.founder, created: true } satisfies Founded
    })
  )
})

/** The founder of this store's project, if there is one: to be asked before anybody types a passphrase for `init`. */
export const find = Effect.fn("Founding.find")(function* () {
  const [first] = yield* (yield* RecordRegistry).all
  return first === undefined ? Option.none<Kid>() : Option.some(yield* founderOf(first.jws))
})

const again = Effect.fnUntraced(function* (standing: AcceptedRecord, records: FoundingRecords) {
  const { project } = yield* Installation
  const founder = yield* founderOf(standing.jws)
  return (yield* founderOf(records.project)) === founder
    ? ({ project, founder, created: false } satisfies Founded)
    : yield* BrokerError.make(new BrokerError.AlreadyFounded({ project, founder }))
})

const placed = (kind: "project" | "member", jws: string) =>
  Effect.flatMap(Acceptance.place(kind, jws, {}), (candidate) =>
    Effect.mapError(Registry.row(candidate), BrokerError.fromToken)
  )

const founderOf = (jws: string) => Effect.mapError(Record.signer("project", jws), BrokerError.fromToken)
