/**
 * Passes a child's standard error on, byte for byte and as it comes, and lets somebody listen.
 *
 * Never where a person looks on: on a terminal a child keeps the terminal. A real pipe and no socket, as spawning by Node
 * would make, because programs open `/dev/stderr` anew. Where standard output goes to the same place, it goes through the
 * same pipe, so that lines keep their order.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"

export interface ErrorPipe {
  /** Where the child's streams go. */
  readonly stdio: ["inherit", "inherit" | number, number]
  /** Once the child has, or has not, been started: our own copy of its end is closed, so that the pipe can end. */
  readonly started: () => void
  /**
   * After the child has ended: resolves when all that it wrote has been taken by whoever reads our own standard error.
   *
   * What others hold open, such as a process that it left behind, is waited for only while it finishes what it was writing,
   * for two seconds at most, and then closed: the run has ended, and its credentials with it.
   */
  readonly drained: () => Promise<void>
}

export interface Options {
  /** A private directory of this run. */
  readonly directory: string
  /** Sees all that passes. It must not throw, keep the bytes or change them. */
  readonly listen: (bytes: Uint8Array) => void
  readonly output: NodeJS.WritableStream
  /** The descriptors of our own standard output and error. */
  readonly descriptors: { readonly out: number; readonly error: number }
}

/** More than any pipe holds (Linux: 1 MiB for a user): what comes after that was written after the child had ended. */
const lateBytes = 1024 * 1024
/** Milliseconds without a byte after which nobody who is left is still finishing a message. */
const quiet = 100
/** Milliseconds after which whoever is left is finishing nothing, but goes on writing. */
const patience = 2_000

/**
 * Makes the pipe, for as long as the scope lasts. `None` where standard error is a terminal or is thrown away, where it is
 * closed, and where this system makes no named pipes: then the child's streams are simply ours.
 */
export const open = (options: Options): Effect.Effect<Option.Option<ErrorPipe>, never, Scope.Scope> =>
  isListenable(options.descriptors.error)
    ? Effect.map(
        Effect.acquireRelease(
          Effect.map(
            make(options.directory),
            Option.map((ends) => pass(ends, options))
          ),
          Option.match({ onNone: () => Effect.void, onSome: ({ close }) => Effect.sync(close) })
        ),
        Option.map(({ pipe }) => pipe)
      )
    : Effect.succeedNone

const stat = (descriptor: number): Fs.Stats | undefined => {
  try {
    return Fs.fstatSync(descriptor)
  } catch {
    return undefined
  }
}

const isListenable = (descriptor: number): boolean => {
  const found = stat(descriptor)
  return found !== undefined && (found.isFIFO() || found.isSocket() || found.isFile())
}

const isSame = (left: number, right: number): boolean => {
  const [one, other] = [stat(left), stat(right)]
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino
}

interface Ends {
  readonly read: number
  readonly write: number
}

/**
 * Where systems keep the program that makes named pipes. Never looked for on `PATH`, and never given our environment, which
 * may hold a cloud login: a child's directory may stand first there.
 */
const makers = ["/usr/bin/mkfifo", "/bin/mkfifo", "/run/current-system/sw/bin/mkfifo"]

/** Both ends of a pipe that no name leads to any more. */
const make = (directory: string): Effect.Effect<Option.Option<Ends>> =>
  Effect.callback((resume) => {
    const path = Path.join(directory, "stderr")
    const maker = makers.find((place) => Fs.existsSync(place))
    if (maker === undefined) return resume(Effect.succeedNone)
    ChildProcess.execFile(maker, ["-m", "600", path], { timeout: 2_000, env: {} }, (failure) => {
      resume(Effect.sync(() => (failure === null ? ends(path) : Option.none())))
    })
  })

const ends = (path: string): Option.Option<Ends> => {
  const opened: Array<number> = []
  const end = (flags: number): number => {
    const descriptor = Fs.openSync(path, flags)
    opened.push(descriptor)
    return descriptor
  }
  try {
    // A reader that does not wait for its writer first; the writer then finds it there.
    const read = end(Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
    return Option.some({ read, write: end(Fs.constants.O_WRONLY) })
  } catch {
    opened.forEach((descriptor) => Fs.closeSync(descriptor))
    return Option.none()
  } finally {
    Fs.rmSync(path, { force: true })
  }
}

const pass = ({ read, write }: Ends, { descriptors, listen, output }: Options) => {
  const reader = new Net.Socket({ fd: read, readable: true, writable: false })
  let late: number | undefined
  let timer: NodeJS.Timeout | undefined
  let last: NodeJS.Timeout | undefined
  let isBehind = false
  let passed = 0
  let hasStarted = false

  const stop = () => void reader.destroy()
  const started = () => {
    if (!hasStarted) Fs.closeSync(write)
    hasStarted = true
  }
  const settle = () => {
    clearTimeout(timer)
    // While whoever reads our own standard error is behind, the child waits just so, and nothing is late.
    if (late !== undefined && !isBehind) timer = setTimeout(look, quiet)
  }
  // If this process was the one that was held up, what waits in the pipe is read in the turns that follow.
  const stopUnless = (goOn: () => void) => {
    const before = passed
    setImmediate(() => setImmediate(() => void (passed === before && !isBehind ? stop() : goOn())))
  }
  const look = () => stopUnless(settle)
  // Once the pipe is empty for a moment, all that the child itself wrote has been read.
  const lastCall = () =>
    stopUnless(() => {
      if (!reader.destroyed) last = setTimeout(lastCall, quiet)
    })

  // If they have gone, the child finds that out at its next write, as if it wrote there itself.
  output.on("error", stop)
  reader.on("error", stop)
  reader.on("data", (chunk: Buffer) => {
    listen(chunk)
    passed += 1
    isBehind = true
    reader.pause()
    output.write(chunk, () => {
      isBehind = false
      reader.resume()
      settle()
    })
    if (late !== undefined && (late -= chunk.length) <= 0) stop()
    settle()
  })
  const drained = new Promise<void>((done) => {
    reader.once("close", () => {
      clearTimeout(timer)
      clearTimeout(last)
      // Behind everything that was passed on; an error has been heard above, and ends the waiting too.
      output.write("", () => done())
    })
  })

  const pipe: ErrorPipe = {
    stdio: ["inherit", isSame(descriptors.out, descriptors.error) ? write : "inherit", write],
    started,
    drained: () => {
      late = lateBytes
      // Else it has ended already, and no timer may hold this process up.
      if (!reader.destroyed) {
        last = setTimeout(lastCall, patience)
        settle()
      }
      return drained
    }
  }
  const close = () => {
    started()
    stop()
    output.removeListener("error", stop)
  }
  return { pipe, close }
}
