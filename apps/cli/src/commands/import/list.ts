import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as LogReader from "../../client/LogReader.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"

const flags = {
  source: Flag.Literals("source", ImportedHistory.Source.literals).pipe(
    Flag.withDescription("Only what this program left"),
    Flag.optional
  ),
  kind: Flag.Literals("kind", ImportedHistory.Kind.literals).pipe(Flag.withDescription("Only these"), Flag.optional),
  limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many"), Flag.withDefault(1000))
}

export const list = Command.make("list", flags, ({ kind, limit, source }) =>
  inProject((project) =>
    Effect.gen(function* () {
      yield* LogReader.permit(project)
      const history = yield* ImportedHistory.ImportedHistory
      const entries = yield* history.list({
        limit,
        ...(Option.isSome(source) ? { source: source.value } : {}),
        ...(Option.isSome(kind) ? { kind: kind.value } : {})
      })
      yield* Output.answer({ project, entries }, ({ dim }) =>
        entries.length === 0
          ? "nothing was imported"
          : Table.render(
              ["SOURCE", "WHAT", "NAME", "STATUS", "TAKEN"],
              entries.map(({ kind, name, source, status, time }) => [
                source,
                kind,
                name,
                status ?? "-",
                UnixTime.toText(time)
              ]),
              dim
            )
      )
    })
  )
).pipe(Command.withAlias("ls"), Command.withDescription("List what was imported; --json with all that stood there"))
