/** The holder key of an enrolled agent on this machine, from `agent keygen`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Jwk from "@bailiwick/core/Jwk"
import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as PrivateJson from "./PrivateJson.ts"
import { Seed } from "./Seed.ts"

export const AgentKey = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  agent: MemberId.AgentId,
  jwk: Jwk.Jwk,
  seed: Seed
})
export type AgentKey = typeof AgentKey.Type

/** A sub-agent's label has no key of its own: it gets the one of its NAME. */
export const read = Effect.fnUntraced(function* (project: ProjectId.ProjectId, agent: MemberId.AgentId) {
  return yield* PrivateJson.read((yield* StateDirectory).agent(project, agent), AgentKey)
})

/** False if this agent has a key here: one that is in use is never overwritten. */
export const create = Effect.fnUntraced(function* (key: AgentKey) {
  return yield* PrivateJson.create((yield* StateDirectory).agent(key.project, key.agent), AgentKey, key)
})
