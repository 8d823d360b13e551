import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Evaluation from "@bailiwick/core/policy/Evaluation"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Lines from "../../input/Lines.ts"

const flags = {
  jsonl: Flag.Boolean("jsonl").pipe(
    Flag.withDescription("One JSON question a line on stdin, one answer a line on stdout"),
    Flag.withDefault(true),
    Flag.withoutNegation
  )
}

const maxBytes = Evaluation.maximumLineBytes

const answer = (line: Uint8Array): Evaluation.Answer =>
  Result.match(StrictJson.parseBytes(line, { maxBytes }), {
    onFailure: ({ message }) => ({ refused: message }),
    onSuccess: Evaluation.evaluate
  })

export const evaluate = Command.make("eval", flags, () =>
  Lines.answerEach(maxBytes, (line) => Effect.sync(() => JSON.stringify(answer(line))))
).pipe(
  Command.withDescription(
    "Answer questions about policies: { parent, child } or { policy, provider, action, resource, context? }"
  )
)
