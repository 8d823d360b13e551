import { assert, describe, it } from "@effect/vitest"
import * as ChildRun from "@bailiwick/delivery/ChildRun"
import * as ErrorPipe from "@bailiwick/delivery/ErrorPipe"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Writable } from "node:stream"
import { directory } from "./support/Fixtures.ts"

const env = { PATH: process.env["PATH"] ?? "" }
const sh = (line: string) => ({ command: "/bin/sh", args: ["-c", line], env })

/** Where the child's words arrive; `slow` takes each piece a turn later. */
const sink = (slow = false) => {
  const chunks: Array<Buffer> = []
  const output = new Writable({
    highWaterMark: 1024,
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      if (slow) setImmediate(done)
      else done()
    }
  })
  return { output, text: () => Buffer.concat(chunks).toString("latin1") }
}

/** Runs a shell's line whose standard error, and where `both` its standard output, go through a pipe. */
const run = (line: string, options: { readonly output: Writable; readonly both?: boolean }) =>
  Effect.gen(function* () {
    const path = yield* directory
    const file = Path.join(path, "ours")
    const descriptor = Fs.openSync(file, "w")
    yield* Effect.addFinalizer(() => Effect.sync(() => Fs.closeSync(descriptor)))
    const heard: Array<Buffer> = []
    const errors = yield* ErrorPipe.open({
      directory: path,
      listen: (bytes) => void heard.push(Buffer.from(bytes)),
      output: options.output,
      descriptors: { out: options.both === true ? descriptor : 1, error: descriptor }
    })
    const code = yield* ChildRun.run({ ...sh(line), errors: Option.getOrThrow(errors) })
    return { code, heard: Buffer.concat(heard).toString("latin1"), names: Fs.readdirSync(path) }
  }).pipe(Effect.scoped)

const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.andThen(
          Effect.promise(() => new Promise((done) => setImmediate(done))),
          until(holds)
        )
  )

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const openDescriptors = () => Fs.readdirSync("/proc/self/fd").length

describe("ErrorPipe", () => {
  it.live("passes every byte on, and shows it to who listens", () =>
    Effect.gen(function* () {
      const { output, text } = sink()
      const { code, heard, names } = yield* run(String.raw`printf 'a\000\377\nb' >&2; exit 9`, { output })
      assert.strictEqual(text(), "a\u0000\u00ff\nb")
      assert.strictEqual(heard, text())
      assert.strictEqual(code, 9)
      assert.deepStrictEqual(names, ["ours"], "no name leads to the pipe")
    })
  )

  it.live("waits for a reader that is behind, and loses nothing", () =>
    Effect.gen(function* () {
      const { output, text } = sink(true)
      const { code } = yield* run("head -c 3000000 /dev/zero | tr '\\000' x >&2; printf end >&2", { output })
      assert.strictEqual(code, 0)
      assert.strictEqual(text().length, 3_000_003)
      assert.isTrue(text().endsWith("xend"))
    })
  )

  it.live("is a pipe that a program can open anew by its name", () =>
    Effect.gen(function* () {
      const { output, text } = sink()
      yield* run("echo one > /dev/stderr; echo two | tee /dev/stderr > /dev/null", { output })
      assert.strictEqual(text(), "one\ntwo\n")
    })
  )

  it.live("keeps the order of both streams where they go to one place", () =>
    Effect.gen(function* () {
      const { output, text } = sink()
      yield* run("echo 1; echo 2 >&2; echo 3; echo 4 >&2", { output, both: true })
      assert.strictEqual(text(), "1\n2\n3\n4\n")
    })
  )

  it.live("ends with the child, though another process holds the stream", () =>
    Effect.gen(function* () {
      const { output, text } = sink()
      const path = Path.join(yield* directory, "pid")
      const { code } = yield* run(`sleep 600 & echo $! > ${path}; echo said >&2; exit 2`, { output })
      const left = Number(Fs.readFileSync(path, "utf8"))
      assert.doesNotThrow(() => process.kill(left, "SIGKILL"), "it was still there")
      assert.deepStrictEqual([code, text()], [2, "said\n"])
    })
  )

  it.live("ends with the child, though another process keeps writing", () =>
    Effect.gen(function* () {
      const output = new Writable({ write: (_, __, done) => void setImmediate(done) })
      const { code } = yield* run("yes >&2 & exit 0", { output })
      assert.strictEqual(code, 0)
    })
  )

  it.live("ends with the child, though another process writes a little all the time", () =>
    Effect.gen(function* () {
      const { output, text } = sink()
      const start = Date.now()
      yield* run("(while echo .; do sleep 0.02; done) >&2 & echo said >&2; exit 0", { output })
      assert.isBelow(Date.now() - start, 6000)
      assert.include(text(), "said\n")
    })
  )

  it.live("holds the child up while its reader is behind, and outlasts it until all has been taken", () =>
    Effect.gen(function* () {
      const pid = Path.join(yield* directory, "pid")
      const gate = yield* Deferred.make<void>()
      const context = yield* Effect.context<never>()
      const open = Effect.runPromiseWith(context)(Deferred.await(gate))
      let taken = 0
      const output = new Writable({
        highWaterMark: 1024,
        write: (chunk: Buffer, _, done) => {
          taken += chunk.length
          void open.then(() => done())
        }
      })
      const small = "head -c 8000 /dev/zero | tr '\\000' x >&2"
      const first = yield* Effect.forkChild(run(`echo $$ > ${pid}; printf 1 >&2; ${small}; exec true`, { output }))
      yield* until(() => Fs.existsSync(pid) && Fs.readFileSync(pid, "utf8").endsWith("\n"))
      // What any pipe holds, however it is filled, the child could write and end; nothing of that is lost.
      yield* until(() => !isAlive(Number(Fs.readFileSync(pid, "utf8"))))
      yield* Deferred.succeed(gate, undefined)
      const { heard } = yield* Fiber.join(first)
      assert.strictEqual(heard.length, 8_001)
      assert.strictEqual(taken, 8_001)
    })
  )

  it.live("reads no further than its own reader", () =>
    Effect.gen(function* () {
      const open: Array<() => void> = []
      const output = new Writable({
        highWaterMark: 1024,
        write: (_, __, done) => {
          if (open.push(done) > 1) done()
        }
      })
      const running = yield* Effect.forkChild(run("head -c 20000000 /dev/zero >&2", { output }))
      yield* until(() => open.length > 0)
      yield* Effect.sleep("200 millis")
      assert.lengthOf(open, 1)
      assert.isAtMost(output.writableLength, 64 * 1024)
      open[0]?.()
      const { heard } = yield* Fiber.join(running)
      assert.strictEqual(heard.length, 20_000_000)
    })
  )

  it.live("lets the child feel that nobody reads any more", () =>
    Effect.gen(function* () {
      const output = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) })
      output.on("error", () => undefined)
      const { code } = yield* run("exec yes >&2", { output })
      assert.strictEqual(code, 141, "SIGPIPE, as without a pipe of ours")
    })
  )

  it.live("leaves no descriptor behind, whether the child starts or not", () =>
    Effect.gen(function* () {
      const { output } = sink()
      yield* run("true", { output })
      const before = openDescriptors()
      yield* run("echo x >&2", { output })
      const path = yield* directory
      const descriptor = Fs.openSync(Path.join(path, "ours"), "w")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const errors = yield* ErrorPipe.open({
            directory: path,
            listen: () => undefined,
            output,
            descriptors: { out: 1, error: descriptor }
          })
          const refused = { command: "no-such-command-here", args: [], env, errors: Option.getOrThrow(errors) }
          assert.strictEqual((yield* Effect.flip(ChildRun.run(refused))).reason._tag, "CommandNotFound")
        })
      )
      Fs.closeSync(descriptor)
      yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
      assert.strictEqual(openDescriptors(), before)
      assert.strictEqual(output.listenerCount("error"), 0)
    })
  )

  it.live("is none where standard error is closed, thrown away or a terminal, and where no pipe can be made", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const open = (error: number, place = path) =>
        ErrorPipe.open({
          directory: place,
          listen: () => undefined,
          output: sink().output,
          descriptors: { out: 1, error }
        })
      const thrown = Fs.openSync("/dev/null", "w")
      const file = Fs.openSync(Path.join(path, "ours"), "w")
      assert.isTrue(Option.isNone(yield* open(thrown)))
      assert.isTrue(Option.isNone(yield* open(999_999)))
      assert.isTrue(Option.isNone(yield* open(file, Path.join(path, "not there"))))
      assert.isTrue(Option.isSome(yield* open(file)), "the positive control")
      Fs.closeSync(thrown)
      Fs.closeSync(file)
      // `script` is a terminal for what it runs.
      const program = `import("@bailiwick/delivery/ErrorPipe").then(({ open }) => import("effect/Effect").then((Effect) =>
        Effect.runPromise(Effect.scoped(open({ directory: ${JSON.stringify(path)}, listen: () => {}, output: process.stderr, descriptors: { out: 1, error: 2 } })))
      )).then(({ _tag }) => console.log(_tag))`
      const words = [
        "--quiet",
        "--return",
        "--command",
        `'${process.execPath}' --input-type=module -e '${program}'`,
        "/dev/null"
      ]
      const answer = ChildProcess.execFileSync("script", words, { encoding: "utf8", cwd: import.meta.dirname })
      assert.strictEqual(answer.trim(), "None")
    })
  )
})
