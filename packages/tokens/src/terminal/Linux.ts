/**
 * The terminal session on Linux, from `/proc` (proc(5); formats §4).
 *
 * `isatty` proves nothing: after `setsid` a stream is still a terminal, and the process has none.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { NoTerminal, TerminalError, Unreadable } from "./TerminalError.ts"
import { type TerminalRecord, windowsTerminal } from "./TerminalRecord.ts"

export const read: Effect.Effect<TerminalRecord, TerminalError, FileSystem.FileSystem> = Effect.gen(function* () {
  const own = yield* stat("/proc/self/stat")
  if (own.device === 0) return yield* new TerminalError({ reason: new NoTerminal() })
  const status = yield* text("/proc/self/status")
  const uid = /^Uid:\s+(\d+)\s/mu.exec(status)?.[1]
  if (uid === undefined) return yield* unreadable("/proc/self/status")
  const leader = yield* stat(`/proc/${own.leader}/stat`)
  const tab = yield* windowsTerminal
  return {
    uid: Number(uid),
    boot: (yield* text("/proc/sys/kernel/random/boot_id")).trim(),
    pidns: yield* link("/proc/self/ns/pid"),
    leader: own.leader,
    started: leader.started,
    tty: Option.isSome(tab) ? tab.value : yield* pathOf(own.device)
  }
})

const unreadable = (what: string) => new TerminalError({ reason: new Unreadable({ what }) })

const text = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(fs.readFileString(path), () => unreadable(path))
})

const link = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(fs.readLink(path), () => unreadable(path))
})

const stat = Effect.fnUntraced(function* (path: string) {
  const line = yield* text(path)
  // Field 2 is the program's name in parentheses and may itself hold blanks and parentheses: count after the last one.
  const fields = line
    .slice(line.lastIndexOf(")") + 2)
    .trim()
    .split(" ")
  const field = (number: number) => Number(fields[number - 3] ?? Number.NaN)
  const parsed = { leader: field(6), device: field(7), started: field(22) }
  return Object.values(parsed).every(Number.isSafeInteger) ? parsed : yield* unreadable(path)
})

// The kernel's major numbers of Unix98 pseudo-terminals (devices.txt), 256 terminals each.
const firstPtsMajor = 136
const lastPtsMajor = 143

/** The path of a terminal's device number: bits 31-20 and 7-0 are the minor, 15-8 the major (proc(5), tty_nr). */
const pathOf = Effect.fnUntraced(function* (device: number) {
  const major = (device >>> 8) & 0xfff
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00)
  if (major >= firstPtsMajor && major <= lastPtsMajor) return `/dev/pts/${(major - firstPtsMajor) * 256 + minor}`
  const event = `/sys/dev/char/${major}:${minor}/uevent`
  const name = /^DEVNAME=(\S+)$/mu.exec(yield* text(event))?.[1]
  return name === undefined ? yield* unreadable(event) : `/dev/${name}`
})
