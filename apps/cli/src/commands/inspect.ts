import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as Document from "../input/Document.ts"
import * as Lines from "../input/Lines.ts"
import * as Answer from "../inspect/Answer.ts"
import * as Question from "../inspect/Question.ts"
import { ExitCode } from "../ui/ExitCode.ts"
import { Ended, Failure, usage } from "../ui/Failure.ts"
import * as Globals from "../ui/Globals.ts"
import * as Output from "../ui/Output.ts"
import * as Report from "../ui/Report.ts"
import * as Shown from "../ui/Shown.ts"

const flags = {
  profile: Flag.Literals("profile", Question.Profile.literals).pipe(
    Flag.withDescription("Whose bytes they are, if only that is to be tried"),
    Flag.optional
  ),
  key: Flag.KeyValuePair("key").pipe(
    Flag.withMetavar("ROLE=HEX"),
    Flag.withDescription("A public key to verify with: identity, delegator, binding or session"),
    Flag.withDefault({})
  ),
  at: Flag.String("at").pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription("As of when: seconds since 1970 or RFC 3339 (else now)"),
    Flag.optional
  ),
  jsonl: Flag.Boolean("jsonl").pipe(
    Flag.withDescription("One question a line on stdin: { input | file, profile?, project?, keys?, at? }"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  file: Argument.String("file").pipe(
    Argument.withDescription("A file, or - for stdin (default)"),
    Argument.withDefault("-")
  )
}

export const inspect = Command.make("inspect", flags, ({ at, file, jsonl, key, profile }) =>
  Effect.gen(function* () {
    const project = yield* Globals.Project
    const terms: Question.Terms = {
      ...(Option.isSome(profile) ? { profile: profile.value } : {}),
      ...(Option.isSome(project) ? { project: project.value } : {}),
      keys: yield* Question.keys(key),
      at: Option.isSome(at) ? yield* Question.time(at.value) : yield* JoyTime.now
    }
    if (jsonl) return yield* Lines.answerEach(maxLine, (line) => answerLine(line, terms))
    const answer = yield* Answer.inspect({ bytes: yield* Document.read(file, Answer.maximum), file }, terms)
    const { kind, reason, verdict } = answer
    yield* Output.answer(answer, ({ bold }) =>
      [
        bold(`${kind} (${answer.profile}): ${verdict}${reason === undefined ? "" : `, ${Shown.line(reason)}`}`),
        Shown.block(JSON.stringify(answer.value, undefined, 2))
      ].join("\n")
    )
    if (verdict !== "verified") return yield* new Ended({ exit: ExitCode.bad })
  })
).pipe(
  Command.withDescription(
    "Say what a token, session, record or log is, and verify what the given keys allow; touches no state"
  ),
  Command.withExamples([{ command: "bailiwick inspect token.txt --key delegator=… --key binding=… --json" }])
)

/** A receipt, the largest document of one line, freely spaced. */
const maxLine = 8 * 1024 * 1024

// A line that cannot be asked is answered like any other: refused, with the reason.
const answerLine = (bytes: Uint8Array, common: Question.Terms) =>
  Effect.gen(function* () {
    const line = yield* Effect.fromResult(
      Result.mapError(StrictJson.decode(Question.Line, bytes, { maxBytes: maxLine }), (error) =>
        usage("bad-line", error.message.replaceAll(/\s*\n\s*/gu, " "))
      )
    )
    const source =
      line.file === undefined
        ? { bytes: new TextEncoder().encode(line.input ?? "") }
        : { bytes: yield* Document.read(line.file, Answer.maximum), file: line.file }
    return yield* Answer.inspect(source, {
      ...common,
      ...(line.profile === undefined ? {} : { profile: line.profile }),
      ...(line.project === undefined ? {} : { project: line.project }),
      ...(line.keys === undefined ? {} : { keys: yield* Question.keys(line.keys) }),
      ...(line.at === undefined ? {} : { at: yield* Question.time(line.at) })
    })
  }).pipe(
    Effect.catch((error) => {
      const failure = Report.explain(error)
      const reason = failure instanceof Failure ? failure.message : "it cannot be read"
      return Effect.succeed({ kind: "unknown", profile: "bailiwick", verdict: "refused", reason, value: null })
    }),
    Effect.map(Shown.json)
  )
