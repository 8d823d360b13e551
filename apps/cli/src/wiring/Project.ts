/** Which project a command works in. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProjectId from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Store from "@bailiwick/storage/Store"
import * as Settings from "../settings/Settings.ts"
import { usage } from "../ui/Failure.ts"
import * as Globals from "../ui/Globals.ts"
import * as Suggest from "../ui/Suggest.ts"

/** The projects that have a store on this machine. */
export const present = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const directory = yield* StateDirectory
  const names = yield* Effect.orElseSucceed(files.readDirectory(directory.state), (): Array<string> => [])
  const isProject = Schema.is(ProjectId.ProjectId)
  const projects = names.filter((name) => isProject(name))
  return yield* Effect.filter(projects, (project) =>
    Effect.orElseSucceed(files.exists(Store.filename(directory.project(project))), () => false)
  )
})

/** The project that `--project` names, whether it exists or not. */
export const flagged = Effect.gen(function* () {
  const flag = yield* Globals.Project
  if (Option.isNone(flag)) return Option.none<ProjectId.ProjectId>()
  const project = Schema.decodeUnknownOption(ProjectId.ProjectId)(flag.value)
  if (Option.isNone(project)) {
    return yield* usage(
      "bad-project",
      "--project names no project",
      "a-z, 0-9 and -, at most 63 characters, not first a -"
    )
  }
  return project
})

/** The project that was named by flag, variable or file, whether it exists or not. */
export const named = Effect.gen(function* () {
  const flag = yield* flagged
  return Option.isSome(flag) ? flag : (yield* Settings.Settings).project
})

/** The project, if it has a store on this machine. */
export const require = Effect.fnUntraced(function* (project: ProjectId.ProjectId) {
  const here = yield* present
  if (here.includes(project)) return project
  return yield* usage(
    "unknown-project",
    `there is no project ${project} on this machine`,
    Suggest.hint(project, here) ?? "found it: bailiwick init"
  )
})

/** The project that was named, else the only one on this machine. */
export const current = Effect.gen(function* () {
  const chosen = yield* named
  if (Option.isSome(chosen)) return yield* require(chosen.value)
  const here = yield* present
  const [only, another] = here
  if (only === undefined)
    return yield* usage("no-project", "there is no project on this machine", "found one: bailiwick init")
  if (another !== undefined) {
    return yield* usage(
      "which-project",
      "there are several projects on this machine",
      `choose with --project: ${here.join(", ")}`
    )
  }
  return only
})

/** The project of an identity: the one that was named need have no store here, for an identity travels. */
export const identity = Effect.gen(function* () {
  const chosen = yield* named
  return Option.isSome(chosen) ? chosen.value : yield* current
})
