import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Export from "@bailiwick/audit/Export"
import * as LogReader from "../../client/LogReader.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import { inProject } from "../../wiring/inProject.ts"

const flags = {
  format: Flag.Literals("format", Export.Format.literals).pipe(
    Flag.withDescription("jsonl: the very lines that are hashed; ocsf and csv: views for other programs"),
    Flag.withDefault("jsonl")
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("A new file (else, or with -, stdout); its checkpoint goes to FILE.checkpoint"),
    Flag.optional
  )
}

export const exportLog = Command.make("export", flags, ({ format, output }) =>
  inProject((project) =>
    Effect.gen(function* () {
      yield* LogReader.permit(project)
      const { checkpoint, size, text } = yield* Export.open(format)
      if (Option.isNone(output) || output.value === "-") {
        const { stdout } = yield* Stdio.Stdio
        yield* Stream.run(text, stdout())
        return yield* Output.say(`${size} lines; with --output FILE the checkpoint is written beside them`)
      }
      const path = output.value
      yield* create(path, Stream.encodeText(text))
      yield* create(`${path}.checkpoint`, Stream.encodeText(Stream.make(checkpoint)))
      yield* Output.answer(
        { project, format, size, file: path, checkpoint: `${path}.checkpoint` },
        () => `wrote ${size} lines to ${path}, and their checkpoint to ${path}.checkpoint`
      )
    })
  )
).pipe(Command.withDescription("Write the log out, with the checkpoint of exactly these lines"))

/** A new private file: one that is there is somebody's, and is not overwritten. */
const create = Effect.fnUntraced(function* <E, R>(path: string, content: Stream.Stream<Uint8Array, E, R>) {
  const files = yield* FileSystem.FileSystem
  if (yield* files.exists(path)) return yield* usage("file-exists", `${path} is there already`, "name a new file")
  yield* Stream.run(content, files.sink(path, { flag: "wx", mode: 0o600 }))
})
