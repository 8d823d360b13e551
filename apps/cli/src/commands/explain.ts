import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Issue from "@bailiwick/broker/Issue"
import * as Calling from "../client/Calling.ts"
import * as IdentityFiles from "../client/IdentityFiles.ts"
import * as RunFlags from "../client/RunFlags.ts"
import * as Shape from "../client/Shape.ts"
import * as Output from "../ui/Output.ts"
import * as Shown from "../ui/Shown.ts"
import * as Table from "../ui/Table.ts"
import * as Wrap from "../ui/Wrap.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

export const explain = Command.make("explain", RunFlags.asking, (wanted) =>
  inProject((project) =>
    Effect.gen(function* () {
      const standing = yield* Standing.read
      const calling = yield* Calling.find(project)
      const human = Option.isSome(calling)
        ? calling.value.caller.human
        : yield* IdentityFiles.choose(project, Option.none())
      const chain = Option.isSome(calling) ? calling.value.caller.chain : undefined
      const request = yield* RunFlags.request(
        wanted,
        { caller: chain === undefined ? {} : { chain }, signed: false },
        standing
      )
      const { decision, plan, unaccepted } = yield* Issue.plan({
        subject: { human, ...(chain === undefined ? {} : { chain }) },
        request
      })
      const { document, facts = [], notes, report } = plan
      const would = unaccepted.length === 0 ? "issue" : "refuse"
      const answer = {
        project,
        target: decision.alias,
        provider: decision.target.provider,
        policy: decision.policy,
        ttl: decision.ttl,
        would,
        unaccepted,
        narrowed: decision.narrowed,
        report,
        notes,
        facts,
        document
      }
      yield* Output.answer(answer, (paint) => {
        const { bold, dim, width } = paint
        const pairs = [
          ["target", `${decision.alias} (${decision.target.provider} ${decision.target.principal})`],
          ["lifetime", `${decision.ttl} s`],
          ["revoke", `${report.revocation.how} (at worst ${report.revocation.worst} s)`],
          ["isolation", report.isolation]
        ] as const
        return [
          bold(would === "issue" ? "would be issued" : `would be refused: nobody holds ${unaccepted.join(", ")}`),
          ...wrapped(Table.pairs(pairs).split("\n"), width, "isolation  ".length),
          ...wrapped(Shape.policy(decision.policy), width, "  allow  ".length),
          ...wrapped(
            decision.narrowed.map(({ ceiling, what }) => Shown.line(`  cut off by ${ceiling}: ${what}`)),
            width,
            "  ".length
          ),
          "",
          Shape.report(report, paint),
          "",
          ...wrapped(
            [...notes.map((note) => Shown.line(`note: ${note}`)), ...facts.map(Shown.line)],
            width,
            "note: ".length
          ),
          "",
          dim("what the provider would be sent:"),
          Shape.document(document)
        ].join("\n")
      })
    })
  )
).pipe(
  Command.withDescription("Show what would be issued and who holds each restriction, without issuing"),
  Command.withExamples([
    { command: "bailiwick explain --on dev --allow orders:read" },
    {
      command: "bailiwick explain --on cloud --policy-file policy.json",
      description: "whether an IAM document can be taken as it stands, and what AWS would hold of it"
    }
  ])
)

const wrapped = (lines: ReadonlyArray<string>, width: number, indent: number): ReadonlyArray<string> =>
  lines.map((line) => Wrap.text(line, width, indent))
