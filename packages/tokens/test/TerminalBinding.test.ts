import * as TerminalBinding from "@bailiwick/tokens/TerminalBinding"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import { createHash } from "node:crypto"

/** A line of `/proc/PID/stat`; the program's name is hostile: blanks, parentheses, digits. */
const stat = (fields: { readonly session: number; readonly tty: number; readonly start: number }) =>
  `4242 (sh ) 1 2 3 (x) S 4241 4242 ${fields.session} ${fields.tty} 4242 4194304 ${"0 ".repeat(12)}${fields.start} 0\n`

const pts3 = (136 << 8) | 3

const proc: Readonly<Record<string, string>> = {
  "/proc/self/stat": stat({ session: 4200, tty: pts3, start: 999 }),
  "/proc/4200/stat": stat({ session: 4200, tty: pts3, start: 123456 }),
  "/proc/self/status": "Name:\tsh\nUid:\t1000\t0\t0\t0\nGid:\t1000\t1000\t1000\t1000\n",
  "/proc/sys/kernel/random/boot_id": "2f1c7a0e-0000-4000-8000-000000000001\n",
  "/proc/self/ns/pid": "pid:[4026531836]"
}

const missing = (path: string) =>
  Effect.fail(
    PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "read", pathOrDescriptor: path })
  )

const read = (edits: Readonly<Record<string, string | undefined>> = {}, environment: Record<string, string> = {}) => {
  const files = { ...proc, ...edits }
  const get = (path: string) => {
    const content = files[path]
    return content === undefined ? missing(path) : Effect.succeed(content)
  }
  return Effect.flatMap(TerminalBinding.TerminalBinding, (terminal) => terminal.read).pipe(
    Effect.provide(
      TerminalBinding.TerminalBinding.layerLinux.pipe(
        Layer.provide(FileSystem.layerNoop({ readFileString: get, readLink: get })),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))
      )
    )
  )
}

const refused = (edits: Readonly<Record<string, string | undefined>>) =>
  Effect.map(Effect.flip(read(edits)), (error) => error.reason._tag)

describe("TerminalBinding on Linux", () => {
  it.effect("hashes the record of the format, members in its order", () =>
    Effect.gen(function* () {
      const record =
        `{"v":1,"uid":1000,"boot":"2f1c7a0e-0000-4000-8000-000000000001","pidns":"pid:[4026531836]",` +
        `"leader":4200,"started":123456,"tty":"/dev/pts/3"}`
      assert.deepStrictEqual<unknown>(yield* read(), {
        tty: "/dev/pts/3",
        binding: createHash("sha256").update(record).digest("base64url")
      })
    })
  )

  it.effect("changes with every part: user, boot, namespace, leader, its start, terminal", () =>
    Effect.gen(function* () {
      const { binding } = yield* read()
      for (const edits of [
        { "/proc/self/status": "Uid:\t1001\t0\t0\t0\n" },
        { "/proc/sys/kernel/random/boot_id": "2f1c7a0e-0000-4000-8000-000000000002\n" },
        { "/proc/self/ns/pid": "pid:[4026532000]" },
        {
          "/proc/self/stat": stat({ session: 4300, tty: pts3, start: 999 }),
          "/proc/4300/stat": proc["/proc/4200/stat"]
        },
        { "/proc/4200/stat": stat({ session: 4200, tty: pts3, start: 123457 }) },
        { "/proc/self/stat": stat({ session: 4200, tty: pts3 + 1, start: 999 }) }
      ]) {
        assert.notStrictEqual((yield* read(edits)).binding, binding, Object.keys(edits).join())
      }
    })
  )

  it.effect("stays the same for another process of the session", () =>
    Effect.gen(function* () {
      const other = yield* read({ "/proc/self/stat": stat({ session: 4200, tty: pts3, start: 1000 }) })
      assert.deepStrictEqual(other, yield* read())
    })
  )

  it.effect("names terminals beyond the first 256, and others by the kernel's own name", () =>
    Effect.gen(function* () {
      const tty = (device: number, edits = {}) =>
        Effect.map(
          read({ "/proc/self/stat": stat({ session: 4200, tty: device, start: 9 }), ...edits }),
          (terminal) => terminal.tty
        )
      assert.strictEqual(yield* tty((137 << 8) | 5), "/dev/pts/261")
      const event = { "/sys/dev/char/4:2/uevent": "MAJOR=4\nMINOR=2\nDEVNAME=tty2\n" }
      assert.strictEqual(yield* tty((4 << 8) | 2, event), "/dev/tty2")
      assert.strictEqual(
        yield* tty((1 << 20) | (188 << 8), { "/sys/dev/char/188:256/uevent": "DEVNAME=ttyUSB256\n" }),
        "/dev/ttyUSB256"
      )
    })
  )

  it.effect("takes Windows Terminal's session where there is one, and still asks for a terminal", () =>
    Effect.gen(function* () {
      const tab = { WT_SESSION: "7a3c" }
      assert.strictEqual((yield* read({}, tab)).tty, "wt:7a3c")
      const none = { "/proc/self/stat": stat({ session: 4200, tty: 0, start: 9 }) }
      assert.strictEqual((yield* Effect.flip(read(none, tab))).reason._tag, "NoTerminal")
    })
  )

  it.effect("refuses a process without a controlling terminal", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refused({ "/proc/self/stat": stat({ session: 4200, tty: 0, start: 9 }) }), "NoTerminal")
    })
  )

  it.effect("binds to nothing that it can read in part only, or whose leader is gone", () =>
    Effect.gen(function* () {
      for (const path of Object.keys(proc))
        assert.strictEqual(yield* refused({ [path]: undefined }), "Unreadable", path)
      assert.strictEqual(yield* refused({ "/proc/self/stat": "1 (sh) S 1" }), "Unreadable")
      assert.strictEqual(yield* refused({ "/proc/self/status": "Name:\tsh\n" }), "Unreadable")
      const console = { "/proc/self/stat": stat({ session: 4200, tty: (4 << 8) | 2, start: 9 }) }
      assert.strictEqual(yield* refused(console), "Unreadable")
      assert.strictEqual(yield* refused({ ...console, "/sys/dev/char/4:2/uevent": "MAJOR=4\n" }), "Unreadable")
    })
  )
})

describe("TerminalBinding elsewhere", () => {
  const onMac = (ps: string) =>
    Effect.flatMap(TerminalBinding.TerminalBinding, (terminal) => terminal.read).pipe(
      Effect.provide(
        TerminalBinding.TerminalBinding.layerMacOs.pipe(
          Layer.provide(
            Layer.mock(ChildProcessSpawner.ChildProcessSpawner, {
              string: (command) =>
                Effect.succeed(command._tag === "StandardCommand" && command.command === "/bin/ps" ? ps : "BOOT-1\n")
            })
          )
        )
      )
    )

  it.effect("binds to user, boot and terminal on macOS", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual<unknown>(yield* onMac("  501 ttys004 \n"), {
        tty: "/dev/ttys004",
        binding: createHash("sha256")
          .update(`{"v":1,"uid":501,"boot":"BOOT-1","tty":"/dev/ttys004"}`)
          .digest("base64url")
      })
    })
  )

  it.effect("refuses a process without a controlling terminal, and what it cannot read, on macOS", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(onMac("  501 ??\n"))).reason._tag, "NoTerminal")
      assert.strictEqual((yield* Effect.flip(onMac(""))).reason._tag, "Unreadable")
    })
  )

  const onWindows = (environment: Record<string, string>) =>
    Effect.flatMap(TerminalBinding.TerminalBinding, (terminal) => terminal.read).pipe(
      Effect.provide(TerminalBinding.TerminalBinding.layerWindows),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))
    )

  it.effect("binds to the tab of Windows Terminal, and to nothing else on Windows", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual<unknown>(yield* onWindows({ WT_SESSION: "7a3c" }), {
        tty: "wt:7a3c",
        binding: createHash("sha256").update(`{"v":1,"tty":"wt:7a3c"}`).digest("base64url")
      })
      assert.strictEqual((yield* Effect.flip(onWindows({}))).reason._tag, "NoTerminal")
      assert.strictEqual((yield* Effect.flip(onWindows({ WT_SESSION: "" }))).reason._tag, "NoTerminal")
    })
  )

  it.effect("gives tests a terminal, or none", () =>
    Effect.gen(function* () {
      const given = Effect.flatMap(TerminalBinding.TerminalBinding, (terminal) => terminal.read)
      const { tty } = yield* Effect.provide(given, TerminalBinding.TerminalBinding.layerTest({ tty: "/dev/pts/9" }))
      assert.strictEqual(tty, "/dev/pts/9")
      const error = yield* Effect.flip(Effect.provide(given, TerminalBinding.TerminalBinding.layerTest()))
      assert.strictEqual(error.reason._tag, "NoTerminal")
    })
  )
})
