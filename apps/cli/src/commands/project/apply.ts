import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Records from "@bailiwick/broker/Records"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Record from "@bailiwick/tokens/Record"
import * as LogWatch from "../../client/LogWatch.ts"
import * as ProjectChange from "../../client/ProjectChange.ts"
import * as Unlock from "../../client/Unlock.ts"
import * as Output from "../../ui/Output.ts"
import * as Shown from "../../ui/Shown.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

export const apply = Command.make("apply", { ...ProjectChange.flags, ...Unlock.flags }, ({ file, ...signer }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const standing = yield* Standing.read
      yield* LogWatch.check(standing)
      const { changes, to } = yield* ProjectChange.read(file, standing.view.project)
      if (changes.length === 0) {
        return yield* Output.answer(
          { project, changes, seq: standing.view.project.seq },
          () => `${file} says what is in force`
        )
      }
      const identity = yield* Unlock.identity(project, signer)
      const { iat, log, prev, seq } = yield* Records.next("project", "")
      const payload: ProjectRecord.ProjectRecord = {
        v: 1,
        project,
        seq,
        ...(prev === undefined ? {} : { prev }),
        iat,
        owners: standing.view.project.owners,
        ...to,
        log
      }
      const shown = ProjectChange.lines(changes)
      // Shown on stderr too: with a passphrase from a file nobody sees the terminal's question.
      yield* Output.say(shown.map(Shown.line).join("\n"))
      const { seed } = yield* Unlock.open(identity, signer, {
        about: [`Change what project ${project} allows:`, ...shown],
        payload: { project: payload }
      })
      yield* Records.accept("project", yield* Record.sign({ kind: "project", payload, seed }))
      yield* Output.answer({ project, changes, seq }, () => `record ${seq} of project ${project} is in force`)
    })
  )
).pipe(Command.withDescription("Sign what bailiwick.toml says, as an owner: from then on it is in force"))
