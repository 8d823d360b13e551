/**
 * The controlling terminal itself, opened anew: standard input may be an agent's pipe, and `isTTY` proves nothing about
 * who types (setsid leaves it true). Where there is none, opening fails and nobody is asked.
 */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs"
import { ReadStream } from "node:tty"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Failure, login } from "../ui/Failure.ts"
import * as LineEditor from "./LineEditor.ts"

export interface Tty {
  write(text: string): Effect.Effect<void>
  /** The answer to a question, typed without echo; what was typed before the question is thrown away. */
  askHidden(question: string): Effect.Effect<Uint8Array, Failure>
  /** The same, seen as it is typed. */
  ask(question: string): Effect.Effect<string, Failure>
}

export const open: Effect.Effect<Tty, Failure, Scope.Scope> = Effect.gen(function* () {
  const descriptor = yield* Effect.acquireRelease(
    Effect.try({ try: () => openSync("/dev/tty", flags), catch: () => missing }),
    (opened) => Effect.sync(() => closeSync(opened))
  )
  return {
    write: (text) => Effect.sync(() => void writeAll(descriptor, text)),
    askHidden: (question) => askHidden(descriptor, question),
    ask: (question) => ask(descriptor, question)
  }
})

// O_NONBLOCK lets the queue of typed-ahead input be emptied; O_NOCTTY keeps a session leader from gaining a terminal.
const flags = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK

const missing = login(
  "no-terminal",
  "a passphrase is needed, and there is no terminal to ask on",
  "run this in a terminal, or give --passphrase-file FILE or --passphrase-fd N"
)

const cancelled = login("cancelled", "cancelled: nothing was signed")
const unanswered = login("cancelled", "cancelled: nothing was changed")

const askHidden = (descriptor: number, question: string): Effect.Effect<Uint8Array, Failure> =>
  Effect.callback<Uint8Array, Failure>((resume) => {
    // The stream closes what it is given, so it gets a descriptor of its own.
    const stream = new ReadStream(openSync("/dev/tty", flags))
    const editor = LineEditor.make()
    const raw = () => {
      stream.setRawMode(true)
      // Input typed before the question was meant for something else, or planted by another process on this terminal.
      discard(descriptor)
    }
    const restore = () => {
      stream.setRawMode(false)
      writeAll(descriptor, "\n")
    }
    const suspend = () => {
      restore()
      process.kill(process.pid, "SIGSTOP")
    }
    const end = () => {
      process.off("exit", restore).off("SIGHUP", hangUp).off("SIGTSTP", suspend).off("SIGCONT", raw)
      stream.off("data", onData).off("error", hangUp).off("end", hangUp)
      restore()
      stream.destroy()
      editor.wipe()
    }
    const hangUp = () => {
      end()
      resume(Effect.fail(cancelled))
    }
    const onData = (bytes: Uint8Array) => {
      const outcome = editor.push(bytes)
      if (outcome === "more") return
      if (outcome === "suspend") return suspend()
      const line = editor.line()
      end()
      resume(outcome === "line" ? Effect.succeed(line) : Effect.fail(cancelled))
    }
    process.on("exit", restore).on("SIGHUP", hangUp).on("SIGTSTP", suspend).on("SIGCONT", raw)
    raw()
    // Only now: whoever answers at once is heard, and not echoed.
    writeAll(descriptor, question)
    stream.on("error", hangUp).on("end", hangUp).on("data", onData)
    return Effect.sync(end)
  })

// The terminal's own line editing: it echoes, and gives a line when that is whole.
const ask = (descriptor: number, question: string): Effect.Effect<string, Failure> =>
  Effect.callback<string, Failure>((resume) => {
    const stream = new ReadStream(openSync("/dev/tty", flags))
    discard(descriptor)
    writeAll(descriptor, question)
    const cancel = () => {
      stream.destroy()
      resume(Effect.fail(unanswered))
    }
    stream.on("error", cancel).on("end", cancel)
    stream.once("data", (bytes) => {
      stream.destroy()
      resume(Effect.succeed(bytes.toString()))
    })
    return Effect.sync(() => stream.destroy())
  })

const discard = (descriptor: number): void => {
  const buffer = new Uint8Array(1024)
  try {
    while (readSync(descriptor, buffer) > 0);
  } catch {
    // EAGAIN: the queue is empty.
  }
}

// A terminal that is slow to take output answers EAGAIN to a non-blocking write.
const writeAll = (descriptor: number, text: string): void => {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest))
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return
    }
  }
}
