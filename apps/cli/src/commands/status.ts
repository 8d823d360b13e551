import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ClockMark, tolerance } from "@bailiwick/core/ports/ClockMark"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Calling from "../client/Calling.ts"
import * as Output from "../ui/Output.ts"
import * as Report from "../ui/Report.ts"
import { Failure } from "../ui/Failure.ts"
import * as Table from "../ui/Table.ts"
import * as Broker from "../wiring/Broker.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

export const status = Command.make("status", {}, () =>
  inProject((project) =>
    Effect.gen(function* () {
      const { audience, generation, head, now, registry, view } = yield* Standing.read
      const mark = yield* (yield* ClockMark).read
      const isBehind = now + tolerance < mark
      const session = yield* sessionOf(project)
      const { project: directory } = yield* StateDirectory
      const answer = {
        project,
        name: view.project.name,
        isolation: Broker.isolation,
        founder: registry.founder,
        store: { directory: directory(project), authority: audience, generation },
        log: head,
        clock: { now, mark, usable: !isBehind },
        session
      }
      yield* Output.answer(answer, () =>
        Table.pairs([
          ["project", `${project} (${view.project.name})`],
          [
            "isolation",
            `${Broker.isolation}: code that runs as you can read the store, the log and every session's key`
          ],
          ["store", directory(project)],
          ["generation", String(generation)],
          ["log", `${head.size} lines`],
          ["clock", isBehind ? `behind: this store has seen ${UnixTime.toText(mark)}` : "good"],
          ["session", describe(session)]
        ])
      )
    })
  )
).pipe(Command.withDescription("Show where the broker stands, and whether a session is open"))

const describe = (session: Effect.Success<ReturnType<typeof sessionOf>>): string => {
  if (session === null) return "none: bailiwick login"
  if ("refused" in session) return `unusable: ${session.refused}`
  return `${session.agent ?? session.human} until ${UnixTime.toText(session.expires)}`
}

/** The session that a command here would act with; that it is refused is a part of the status, not its failure. */
const sessionOf = (project: Parameters<typeof Calling.find>[0]) =>
  Calling.find(project).pipe(
    Effect.map(
      Option.match({
        onNone: () => null,
        onSome: ({ caller: { agent, expires, human, session } }) => ({ session, human, agent, expires })
      })
    ),
    Effect.catch((error) => {
      const failure = Report.explain(error)
      return Effect.succeed({ refused: failure instanceof Failure ? failure.message : "it cannot be read" })
    })
  )
