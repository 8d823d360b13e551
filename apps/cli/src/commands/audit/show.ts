import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as LogLine from "@bailiwick/audit/LogLine"
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as LogReader from "../../client/LogReader.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"

const flags = {
  from: Flag.Int("from").pipe(
    Flag.withMetavar("SEQ"),
    Flag.withDescription("The first line (else the last 50)"),
    Flag.optional
  ),
  limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many"), Flag.withDefault(50))
}

export const show = Command.make("show", flags, ({ from, limit }) =>
  inProject((project) =>
    Effect.gen(function* () {
      yield* LogReader.permit(project)
      const log = yield* AuditLog
      const start = Option.isSome(from) ? from.value : Math.max(0, (yield* log.head).size - limit)
      const texts = yield* log.lines(start).pipe(Stream.take(limit), Stream.runCollect)
      const lines = texts.flatMap(({ text }) => Option.toArray(Result.getSuccess(LogLine.read(text))))
      yield* Output.answer({ project, lines }, ({ dim }) =>
        Table.render(["SEQ", "TIME", "WHO", "WHAT", "OUTCOME", "SUBJECT"], lines.map(row), dim)
      )
    })
  )
).pipe(Command.withDescription("Show lines of the log"))

const row = ({ actor, outcome, seq, subject, time, type }: AuditEvent.LogLine): ReadonlyArray<string> => [
  String(seq),
  UnixTime.toText(time),
  actor.agent ?? actor.human ?? "-",
  type,
  outcome,
  subject
]
