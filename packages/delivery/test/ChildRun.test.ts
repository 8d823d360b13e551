import { assert, describe, it } from "@effect/vitest"
import * as ChildRun from "@bailiwick/delivery/ChildRun"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { directory } from "./support/Fixtures.ts"

const node = process.execPath
const env = { PATH: process.env["PATH"] ?? "" }
const fixture = (name: string) => Path.join(import.meta.dirname, "fixtures", name)
const evaluate = (program: string, ...args: ReadonlyArray<string>) =>
  ChildRun.run({ command: node, args: ["-e", program, ...args], env })

/** A run in a process of its own, without a terminal, with the child's output line by line. */
const started = Effect.acquireRelease(
  Effect.sync(() => {
    const runner = ChildProcess.spawn(node, [fixture("Run.ts"), node, fixture("Signals.mjs")], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true
    })
    const lines: Array<string> = []
    const waiting = new Set<() => void>()
    runner.stdout.on("data", (chunk: Buffer) => {
      lines.push(
        ...chunk
          .toString("utf8")
          .split("\n")
          .filter((line) => line !== "")
      )
      waiting.forEach((check) => check())
    })
    const says = (line: string) =>
      Effect.callback<void>((resume) => {
        const check = () => {
          if (!lines.includes(line)) return
          waiting.delete(check)
          resume(Effect.void)
        }
        waiting.add(check)
        check()
      })
    const ended = Effect.promise(
      () =>
        new Promise<number | null>((done) =>
          runner.exitCode === null ? runner.once("exit", done) : done(runner.exitCode)
        )
    )
    return { runner, lines, says, ended }
  }),
  ({ runner }) =>
    Effect.sync(() => runner.pid !== undefined && runner.exitCode === null && process.kill(-runner.pid, "SIGKILL"))
)

describe("ChildRun", () => {
  it.effect.each([0, 1, 3, 127, 255])("answers with the child's own exit code: %d", (code) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* evaluate(`process.exit(${code})`), code)
    })
  )

  it.effect.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGKILL", 137]
  ] as const)("answers with 128 + n where a signal ended the child: %s", ([signal, code]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* evaluate(`process.kill(process.pid, "${signal}"); setInterval(() => {}, 1000)`), code)
    })
  )

  it.effect("answers 127 for a command that is not there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ChildRun.run({ command: "no-such-command-here", args: [], env }))
      assert.strictEqual(error.reason._tag, "CommandNotFound")
      assert.strictEqual(ChildRun.exitCode(error), 127)
      assert.strictEqual(error.message, "command not found: no-such-command-here")
    })
  )

  it.effect("answers 126 for what is no program, no name and no argument", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* directory, "plain")
      Fs.writeFileSync(file, "text", { mode: 0o600 })
      const refused = [
        { command: file, args: [] },
        { command: Path.dirname(file), args: [] },
        { command: "", args: [] },
        { command: node, args: ["-e", "0\u0000"] }
      ]
      for (const { command, args } of refused) {
        const error = yield* Effect.flip(ChildRun.run({ command, args, env }))
        assert.strictEqual(ChildRun.exitCode(error), 126, command)
      }
    })
  )

  it.effect("hands arguments over as they stand, with no shell between", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* directory, "arguments.json")
      const args = ["$HOME", "a b", "; touch owned", "*", "", "`id`", "--", "'"]
      const program = `require("fs").writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))`
      assert.strictEqual(yield* evaluate(program, file, ...args), 0)
      assert.deepStrictEqual(JSON.parse(Fs.readFileSync(file, "utf8")), args)
    })
  )

  it.effect("gives the child the environment that it was given, and nothing else", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* directory, "environment.json")
      const program = `require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))`
      yield* evaluate(program, file)
      assert.deepStrictEqual(JSON.parse(Fs.readFileSync(file, "utf8")), env)
    })
  )

  it.effect("tells the child to end when it is interrupted, and waits for it", () =>
    Effect.gen(function* () {
      const file = Path.join(yield* directory, "ready")
      const program = `
        process.on("SIGTERM", () => { require("fs").writeFileSync(process.argv[1], "saved"); process.exit(0) })
        require("fs").writeFileSync(process.argv[1], "ready"); setInterval(() => {}, 1000)`
      const ready = yield* Deferred.make<void>()
      const context = yield* Effect.context<never>()
      const watcher = Fs.watch(Path.dirname(file), () => {
        if (Fs.existsSync(file) && Fs.readFileSync(file, "utf8") === "ready") {
          Effect.runForkWith(context)(Deferred.succeed(ready, undefined))
        }
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => watcher.close()))
      const run = yield* Effect.forkChild(evaluate(program, file))
      yield* Deferred.await(ready)
      yield* Fiber.interrupt(run)
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "saved")
    })
  )

  it.effect("leaves this process's own handlers as they were", () =>
    Effect.gen(function* () {
      const own = () => undefined
      process.on("SIGTERM", own)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.removeListener("SIGTERM", own)))
      const before = process.listeners("SIGTERM")
      yield* evaluate("0")
      yield* Effect.flip(ChildRun.run({ command: "no-such-command-here", args: [], env }))
      assert.deepStrictEqual(process.listeners("SIGTERM"), before)
      assert.lengthOf(process.listeners("SIGTSTP"), 0)
    })
  )

  it.effect("forwards each signal once, and outlives its own until the child has ended", () =>
    Effect.gen(function* () {
      const { runner, lines, says, ended } = yield* started
      yield* says("ready")
      for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP", "SIGCONT"] as const) {
        runner.kill(signal)
        yield* says(signal)
      }
      runner.kill("SIGTERM")
      assert.strictEqual(yield* ended, 7)
      assert.deepStrictEqual(lines, ["ready", "SIGINT", "SIGQUIT", "SIGHUP", "SIGCONT", "SIGTERM"])
    })
  )

  it.effect("stops with the child and goes on with it", () =>
    Effect.gen(function* () {
      const { runner, says, ended } = yield* started
      yield* says("ready")
      runner.kill("SIGTSTP")
      yield* says("SIGTSTP")
      yield* stopped(runner.pid ?? 0)
      runner.kill("SIGCONT")
      yield* says("SIGCONT")
      runner.kill("SIGTERM")
      assert.strictEqual(yield* ended, 7)
    })
  )
})

/** Waits until the process is stopped, which the system shows as state `T`. */
const stopped = (pid: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const stat = Fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")
      ? Effect.void
      : Effect.andThen(
          Effect.promise(() => new Promise((done) => setImmediate(done))),
          stopped(pid)
        )
  })
