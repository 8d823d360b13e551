/** One line of the audit log (formats §6). Never a secret: ids and keyed hashes. */
import * as Schema from "effect/Schema"
import { EventTypes } from "./EventTypes.ts"
import * as Isolation from "./Isolation.ts"
import * as MemberId from "./MemberId.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as UnixTime from "./UnixTime.ts"

export const Actor = Schema.Struct({
  human: Schema.optionalKey(MemberId.HumanId),
  agent: Schema.optionalKey(MemberId.AgentId),
  /** Storage id of the auth session. */
  session: Schema.optionalKey(Schema.String),
  /** Hash of the leaf's signing input. */
  chain: Schema.optionalKey(Sha256.Sha256)
})
export type Actor = typeof Actor.Type

export const Outcome = Schema.Literals(["ok", "refused", "failed"])
export type Outcome = typeof Outcome.Type

/** The form that every type has, also one that only another program writes. */
const WellFormedType = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z_]+(\.[a-z_]+)*$/u)))

const Detail = Schema.Record(Schema.String, Schema.Json)

/** What happened, before the log gives it its place. */
export const AuditEvent = Schema.Struct({
  actor: Actor,
  type: EventTypes,
  /** What it happened to; may be empty. */
  subject: Schema.String,
  outcome: Outcome,
  detail: Detail
})
export type AuditEvent = typeof AuditEvent.Type

export const LogLine = Schema.Struct({
  v: Schema.Literal(1),
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** Hex SHA-256 of the line before, without its LF; 64 zeros at 0. */
  prev: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/u))),
  time: UnixTime.UnixTime,
  project: ProjectId.ProjectId,
  actor: Actor,
  type: WellFormedType,
  subject: Schema.String,
  outcome: Outcome,
  detail: Detail,
  isolation: Isolation.Isolation
})
export type LogLine = typeof LogLine.Type
