/**
 * Writes the log out of a store, in one of three forms, with the checkpoint of exactly the lines that are written.
 *
 * `jsonl` is the log: the very lines that are hashed, which `LogVerify.verifyExport` reads. `ocsf` and `csv` are views of
 * it for other programs; each of their records carries the hash of its line.
 *
 * @example
 * ```ts
 * import { Export } from "@bailiwick/audit"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function*() {
 *   const { checkpoint, text } = yield* Export.open("jsonl")
 *   yield* Stream.runForEach(text, (piece) => Effect.sync(() => process.stdout.write(piece)))
 *   return checkpoint // goes beside it
 * })
 * ```
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import { AuditLog, type StoredLine } from "@bailiwick/core/ports/AuditLog"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Checkpoint from "./Checkpoint.ts"
import * as CsvRow from "./internal/CsvRow.ts"
import { damaged } from "./internal/Damage.ts"
import * as OcsfEvent from "./internal/OcsfEvent.ts"
import * as LogLine from "./LogLine.ts"

export const Format = Schema.Literals(["jsonl", "ocsf", "csv"])
export type Format = typeof Format.Type

export interface Export {
  /** How many lines of the log it holds. */
  readonly size: number
  /** The signed note over exactly these lines; "" if there are none. */
  readonly checkpoint: string
  readonly text: Stream.Stream<string, StoreError>
}

/** Opens an export of the lines that are there now; those that are appended while it is read are not part of it. */
export const open = Effect.fn("Export.open")(function* (
  format: Format
): Effect.fn.Return<Export, StoreError, AuditLog> {
  const log = yield* AuditLog
  const checkpoint = yield* log.checkpoint
  const size =
    checkpoint === ""
      ? 0
      : yield* Effect.fromResult(Checkpoint.parse(checkpoint)).pipe(
          Effect.map(({ head }) => head.size),
          Effect.mapError(() => damaged("the checkpoint of the audit log is not one"))
        )
  return { size, checkpoint, text: write(format, Stream.take(log.lines(), size)) }
})

const write = (format: Format, lines: Stream.Stream<StoredLine, StoreError>): Stream.Stream<string, StoreError> => {
  switch (format) {
    case "jsonl":
      return Stream.map(lines, ({ text }) => `${text}\n`)
    case "ocsf":
      return Stream.mapEffect(lines, view(OcsfEvent.fromLine)).pipe(Stream.map((event) => `${event}\n`))
    case "csv":
      return Stream.mapEffect(lines, view(CsvRow.fromLine)).pipe(
        Stream.pipeThroughChannel(Csv.encodeString({ columns: CsvRow.columns, headers: true }))
      )
  }
}

const view =
  <A>(fromLine: (line: AuditEvent.LogLine, text: string) => A) =>
  ({ seq, text }: StoredLine): Effect.Effect<A, StoreError> =>
    LogLine.read(text).pipe(
      Result.map((line) => fromLine(line, text)),
      Result.mapError((error) => damaged(`line ${seq + 1} of the audit log cannot be read: ${error.message}`)),
      Effect.fromResult
    )
