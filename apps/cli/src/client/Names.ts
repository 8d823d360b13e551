/** Members as people type them: an agent's bare name stands for `ai:NAME@PROJECT`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as MemberId from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { usage } from "../ui/Failure.ts"
import * as Suggest from "../ui/Suggest.ts"
import type * as Standing from "../wiring/Standing.ts"

export const agent = Effect.fnUntraced(function* (text: string, project: ProjectId) {
  const id = text.startsWith("ai:") ? text : `ai:${text}@${project}`
  const agent = yield* Effect.mapError(Schema.decodeUnknownEffect(MemberId.AgentId)(id), () =>
    usage(
      "bad-agent",
      `${JSON.stringify(text)} is no agent's name`,
      "a-z, 0-9, '.', '_' and '-', at most 32; or in full ai:NAME@PROJECT"
    )
  )
  if (MemberId.isOfProject(agent, project)) return agent
  return yield* usage(
    "wrong-project",
    `${agent} belongs to another project than ${project}`,
    "choose the project with --project"
  )
})

/** An agent that is enrolled and in force; a sub-agent by its NAME. */
export const enrolled = Effect.fnUntraced(function* (text: string, { registry, view }: Standing.Standing) {
  const id = yield* agent(text, registry.project)
  if (view.memberInForce(id)._tag === "Some") return id
  const names = view.members.filter(({ kind }) => kind === "agent").map(({ member }) => member)
  const known = Suggest.hint(id, names)
  const enrol = `enrol it: bailiwick agent add ${MemberId.agentParts(id).name}`
  return yield* usage(
    "unknown-member",
    `${MemberId.enrolled(id)} is not a member in force of project ${registry.project}`,
    `${known === undefined ? "" : `${known}${known.endsWith("?") ? " Or" : "; or"} `}${enrol}`
  )
})
