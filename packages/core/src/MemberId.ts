/**
 * Who acts: a human (`you@example.com`), an agent (`ai:claude@acme`) or a sub-agent (`ai:claude/tests@acme`).
 *
 * The alphabets leave nothing that a shell, a CSV cell, a glob or a cloud's session name reads as syntax (formats §1).
 */
import * as Schema from "effect/Schema"
import type { ProjectId } from "./ProjectId.ts"

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
const human = new RegExp(`^(?=.{1,128}$)[a-z0-9]+([._+-][a-z0-9]+)*@${label}(\\.${label})*$`, "u")
const part = "[a-z0-9][a-z0-9._-]{0,31}"
const agent = new RegExp(`^ai:(${part})(?:/(${part}))?@([a-z0-9][a-z0-9-]{0,62})$`, "u")

export const HumanId = Schema.String.pipe(
  Schema.check(Schema.isPattern(human, { message: "a human's id: a lower-case e-mail address" })),
  Schema.brand("MemberId"),
  Schema.brand("HumanId")
)
export type HumanId = typeof HumanId.Type

export const AgentId = Schema.String.pipe(
  Schema.check(Schema.isPattern(agent, { message: "an agent's id: ai:NAME@PROJECT or ai:NAME/LABEL@PROJECT" })),
  Schema.brand("MemberId"),
  Schema.brand("AgentId")
)
export type AgentId = typeof AgentId.Type

export const MemberId = Schema.Union([HumanId, AgentId])
export type MemberId = typeof MemberId.Type

export const isHuman = (id: MemberId): id is HumanId => !id.startsWith("ai:")
export const isAgent = (id: MemberId): id is AgentId => id.startsWith("ai:")

export interface AgentParts {
  readonly name: string
  readonly label: string | undefined
  readonly project: string
}

/** The parts of an agent's id. */
export const agentParts = (id: AgentId): AgentParts => {
  const [, name = "", label, project = ""] = agent.exec(id) ?? []
  return { name, label, project }
}

/** The enrolled agent whose member record stands for `id`: itself, without a LABEL. */
export const enrolled = (id: AgentId): AgentId => {
  const { name, project } = agentParts(id)
  return AgentId.make(`ai:${name}@${project}`)
}

/** Whether the id names this project; a human belongs to none by name. */
export const isOfProject = (id: MemberId, project: ProjectId): boolean =>
  isHuman(id) || agentParts(id).project === project
