import * as CrashCheck from "@bailiwick/testkit/crash/CrashCheck"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { constants } from "node:fs"

type Calls = CrashCheck.Calls

const bytes = (text: string) => new TextEncoder().encode(text)
const path = "/home/record"
const temp = "/home/.record.tmp"

const writeAll = (calls: Calls, fd: number, content: Uint8Array) => {
  let written = 0
  while (written < content.length) written += calls.write(fd, content, written, content.length - written)
}

const withFile = (calls: Calls, name: string, flags: number, use: (fd: number) => void) => {
  const fd = calls.open(name, flags, 0o600)
  try {
    use(fd)
  } finally {
    calls.close(fd)
  }
}

const fresh = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
const inPlace = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC

const temporary = (calls: Calls, content: Uint8Array, sync: (fd: number) => void) => {
  // Left by a run that failed.
  if (calls.readdir("/home").some(({ name }) => name === ".record.tmp")) calls.unlink(temp)
  withFile(calls, temp, fresh, (fd) => {
    writeAll(calls, fd, content)
    sync(fd)
  })
}

const syncDirectory = (calls: Calls) => withFile(calls, "/home", constants.O_RDONLY, (fd) => calls.fsync(fd))

const writers: Record<string, (calls: Calls, content: Uint8Array) => void> = {
  right: (calls, content) => {
    temporary(calls, content, calls.fsync)
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "that writes in place": (calls, content) => {
    withFile(calls, path, inPlace, (fd) => {
      writeAll(calls, fd, content)
      calls.fsync(fd)
    })
    syncDirectory(calls)
  },
  "without an fsync of the file": (calls, content) => {
    temporary(calls, content, () => undefined)
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "without an fsync of the directory": (calls, content) => {
    temporary(calls, content, calls.fsync)
    calls.rename(temp, path)
  },
  "that syncs the file after the rename": (calls, content) => {
    temporary(calls, content, () => undefined)
    calls.rename(temp, path)
    withFile(calls, path, constants.O_WRONLY, (fd) => calls.fsync(fd))
    syncDirectory(calls)
  },
  "that removes the old file first": (calls, content) => {
    temporary(calls, content, calls.fsync)
    calls.unlink(path)
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "that takes a short write for a whole one": (calls, content) => {
    if (calls.readdir("/home").some(({ name }) => name === ".record.tmp")) calls.unlink(temp)
    withFile(calls, temp, fresh, (fd) => {
      calls.write(fd, content, 0, content.length)
      calls.fsync(fd)
    })
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "that tries a failed fsync again": (calls, content) => {
    temporary(calls, content, (fd) => {
      try {
        calls.fsync(fd)
      } catch {
        calls.fsync(fd)
      }
    })
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "that takes a failed fsync for a done one": (calls, content) => {
    temporary(calls, content, (fd) => {
      try {
        calls.fsync(fd)
      } catch {
        // Only a warning there.
      }
    })
    calls.rename(temp, path)
    syncDirectory(calls)
  },
  "that leaks its descriptor when it fails": (calls, content) => {
    const fd = calls.open("/home", constants.O_RDONLY, 0)
    temporary(calls, content, calls.fsync)
    calls.rename(temp, path)
    calls.fsync(fd)
    calls.close(fd)
  }
}

const read = (calls: Calls): string | undefined => {
  if (!calls.readdir("/home").some(({ name }) => name === "record")) return undefined
  const buffer = new Uint8Array(100)
  let length = 0
  withFile(calls, path, constants.O_RDONLY, (fd) => {
    length = calls.read(fd, buffer, 0, buffer.length)
  })
  return new TextDecoder().decode(buffer.subarray(0, length))
}

const old = "the old record, whole"
const next = "the new record, whole and longer"

const scenario = (
  write: (calls: Calls, content: Uint8Array) => void
): CrashCheck.Scenario<string | undefined, never> => ({
  before: (calls) =>
    Effect.sync(() => {
      calls.mkdir("/home", 0o700)
      withFile(calls, path, fresh, (fd) => writeAll(calls, fd, bytes(old)))
    }),
  change: (calls) => Effect.try({ try: () => write(calls, bytes(next)), catch: (cause) => cause }),
  recover: (calls) => Effect.sync(() => read(calls)),
  isAllowed: (found, finished) => found === next || (!finished && found === old)
})

const writer = (name: string) => writers[name] ?? assert.fail(name)

describe("CrashCheck", () => {
  it.effect("finds nothing wrong with a writer that syncs the file, renames it, and syncs the directory", () =>
    Effect.gen(function* () {
      const report = yield* CrashCheck.check(scenario(writer("right")))
      assert.strictEqual(report.operations, 5)
      assert.isAtLeast(report.states, 10)
      assert.isUndefined(report.sampledWith)
      const faults = yield* CrashCheck.checkFaults(scenario(writer("right")))
      assert.isAtLeast(faults.states, 100)
    })
  )

  for (const name of [
    "that writes in place",
    "without an fsync of the file",
    "without an fsync of the directory",
    "that syncs the file after the rename",
    "that removes the old file first"
  ]) {
    it.effect(`catches a writer ${name} by cutting the power`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(CrashCheck.check(scenario(writer(name))))
        assert.match(error.message, /operations .* \(seed 1\)$/u)
      })
    )
  }

  for (const [name, label] of [
    ["that takes a short write for a whole one", "every write is short"],
    ["that tries a failed fsync again", "fsync #0 fails and drops what it had"],
    ["that takes a failed fsync for a done one", "fsync #2 fails before with ENOSPC"],
    ["that leaks its descriptor when it fails", "descriptors left open"]
  ] as const) {
    it.effect(`catches a writer ${name} by failing its calls`, () =>
      Effect.gen(function* () {
        yield* CrashCheck.check(scenario(writer(name)))
        const error = yield* Effect.flip(CrashCheck.checkFaults(scenario(writer(name))))
        assert.include(error.message, label)
      })
    )
  }

  it.effect("samples what is too much to try, says the seed, and still catches a wrong writer", () =>
    Effect.gen(function* () {
      const many = (sync: (calls: Calls, fd: number) => void) => (calls: Calls, content: Uint8Array) => {
        temporary(calls, content.subarray(0, 1), calls.fsync)
        withFile(calls, temp, constants.O_WRONLY, (fd) => {
          for (let at = 0; at < content.length; at += 2) calls.write(fd, content, at, Math.min(2, content.length - at))
          sync(calls, fd)
        })
        calls.rename(temp, path)
        syncDirectory(calls)
      }
      const options = { seed: 42, samples: 50 }
      const report = yield* CrashCheck.check({ ...scenario(many((calls, fd) => calls.fsync(fd))), options })
      assert.strictEqual(report.sampledWith, 42)
      const error = yield* Effect.flip(CrashCheck.check({ ...scenario(many(() => undefined)), options }))
      assert.strictEqual(error.seed, 42)
    })
  )
})
