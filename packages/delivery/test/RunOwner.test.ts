import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import * as RunOwner from "@bailiwick/delivery/RunOwner"

const here = RunOwner.self()
const random = "0123456789abcdef"

/** Looks again and again until the system shows what is waited for. */
const until = (shown: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    shown()
      ? Effect.void
      : Effect.andThen(
          Effect.promise(() => new Promise((done) => setImmediate(done))),
          until(shown)
        )
  )

const fields = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

describe("RunOwner", () => {
  it("is read back from the name of its directory", () => {
    assert.deepStrictEqual(RunOwner.parse(RunOwner.directoryName(here, random)), here)
  })

  it.each([
    "run",
    "run-",
    "../run",
    `x${RunOwner.directoryName(here, random)}`,
    `${RunOwner.directoryName(here, random)}x`,
    `${RunOwner.directoryName(here, random)}/..`,
    RunOwner.directoryName({ ...here, pid: -1 }, random),
    RunOwner.directoryName({ ...here, host: "zzzzzzzz" }, random)
  ])("is not read from %s", (name) => {
    assert.isUndefined(RunOwner.parse(name))
  })

  it("lives while its process lives", () => {
    assert.isFalse(RunOwner.hasEnded(here, here))
  })

  it("has ended when its process id belongs to a process that started at another time", () => {
    assert.isTrue(RunOwner.hasEnded({ ...here, started: `${here.started}0` }, here))
  })

  it("has ended when no process has its id", () => {
    assert.isTrue(RunOwner.hasEnded({ ...here, pid: 4_194_305 }, here))
    assert.isTrue(RunOwner.hasEnded({ ...here, pid: 4_194_305, started: "0" }, { ...here, started: "0" }))
  })

  it.effect("has ended when its process waits as a zombie for a parent that does not look", () =>
    Effect.gen(function* () {
      const parent = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn("/bin/sh", ["-c", "cat <&3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore", "pipe"] })
        ),
        (parent) => Effect.sync(() => parent.kill("SIGKILL"))
      )
      const pid = yield* Effect.promise(
        () =>
          new Promise<number>((done) => parent.stdout?.once("data", (chunk: Buffer) => done(Number(chunk.toString()))))
      )
      // Only now does the child end: a shell would look after it, `sleep` does not.
      yield* until(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n")
      parent.stdio[3]?.destroy()
      yield* until(() => fields(pid)[0] === "Z")
      const started = fields(pid)[19] ?? ""
      assert.isTrue(RunOwner.hasEnded({ ...here, pid, started }, here))
    })
  )

  it("has ended with the boot in which it lived", () => {
    assert.isTrue(RunOwner.hasEnded({ ...here, boot: "00000000" }, here))
  })

  it("counts as alive on another machine and in another container", () => {
    assert.isFalse(RunOwner.hasEnded({ ...here, host: "00000000", boot: "00000000", pid: 4_194_305 }, here))
    assert.isFalse(RunOwner.hasEnded({ ...here, namespace: "1", pid: 4_194_305 }, here))
  })

  it("is judged by its process id alone where the system tells no start", () => {
    assert.isFalse(RunOwner.hasEnded({ ...here, started: "0" }, { ...here, started: "0" }))
  })
})
