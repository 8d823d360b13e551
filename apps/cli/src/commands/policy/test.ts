import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Policy from "@bailiwick/core/Policy"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Schema from "effect/Schema"
import * as PolicyFile from "../../client/PolicyFile.ts"
import { ExitCode } from "../../ui/ExitCode.ts"
import { Ended, usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"

const flags = {
  policy: Flag.String("policy").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The policy (JSON, or an IAM document)")
  ),
  provider: Flag.Literals("on", Policy.Provider.literals).pipe(Flag.withDescription("The provider asked")),
  action: Flag.String("action").pipe(Flag.withMetavar("A"), Flag.withDescription("One action, no pattern")),
  resource: Flag.String("resource").pipe(Flag.withMetavar("R"), Flag.withDescription("One resource, no pattern")),
  context: Flag.String("context").pipe(
    Flag.withMetavar("JSON"),
    Flag.withDescription("What is known of the request: source_ip, vpc, vpc_endpoint, time, resource_tag"),
    Flag.optional
  )
}

export const test = Command.make("test", flags, ({ action, context, policy, provider, resource }) =>
  Effect.gen(function* () {
    const parsed = yield* Effect.fromResult(
      Option.match(context, {
        onNone: () => Result.succeed({}),
        onSome: (text) => StrictJson.parse(text, { maxBytes })
      })
    )
    const request = yield* Schema.decodeUnknownEffect(Policy.Request, { onExcessProperty: "error" })({
      provider,
      action,
      resource,
      ...(Option.isSome(context) ? { context: parsed } : {})
    }).pipe(Effect.mapError((error) => usage("bad-request", error.message.replaceAll(/\s*\n\s*/gu, " "))))
    const answer = Policy.covers((yield* PolicyFile.read(policy)).policy, request)
    yield* Output.answer(answer, () => `${answer.allowed ? "allowed" : "denied"} by ${answer.by ?? "no statement"}`)
    if (!answer.allowed) return yield* new Ended({ exit: ExitCode.bad })
  })
).pipe(
  Command.withDescription("Whether a policy covers one request; exit 1 if not"),
  Command.withExamples([
    {
      command:
        "bailiwick policy test --policy p.json --on aws --action s3:GetObject --resource arn:aws:s3:::acme-logs/2026/1"
    }
  ])
)

const maxBytes = 16 * 1024
