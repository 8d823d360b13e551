import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as MachineChecks from "../doctor/MachineChecks.ts"
import * as StoreChecks from "../doctor/StoreChecks.ts"
import { ExitCode } from "../ui/ExitCode.ts"
import { Ended } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Shown from "../ui/Shown.ts"
import * as Project from "../wiring/Project.ts"
import * as Option from "effect/Option"

const marks = { good: "ok  ", advice: "note", problem: "BAD " } as const

export const doctor = Command.make("doctor", {}, () =>
  Effect.gen(function* () {
    const named = yield* Project.named
    const projects = Option.isSome(named) ? [yield* Project.require(named.value)] : yield* Project.present
    const findings = [...(yield* MachineChecks.all), ...(yield* Effect.forEach(projects, StoreChecks.all)).flat()]
    const problems = findings.filter(({ level }) => level === "problem").length
    yield* Output.answer({ findings, problems }, ({ bold, dim }) =>
      [
        ...findings.flatMap(({ fix, level, what }) => [
          `${level === "problem" ? bold(marks[level]) : marks[level]}  ${Shown.line(what)}`,
          ...(fix === undefined ? [] : [dim(`      fix: ${Shown.line(fix)}`)])
        ]),
        "",
        problems === 0 ? "nothing is wrong" : `${problems} ${problems === 1 ? "problem" : "problems"}`
      ].join("\n")
    )
    if (problems > 0) return yield* new Ended({ exit: ExitCode.bad })
  })
).pipe(Command.withDescription("Look for what is wrong or weak here, with a fix for each; exit 1 if anything is wrong"))
