import { assert, describe, it } from "@effect/vitest"
import * as RunOwner from "../src/RunOwner.ts"

const here = RunOwner.self()
const random = "0123456789abcdef"

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
