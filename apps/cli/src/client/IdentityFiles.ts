/** The identity files of this user: one for each project and human member. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as MemberId from "@bailiwick/core/MemberId"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Identity from "@bailiwick/tokens/Identity"
import * as Path from "node:path"
import { login, usage } from "../ui/Failure.ts"
import * as Suggest from "../ui/Suggest.ts"

const path = (project: ProjectId.ProjectId, member: MemberId.HumanId) =>
  Effect.map(StateDirectory, (directory) => directory.identity(project, member))

/** The members whose identity lies here; names that are no member's are passed over. */
export const members = Effect.fnUntraced(function* (project: ProjectId.ProjectId) {
  const files = yield* SecretFiles
  const names = yield* files.list(Path.join((yield* StateDirectory).config, "identities", project))
  const isMember = Schema.is(MemberId.HumanId)
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .filter(isMember)
})

/** The member who is meant: the one named, else the only one there is. */
export const choose = Effect.fnUntraced(function* (project: ProjectId.ProjectId, named: Option.Option<string>) {
  const here = yield* members(project)
  if (Option.isSome(named)) {
    const found = here.find((member) => member === named.value)
    if (found !== undefined) return found
    return yield* login(
      "no-identity",
      `there is no identity of ${named.value} for ${project} here`,
      Suggest.hint(named.value, here)
    )
  }
  const [only, another] = here
  if (only === undefined) {
    return yield* login(
      "no-identity",
      `there is no identity for project ${project} here`,
      "found a project: bailiwick init"
    )
  }
  if (another !== undefined) {
    return yield* usage(
      "which-member",
      `there are several identities for project ${project}`,
      `choose with --member: ${here.join(", ")}`
    )
  }
  return only
})

export const read = Effect.fnUntraced(function* (project: ProjectId.ProjectId, member: MemberId.HumanId) {
  const files = yield* SecretFiles
  const bytes = yield* files.read(yield* path(project, member), Identity.maxBytes)
  if (Option.isNone(bytes)) return yield* login("no-identity", `there is no identity of ${member} for ${project} here`)
  return yield* Identity.parse(new TextDecoder().decode(bytes.value))
})

export const write = Effect.fnUntraced(function* (file: Identity.File) {
  const files = yield* SecretFiles
  const place = yield* path(file.project, file.member)
  yield* files.ensureDirectory(Path.dirname(place))
  yield* files.write(place, new TextEncoder().encode(Identity.format(file)))
})

/** False if there is one: an identity is never overwritten by a new one. */
export const create = Effect.fnUntraced(function* (file: Identity.File) {
  const files = yield* SecretFiles
  const place = yield* path(file.project, file.member)
  yield* files.ensureDirectory(Path.dirname(place))
  return yield* files.create(place, new TextEncoder().encode(Identity.format(file)))
})
