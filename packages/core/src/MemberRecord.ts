/** The record of one member, signed by an owner: who they are, with which key, since when and until when (formats §2). */
import * as Schema from "effect/Schema"
import * as Alias from "./Alias.ts"
import * as Jwk from "./Jwk.ts"
import * as LogHead from "./LogHead.ts"
import * as MemberId from "./MemberId.ts"
import * as Policy from "./Policy.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import { defaultMaximum, UniqueList } from "./UniqueList.ts"
import * as UnixTime from "./UnixTime.ts"

const coherent = Schema.makeFilter(
  (record: {
    readonly member: string
    readonly kind: "human" | "agent"
    readonly role: "member" | "auditor"
    readonly project: string
    readonly jwk?: unknown
    readonly valid_from: number
    readonly revoked_at?: number
  }) => {
    if (record.member.startsWith("ai:") !== (record.kind === "agent")) return "kind and member disagree"
    if (record.kind === "human") return record.jwk === undefined ? "a human has a jwk" : undefined
    const { label, project } = MemberId.agentParts(MemberId.AgentId.make(record.member))
    if (label !== undefined) return "an agent is enrolled without a label"
    if (project !== record.project) return "the agent names another project"
    if (record.role !== "member") return "an agent's role is member"
    return undefined
  }
)

export const MemberRecord = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  member: MemberId.MemberId,
  kind: Schema.Literals(["human", "agent"]),
  role: Schema.Literals(["member", "auditor"]),
  jwk: Schema.optionalKey(Jwk.Jwk),
  ceiling: Schema.optionalKey(Policy.Policy),
  targets: Schema.optionalKey(UniqueList(Alias.Alias, { minimum: 0, maximum: defaultMaximum })),
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  prev: Schema.optionalKey(Sha256.Sha256),
  iat: UnixTime.UnixTime,
  valid_from: UnixTime.UnixTime,
  revoked_at: Schema.optionalKey(UnixTime.UnixTime),
  log: LogHead.LogHead
}).check(coherent)
export type MemberRecord = typeof MemberRecord.Type

/** In force iff `valid_from <= at < revoked_at` (formats §2). */
export const isInForce = (record: MemberRecord, at: UnixTime.UnixTime): boolean =>
  record.valid_from <= at && (record.revoked_at === undefined || at < record.revoked_at)
