/**
 * What this user knows of a project from outside its store: the founder's key, and the newest log head that was seen.
 *
 * A store that begins with another key, or whose log no longer extends the head, is not the project that was joined.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Kid from "@bailiwick/core/Kid"
import * as LogHead from "@bailiwick/core/LogHead"
import * as ProjectId from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as PrivateJson from "./PrivateJson.ts"

export const Pin = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  founder: Kid.Kid,
  head: LogHead.LogHead
})
export type Pin = typeof Pin.Type

export const read = Effect.fnUntraced(function* (project: ProjectId.ProjectId) {
  return yield* PrivateJson.read((yield* StateDirectory).pin(project), Pin)
})

export const write = Effect.fnUntraced(function* (pin: Pin) {
  yield* PrivateJson.write((yield* StateDirectory).pin(pin.project), Pin, pin)
})
