/**
 * The accepted records of a project, whole chains, in the order in which the log accepted them (formats §2).
 *
 * The registry keeps; it does not judge. Whoever reads it verifies the signatures again.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Kid from "../Kid.ts"
import type * as MemberId from "../MemberId.ts"
import * as Sha256 from "../Sha256.ts"
import type { StoreError } from "../StoreError.ts"
import * as UnixTime from "../UnixTime.ts"

export const RecordKind = Schema.Literals(["project", "member", "delegation"])
export type RecordKind = typeof RecordKind.Type

export const AcceptedRecord = Schema.Struct({
  kind: RecordKind,
  /** The chain inside its kind: "" for the project, the member's id, or `human` LF `agent`. */
  chain: Schema.String,
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** base64url SHA-256 of the signing input: the `subject` of its acceptance line. */
  hash: Sha256.Sha256,
  /** The signed bytes themselves, compact JWS. */
  jws: Schema.String,
  /** `seq` and `time` of the `record.accepted` line: the place at which entitlement is judged. */
  place: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  time: UnixTime.UnixTime
})
export type AcceptedRecord = typeof AcceptedRecord.Type

/** The chain key of a delegation. */
export const delegationChain = (human: MemberId.HumanId, agent: MemberId.MemberId): string => `${human}\n${agent}`

export class RecordRegistry extends Context.Service<
  RecordRegistry,
  {
    /** Appends to its chain; a `seq` or `hash` that is there already is a `Conflict`. */
    append(record: AcceptedRecord): Effect.Effect<void, StoreError>
    /** Every accepted record, by place. */
    readonly all: Effect.Effect<ReadonlyArray<AcceptedRecord>, StoreError>
    /** Binds a key to its one owner for ever; false if another owner has it (formats §2). */
    claimKey(kid: Kid.Kid, owner: string): Effect.Effect<boolean, StoreError>
  }
>()("@bailiwick/core/ports/RecordRegistry") {}
