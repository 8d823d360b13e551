/** Child processes of a test: started from a fixture, listened to, and ended with the scope at the latest. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"

export const start = (fixture: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), ...args], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, NODE_COMPILE_CACHE: Path.join(Os.tmpdir(), "bailiwick-compile-cache") }
      })
      let output = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
      return { child, ended, output: () => output }
    }),
    ({ child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      })
  )

export type Process = Effect.Success<ReturnType<typeof start>>

/** Waits until the process has printed so many lines. */
const printed = ({ child, output }: Process, lines: number) =>
  Effect.callback<void, Error>((resume) => {
    const look = () => {
      if (output().split("\n").length > lines) resume(Effect.void)
    }
    child.stdout.on("data", look)
    child.on("close", (code) => resume(Effect.fail(new Error(`ended with ${code} before its line ${lines}`))))
    look()
  })

/** Waits until the process has opened its store: its first line says so. */
export const ready = (process: Process) => printed(process, 1)

/** Waits until the process has changed its store so often: each change is a further line. */
export const changed = (process: Process, times: number) => printed(process, 1 + times)

export const kill = ({ child, ended }: Process) =>
  Effect.promise(() => {
    child.kill("SIGKILL")
    return ended
  })
