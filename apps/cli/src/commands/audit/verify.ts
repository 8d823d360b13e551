import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as LogVerify from "@bailiwick/audit/LogVerify"
import * as LogReader from "../../client/LogReader.ts"
import * as PublicKeyText from "../../client/PublicKeyText.ts"
import * as Document from "../../input/Document.ts"
import { ExitCode } from "../../ui/ExitCode.ts"
import { Ended, usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Progress from "../../ui/Progress.ts"
import * as Shown from "../../ui/Shown.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Project from "../../wiring/Project.ts"
import * as PublicKey from "@bailiwick/tokens/PublicKey"

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription("An export (else this machine's store)"),
    Argument.optional
  ),
  checkpoint: Flag.String("checkpoint").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The export's checkpoint (else FILE.checkpoint)"),
    Flag.optional
  ),
  against: Flag.String("against").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("A checkpoint that was kept elsewhere: a log cut back behind it is found"),
    Flag.atLeast(0)
  ),
  key: Flag.String("key").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription("The log's public key, where no store is at hand: a JWK, its x, or a file"),
    Flag.optional
  )
}

export const verify = Command.make("verify", flags, ({ against, checkpoint, file, key }) =>
  Effect.gen(function* () {
    const notes = yield* Effect.forEach(against, note)
    const verdict = Option.isSome(file)
      ? yield* ofExport(file.value, checkpoint, key, notes)
      : yield* inProject((project) =>
          Effect.gen(function* () {
            const options = {
              project,
              keys: yield* LogReader.keys,
              heads: yield* LogReader.heads(project),
              against: notes
            }
            return yield* Progress.during("verifying the log", LogVerify.verifyStore(options))
          })
        )
    yield* Output.answer(verdict, () => describe(verdict).map(Shown.line).join("\n"))
    if (!verdict.ok) return yield* new Ended({ exit: ExitCode.bad })
  })
).pipe(
  Command.withDescription("Verify the log, here or in an export; exit 1 and the first bad line if it does not hold"),
  Command.withExamples([{ command: "bailiwick audit verify" }, { command: "bailiwick audit verify log.jsonl" }])
)

const describe = ({ firstBad, notes, ok, root, size }: LogVerify.Verdict): ReadonlyArray<string> => [
  ok
    ? `good: ${size} lines, root ${root}`
    : firstBad === undefined
      ? `bad: ${size} lines chain`
      : `line ${firstBad.line}: ${firstBad.why}`,
  ...notes
]

const note = (path: string) => Effect.map(Document.read(path, 64 * 1024), (bytes) => new TextDecoder().decode(bytes))

const ofExport = Effect.fnUntraced(function* (
  path: string,
  checkpoint: Option.Option<string>,
  key: Option.Option<string>,
  against: ReadonlyArray<string>
) {
  const files = yield* FileSystem.FileSystem
  const signed = yield* note(Option.getOrElse(checkpoint, () => `${path}.checkpoint`))
  const lines = files.stream(path)
  if (Option.isSome(key)) {
    const project = yield* Project.identity
    const keys = [yield* Effect.mapError(PublicKey.fromJwk(yield* PublicKeyText.read(key.value)), () => notAKey)]
    return yield* LogVerify.verifyExport({ project, keys, lines, checkpoint: signed, against })
  }
  return yield* inProject((project) =>
    Effect.gen(function* () {
      const options = { project, keys: yield* LogReader.keys, heads: yield* LogReader.heads(project), against }
      return yield* Progress.during(
        "verifying the export",
        LogVerify.verifyExport({ ...options, lines, checkpoint: signed })
      )
    })
  )
})

const notAKey = usage("bad-key", "this is no Ed25519 public key")
