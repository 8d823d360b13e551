import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as MemberId from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Found from "../client/Found.ts"
import * as NewIdentity from "../client/NewIdentity.ts"
import * as ProjectFile from "../settings/ProjectFile.ts"
import * as Passphrase from "../terminal/Passphrase.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Table from "../ui/Table.ts"
import * as Project from "../wiring/Project.ts"

const flags = {
  member: Flag.String("member").pipe(
    Flag.withMetavar("E-MAIL"),
    Flag.withDescription("Who you are: the founder and first owner")
  ),
  name: Flag.String("name").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("The project's name for people"),
    Flag.optional
  ),
  file: Flag.String("file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("What the project allows (else bailiwick.toml here, which is written if there is none)"),
    Flag.optional
  ),
  ...NewIdentity.flags,
  ...Passphrase.flags
}

export const init = Command.make("init", flags, (options) =>
  Effect.gen(function* () {
    const project = yield* requireProject
    const member = yield* Effect.mapError(Schema.decodeUnknownEffect(MemberId.HumanId)(options.member), (error) =>
      usage("bad-member", `--member: ${error.message}`)
    )
    yield* Found.requireAbsent(project)
    const { limits, path, written } = yield* limitsOf(project, options.file)
    const identity = yield* NewIdentity.make({ ...options, project, member }).pipe(
      Effect.onError(() => (written ? withdraw(path) : Effect.void))
    )
    const named = { ...limits, name: Option.getOrElse(options.name, () => limits.name) }
    const founded = yield* Found.found({ project, identity, limits: named })
    if (written) yield* Output.say(`wrote ${path}: change it, then sign it with: bailiwick project apply`)
    const { state } = yield* StateDirectory
    yield* Output.answer(
      {
        project,
        member,
        founder: founded.founder,
        isolation: "same-user",
        state,
        created: founded.created,
        file: path
      },
      () =>
        Table.pairs([
          ["project", project],
          ["founder", `${member} (key ${founded.founder})`],
          ["limits", path],
          ["state", state],
          ["isolation", "same-user: code that runs as you can read what lies here; see bailiwick doctor"]
        ])
    )
  })
).pipe(
  Command.withDescription("Make your identity and found a project on this machine"),
  Command.withExamples([{ command: "bailiwick init --project acme --member you@example.com" }])
)

/** Without an identity nothing was begun, and the next attempt may have another name. */
const withdraw = (path: string) => Effect.ignore(Effect.flatMap(FileSystem.FileSystem, (files) => files.remove(path)))

const requireProject = Effect.gen(function* () {
  const named = yield* Project.named
  if (Option.isSome(named)) return named.value
  return yield* usage("missing-flag", "--project is missing", "name the new project, such as: --project acme")
})

/** The limits to sign: from the file that was named or is there, else the starter, which is then written. */
const limitsOf = Effect.fnUntraced(function* (project: ProjectId, named: Option.Option<string>) {
  const files = yield* FileSystem.FileSystem
  const path = Option.getOrElse(named, () => ProjectFile.name)
  const exists = Option.isSome(named) || (yield* files.exists(path))
  if (exists) return { path, limits: yield* ProjectFile.read(path), written: false }
  // `wx`: a file that appeared meanwhile is not overwritten.
  yield* files.writeFileString(path, ProjectFile.starter(project), { flag: "wx" })
  return { path, limits: yield* ProjectFile.read(path), written: true }
})
