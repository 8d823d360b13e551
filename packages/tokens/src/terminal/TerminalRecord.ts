/** What is read of a terminal session before it is hashed (formats §4). */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface TerminalRecord {
  readonly uid?: number
  /** The boot of the machine. */
  readonly boot?: string
  /** The pid namespace: pids and terminals of containers collide. */
  readonly pidns?: string
  /** Pid of the session leader, and its start in clock ticks since boot. */
  readonly leader?: number
  readonly started?: number
  readonly tty: string
}

/** The tab of Windows Terminal, also seen from inside WSL; nothing where it is not set. */
export const windowsTerminal: Effect.Effect<Option.Option<string>> = Config.String("WT_SESSION").pipe(
  Effect.option,
  Effect.map(Option.filter((session) => session !== "")),
  Effect.map(Option.map((session) => `wt:${session}`))
)
