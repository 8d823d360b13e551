/** The terminal session on macOS, which gives neither a leader's exact start nor namespaces without native code. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "effect/process/ChildProcess"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Process from "node:process"
import { NoTerminal, TerminalError, Unreadable } from "./TerminalError.ts"
import type { TerminalRecord } from "./TerminalRecord.ts"

export const read: Effect.Effect<TerminalRecord, TerminalError, ChildProcessSpawner.ChildProcessSpawner> = Effect.gen(
  function* () {
    const fields = /^(?<uid>\d+)\s+(?<tty>\S+)$/u.exec(yield* run("/bin/ps", "-o", "uid=,tty=", "-p", `${Process.pid}`))
    if (fields === null) return yield* unreadable("ps")
    const [, uid, tty] = fields
    // `ps` writes "??" for a process without a controlling terminal.
    if (tty === undefined || tty.includes("?")) return yield* new TerminalError({ reason: new NoTerminal() })
    const boot = yield* run("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")
    return { uid: Number(uid), boot, tty: `/dev/${tty}` }
  }
)

const unreadable = (what: string) => new TerminalError({ reason: new Unreadable({ what }) })

const run = Effect.fnUntraced(function* (command: string, ...args: ReadonlyArray<string>) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const output = yield* Effect.mapError(spawner.string(ChildProcess.make(command, args)), () => unreadable(command))
  return output.trim()
})
