import { assert, describe, it } from "@effect/vitest"
import * as ProcessLock from "@bailiwick/storage/ProcessLock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Counting from "./Counting.ts"
import * as Process from "./Process.ts"
import { directory } from "./TemporaryStore.ts"

const place = Effect.map(directory, (path) => Path.join(path, "lock"))
const acquire = (path: string) => ProcessLock.acquire({ path, guards: "the test", patience: "2 seconds" })

/** Whether somebody else has it, without waiting for them. */
const isHeld = (path: string) =>
  Effect.scoped(ProcessLock.acquire({ path, guards: "the test", patience: 0 })).pipe(
    Effect.as(false),
    Effect.catchIf(
      (error) => error.reason === "Busy",
      () => Effect.succeed(true)
    )
  )

describe("ProcessLock", () => {
  it.live("has one holder of several processes and of several fibers in each", () =>
    Effect.gen(function* () {
      const home = yield* directory
      Fs.writeFileSync(Counting.file(home), "0")
      const others = yield* Effect.all([
        Process.start("count.ts", [home, "50"]),
        Process.start("count.ts", [home, "50"])
      ])
      yield* Effect.forEach(others, Process.ready)
      yield* Effect.all([Counting.raise(home, 50), Counting.raise(home, 50)], { concurrency: "unbounded" })
      for (const { ended } of others) assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.strictEqual(Fs.readFileSync(Counting.file(home), "utf8"), "200")
    })
  )

  it.live("goes to the next when its holder is done, and when its holder is killed", () =>
    Effect.gen(function* () {
      const path = yield* place
      const first = yield* Process.start("hold.ts", [path])
      yield* Process.ready(first)
      assert.isTrue(yield* isHeld(path))
      first.child.stdin.end()
      yield* Effect.promise(() => first.ended)
      assert.isFalse(yield* isHeld(path))

      const second = yield* Process.start("hold.ts", [path])
      yield* Process.ready(second)
      const waiting = yield* Effect.forkChild(Effect.scoped(acquire(path)), { startImmediately: true })
      assert.isTrue(yield* isHeld(path))
      assert.isUndefined(waiting.pollUnsafe())
      second.child.kill("SIGKILL")
      yield* Fiber.join(waiting)
    })
  )

  it.effect("is given up as busy when the patience is over, with what to do", () =>
    Effect.gen(function* () {
      const path = yield* place
      yield* acquire(path)
      const waiting = yield* Effect.forkChild(Effect.flip(Effect.scoped(acquire(path))))
      yield* TestClock.adjust("1900 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      const error = yield* Fiber.join(waiting)
      assert.strictEqual(error.reason, "Busy")
      assert.match(error.message, /^the test is held by another process$/u)
      assert.isNotEmpty(error.hint)
    })
  )

  it.effect("leaves whoever waits free to be interrupted, and then holds nothing", () =>
    Effect.gen(function* () {
      const path = yield* place
      const holder = yield* Effect.forkChild(Effect.scoped(Effect.andThen(acquire(path), Effect.never)), {
        startImmediately: true
      })
      const waiting = yield* Effect.forkChild(Effect.scoped(acquire(path)), { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(holder)
      assert.isFalse(yield* isHeld(path))
    })
  )

  it.live("goes to one of those who wait for a file that is taken away, and to the others after it", () =>
    Effect.gen(function* () {
      const path = yield* place
      const first = yield* Process.start("hold.ts", [path])
      yield* Process.ready(first)
      let inside = 0
      let most = 0
      const guarded = Effect.gen(function* () {
        yield* acquire(path)
        most = Math.max(most, ++inside)
        yield* Effect.sleep("20 millis")
        inside--
      }).pipe(Effect.scoped)
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(guarded, { startImmediately: true }))
      Fs.rmSync(path)
      first.child.stdin.end()
      yield* Effect.promise(() => first.ended)
      yield* Effect.forEach(waiting, Fiber.join)
      assert.strictEqual(most, 1)
      assert.isFalse(yield* isHeld(path))
    })
  )

  it.effect("is refused where its directory is taken away, too", () =>
    Effect.gen(function* () {
      const path = yield* place
      yield* acquire(path)
      const waiting = yield* Effect.forkChild(Effect.flip(Effect.scoped(acquire(path))), { startImmediately: true })
      Fs.rmSync(Path.dirname(path), { recursive: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).reason, "Unavailable")
    })
  )

  it.effect("is an empty file of its owner alone, which stays", () =>
    Effect.gen(function* () {
      const path = yield* place
      yield* Effect.scoped(acquire(path))
      const { mode, size } = Fs.statSync(path)
      assert.deepStrictEqual([mode & 0o777, size], [0o600, 0])
      assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["lock"])
    })
  )

  it.effect("refuses a file that others may open, a link, and whatever is no lock", () =>
    Effect.gen(function* () {
      const path = yield* place
      const refused = Effect.flip(Effect.scoped(acquire(path)))
      Fs.writeFileSync(path, "", { mode: 0o600 })
      Fs.chmodSync(path, 0o644)
      const exposed = yield* refused
      assert.strictEqual(exposed.reason, "Exposed")
      assert.strictEqual(exposed.hint, `chmod 600 ${path}`)
      Fs.chmodSync(path, 0o600)
      yield* Effect.scoped(acquire(path))

      Fs.renameSync(path, `${path}.other`)
      Fs.symlinkSync(`${path}.other`, path)
      assert.strictEqual((yield* refused).reason, "Damaged")
      Fs.rmSync(path)
      Fs.writeFileSync(path, "no database".repeat(100), { mode: 0o600 })
      assert.strictEqual((yield* refused).reason, "Damaged")
      assert.match(Fs.readFileSync(path, "utf8"), /^no database/u)
      const missing = Path.join(Path.dirname(path), "missing", "lock")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(acquire(missing)))).reason, "Unavailable")
    })
  )
})
