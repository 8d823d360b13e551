/**
 * The standing relation between a human and an agent, signed by that human (formats §2).
 *
 * `agent` = `human` is the relation under terminal grants. Rotating is a successor with a new salt, hence a new
 * verifier: every token under the old one stops verifying.
 */
import * as Schema from "effect/Schema"
import * as Base64Url from "./Base64Url.ts"
import * as Jwk from "./Jwk.ts"
import * as LogHead from "./LogHead.ts"
import * as MemberId from "./MemberId.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as UnixTime from "./UnixTime.ts"

const coherent = Schema.makeFilter(
  (record: { readonly human: string; readonly agent: string; readonly project: string }) => {
    if (record.agent === record.human) return undefined
    if (!record.agent.startsWith("ai:")) return "a human delegates to an agent or to their own terminal"
    const { label, project } = MemberId.agentParts(MemberId.AgentId.make(record.agent))
    if (label !== undefined) return "a delegation names an agent without a label"
    return project === record.project ? undefined : "the agent names another project"
  }
)

export const DelegationRecord = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  human: MemberId.HumanId,
  agent: MemberId.MemberId,
  verifier: Jwk.Jwk,
  salt: Base64Url.ofLength(32),
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  prev: Schema.optionalKey(Sha256.Sha256),
  iat: UnixTime.UnixTime,
  ended: Schema.optionalKey(Schema.Literal(true)),
  log: LogHead.LogHead
}).check(coherent)
export type DelegationRecord = typeof DelegationRecord.Type
