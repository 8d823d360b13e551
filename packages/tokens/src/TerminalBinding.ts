/**
 * Which terminal session a process belongs to: what a human's session is bound to (formats §4).
 *
 * Names of terminals are reused within seconds, so the binding also holds the session leader and when it started. It
 * stops stale sessions, other users and reused terminals; it does not stop hostile code that runs as the same user.
 *
 * @example
 * ```ts
 * import { TerminalBinding } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const { tty, binding } = yield* (yield* TerminalBinding.TerminalBinding).read
 * })
 * ```
 */
import * as CompactJson from "@bailiwick/core/CompactJson"
import type { Sha256 } from "@bailiwick/core/Sha256"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Process from "node:process"
import * as Digest from "./Digest.ts"
import * as Linux from "./terminal/Linux.ts"
import * as MacOs from "./terminal/MacOs.ts"
import type { TerminalRecord } from "./terminal/TerminalRecord.ts"
import { NoTerminal, TerminalError, Unsupported } from "./terminal/TerminalError.ts"
import * as Windows from "./terminal/Windows.ts"

export { NoTerminal, TerminalError, Unreadable, Unsupported } from "./terminal/TerminalError.ts"

export interface Terminal {
  /** `wt:` and the Windows Terminal session, else the path of the controlling terminal. */
  readonly tty: string
  /** SHA-256 of the compact JSON of everything that was read. */
  readonly binding: Sha256
}

/** The names and order of the hashed members; what a system does not give is absent. */
export const fromRecord = ({ uid, boot, pidns, leader, started, tty }: TerminalRecord): Terminal => {
  return { tty, binding: Digest.text(CompactJson.encode({ v: 1, uid, boot, pidns, leader, started, tty })) }
}

export class TerminalBinding extends Context.Service<
  TerminalBinding,
  {
    /** Reads it anew at every use: a process may lose its terminal, a leader may die. */
    readonly read: Effect.Effect<Terminal, TerminalError>
  }
>()("@bailiwick/tokens/TerminalBinding") {
  /** From `/proc`; every part must be readable. */
  static readonly layerLinux: Layer.Layer<TerminalBinding, never, FileSystem.FileSystem> = layerOf(Linux.read)

  /** From `ps` and `sysctl`: user, boot session and terminal. */
  static readonly layerMacOs: Layer.Layer<TerminalBinding, never, ChildProcessSpawner.ChildProcessSpawner> = layerOf(
    MacOs.read
  )

  /** From Windows Terminal's own session id; other Windows consoles name nothing that could be bound to. */
  static readonly layerWindows: Layer.Layer<TerminalBinding> = layerOf(Windows.read)

  /** That of the platform; on others no human session can be made. */
  static readonly layer: Layer.Layer<
    TerminalBinding,
    never,
    FileSystem.FileSystem | ChildProcessSpawner.ChildProcessSpawner
  > = Layer.suspend(
    (): Layer.Layer<TerminalBinding, never, FileSystem.FileSystem | ChildProcessSpawner.ChildProcessSpawner> => {
      switch (Process.platform) {
        case "linux":
          return this.layerLinux
        case "darwin":
          return this.layerMacOs
        case "win32":
          return this.layerWindows
        default:
          return Layer.succeed(this, { read: new TerminalError({ reason: new Unsupported() }) })
      }
    }
  )

  /** A given terminal, or none. */
  static readonly layerTest = (terminal?: TerminalRecord): Layer.Layer<TerminalBinding> =>
    Layer.succeed(this, {
      read:
        terminal === undefined ? new TerminalError({ reason: new NoTerminal() }) : Effect.succeed(fromRecord(terminal))
    })
}

function layerOf<R>(read: Effect.Effect<TerminalRecord, TerminalError, R>): Layer.Layer<TerminalBinding, never, R> {
  // Suspended, because the class is still being made when its static layers are.
  return Layer.suspend(() =>
    Layer.effect(
      TerminalBinding,
      Effect.map(Effect.context<R>(), (context) => ({
        read: read.pipe(Effect.map(fromRecord), Effect.provide(context))
      }))
    )
  )
}
