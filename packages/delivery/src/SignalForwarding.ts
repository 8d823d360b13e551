/**
 * Hands this process's signals to the child, once each.
 *
 * A terminal sends Ctrl-C, Ctrl-\ and Ctrl-Z to every process in its foreground: to the child too. Forwarding those would
 * make two of one, and to many programs a second Ctrl-C means: stop at once, without saving.
 */
import type { ChildProcess } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Tty from "node:tty"

const always: ReadonlyArray<NodeJS.Signals> = ["SIGTERM", "SIGHUP", "SIGCONT"]
const sentByTerminal: ReadonlyArray<NodeJS.Signals> = ["SIGINT", "SIGQUIT", "SIGTSTP"]

/** Starts; the result ends it and gives this process its own handlers back. */
export const start = (child: ChildProcess): (() => void) => {
  const terminal = hasTerminal()
  const forward = (signal: NodeJS.Signals) => () => {
    child.kill(signal)
    // Stopping the child alone would leave a shell waiting for us; SIGCONT to us wakes both.
    if (signal === "SIGTSTP") process.kill(process.pid, "SIGSTOP")
  }
  const restores = [
    ...always.map((signal) => replace(signal, forward(signal))),
    // A terminal's Ctrl-Z stops us by the default action, as it should; the other two we survive until the child has ended.
    ...sentByTerminal.flatMap((signal) =>
      !terminal ? [replace(signal, forward(signal))] : signal === "SIGTSTP" ? [] : [replace(signal, () => undefined)]
    )
  ]
  return () => restores.forEach((restore) => restore())
}

// The handlers of a runtime would end this process, and so the endpoint, while the child is still saving its work.
const replace = (signal: NodeJS.Signals, handler: () => void): (() => void) => {
  if (!(signal in Os.constants.signals)) return () => undefined
  const others = process.listeners(signal)
  process.removeAllListeners(signal)
  process.on(signal, handler)
  return () => {
    process.removeListener(signal, handler)
    others.forEach((other) => process.on(signal, other))
  }
}

// `isatty` alone proves nothing: after setsid a terminal can be open that sends us no signals. Opening /dev/tty fails then.
const hasTerminal = (): boolean => {
  if (![0, 1, 2].some((descriptor) => Tty.isatty(descriptor))) return false
  try {
    Fs.closeSync(Fs.openSync("/dev/tty", "r"))
    return true
  } catch {
    return false
  }
}
