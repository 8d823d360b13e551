/**
 * Runs the child: our terminal, our signals, its exit code. Never a shell: what stands in the arguments is an argument.
 */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Os from "node:os"
import { CommandNotExecutable, CommandNotFound, DeliveryError } from "./DeliveryError.ts"
import type { ErrorPipe } from "./ErrorPipe.ts"
import * as SignalForwarding from "./SignalForwarding.ts"

export interface Options {
  readonly command: string
  readonly args: ReadonlyArray<string>
  /** The whole environment; `PATH` in it finds the command. Nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>
  /** Listens to the child's standard error; without it the child's three streams are ours. */
  readonly errors?: ErrorPipe
}

/** The exit code of a failure, as shells have it; `undefined` for failures of other things than the command. */
export const exitCode = (error: DeliveryError): number | undefined => {
  switch (error.reason._tag) {
    case "CommandNotFound":
      return 127
    case "CommandNotExecutable":
      return 126
    default:
      return undefined
  }
}

/**
 * Runs to the end and answers with the exit code: the child's own, or 128 + n if signal n ended it.
 *
 * While the child runs, signals are the child's and the handlers of this process rest. If this effect is interrupted, the
 * child is told to end (`SIGTERM`) and awaited.
 */
export const run = Effect.fn("ChildRun.run")((options: Options): Effect.Effect<number, DeliveryError> =>
  Effect.acquireUseRelease(
    spawn(options),
    ({ ended }) => Effect.promise(() => ended),
    ({ child, ended, stopForwarding }) =>
      Effect.suspend(() => {
        if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM")
        return Effect.promise(() => ended)
      }).pipe(Effect.andThen(Effect.sync(stopForwarding)))
  )
)

interface Running {
  readonly child: ChildProcess.ChildProcess
  readonly ended: Promise<number>
  readonly stopForwarding: () => void
}

const spawn = ({ command, args, env, errors }: Options): Effect.Effect<Running, DeliveryError> =>
  Effect.callback((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(new DeliveryError({ reason: explain(command, cause) })))
    try {
      const child = ChildProcess.spawn(command, [...args], {
        stdio: errors?.stdio ?? "inherit",
        env: { ...env },
        shell: false
      })
      errors?.started()
      const stopForwarding = SignalForwarding.start(child)
      const exited = new Promise<number>((done) => child.once("exit", (code, signal) => done(status(code, signal))))
      const ended = errors === undefined ? exited : exited.then((code) => errors.drained().then(() => code))
      child.once("spawn", () => resume(Effect.succeed({ child, ended, stopForwarding })))
      child.once("error", (cause) => {
        stopForwarding()
        fail(cause)
      })
    } catch (cause) {
      // What cannot even be asked of the system is thrown: an empty name, a NUL in an argument, too many arguments.
      fail(cause)
    }
  })

const explain = (command: string, cause: unknown) =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT"
    ? new CommandNotFound({ command })
    : new CommandNotExecutable({ command })

const status = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? (signal === null ? 1 : 128 + Os.constants.signals[signal])
