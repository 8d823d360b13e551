import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Policy from "@bailiwick/core/Policy"
import * as PolicyFile from "../../client/PolicyFile.ts"
import { ExitCode } from "../../ui/ExitCode.ts"
import { Ended } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"

const flags = {
  parent: Flag.String("parent").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The wider policy (JSON, or an IAM document)")
  ),
  child: Flag.String("child").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("The narrower policy (JSON, or an IAM document)")
  )
}

export const check = Command.make("check", flags, ({ child, parent }) =>
  Effect.gen(function* () {
    const answer = Policy.isSubset((yield* PolicyFile.read(child)).policy, (yield* PolicyFile.read(parent)).policy)
    yield* Output.answer(answer, ({ dim }) =>
      answer.subset
        ? "subset: the child grants nothing that the parent does not"
        : Table.render(
            ["AT", "PROVIDER", "ACTION", "RESOURCE", "WHY"],
            answer.excess.map(({ action, at, provider, reason, resource }) => [at, provider, action, resource, reason]),
            dim
          )
    )
    if (!answer.subset) return yield* new Ended({ exit: ExitCode.bad })
  })
).pipe(
  Command.withDescription("Whether one policy lies inside another; exit 1 and what sticks out if not"),
  Command.withExamples([{ command: "bailiwick policy check --parent ceiling.json --child request.json" }])
)
