/** Everything but the hot path: the command tree, its layers, and how it ends. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { root } from "./commands/root.ts"
import * as Settings from "./settings/Settings.ts"
import * as Variables from "./settings/Variables.ts"
import { Ended } from "./ui/Failure.ts"
import { ExitCode } from "./ui/ExitCode.ts"
import * as Output from "./ui/Output.ts"
import * as Report from "./ui/Report.ts"
import { version } from "./version.ts"
import * as Machine from "./wiring/Machine.ts"

const words = process.argv.slice(2)
const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words
const debug = process.env.BAILIWICK_DEBUG === "1"
const json = own.includes("--json") || process.env.BAILIWICK_OUTPUT === "json"

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : ExitCode.store))

/** Help that was asked for is data; help that answers a mistake is talk. */
const presenter = CliOutput.layerPresenter({
  present: (event) => {
    switch (event._tag) {
      case "Help": {
        const text = CliOutput.defaultFormatter({ colors: false }).formatHelpDoc(event.helpDoc)
        return event.reason === "Requested" ? Console.log(text) : Console.error(text)
      }
      case "Version":
        return Console.log(`bailiwick ${event.version}`)
      case "InvalidInvocation":
        return Effect.void
    }
  }
})

const layer = Layer.mergeAll(
  Settings.Settings.layer,
  presenter,
  Layer.succeed(Output.JsonErrors, json),
  CliConfig.layer({ builtIns: [GlobalFlag.Help] })
).pipe(Layer.provideMerge(Machine.layer))

// The runtime interrupts alike for both; a shell is told which of them it was (128 + n).
let interrupted: number = ExitCode.interrupted
process.once("SIGTERM", () => {
  interrupted = ExitCode.terminated
})

const report = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  if (Cause.hasInterruptsOnly(cause)) return interrupted
  const error = Cause.hasFails(cause) ? Cause.squash(cause) : undefined
  const failure = Report.explain(error)
  if (failure instanceof Ended) return failure.exit
  yield* Console.error(Report.render(failure, json))
  if (failure === Report.defect && debug) yield* Console.error(Cause.pretty(cause))
  return failure.exit
})

Effect.forEach(Variables.unknown(Object.keys(process.env)), Output.warn).pipe(
  Effect.andThen(Command.runWith(root, { version })(words)),
  Effect.provide(layer),
  Effect.as<number>(ExitCode.ok),
  Effect.catchCause(report),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(exit._tag === "Success" ? Number(exit.value) : interrupted)
  })
)
