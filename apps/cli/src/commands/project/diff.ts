import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as ProjectChange from "../../client/ProjectChange.ts"
import { ExitCode } from "../../ui/ExitCode.ts"
import { Ended } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Shown from "../../ui/Shown.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

export const diff = Command.make("diff", ProjectChange.flags, ({ file }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { view } = yield* Standing.read
      const { changes } = yield* ProjectChange.read(file, view.project)
      yield* Output.answer({ project, file, changes }, () =>
        changes.length === 0 ? `${file} says what is in force` : ProjectChange.lines(changes).map(Shown.line).join("\n")
      )
      if (changes.length > 0) return yield* new Ended({ exit: ExitCode.bad })
    })
  )
).pipe(Command.withDescription("Compare bailiwick.toml with the record in force; exit 1 if they differ"))
