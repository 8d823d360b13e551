/** Reads a file descriptor to its end: a secret or a document that another program hands over. */
import { createReadStream, fstatSync, ReadStream } from "node:fs"
import { Socket } from "node:net"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import { type Failure, usage } from "../ui/Failure.ts"

/** At most `maximum` bytes; more is refused before it fills the memory. `name` is what people know it by. */
export const readAll = (
  descriptor: number,
  maximum: number,
  name: string = nameOf(descriptor)
): Effect.Effect<Uint8Array, Failure> =>
  Effect.callback((resume) => {
    const stream = open(descriptor)
    if (stream === undefined) return resume(Effect.fail(unreadable(name)))
    const chunks: Array<Uint8Array> = []
    let length = 0
    const end = (outcome: Effect.Effect<Uint8Array, Failure>) => {
      stream.removeAllListeners("data").removeAllListeners("end")
      release(stream)
      resume(outcome)
    }
    stream.on("data", (chunk: Uint8Array) => {
      length += chunk.length
      if (length > maximum) return end(Effect.fail(tooLarge(name, maximum)))
      chunks.push(chunk)
    })
    stream.on("end", () => end(Effect.succeed(Buffer.concat(chunks))))
    stream.on("error", () => end(Effect.fail(unreadable(name))))
    return Effect.sync(() => release(stream))
  })

/** One trailing line end belongs to the channel, not to the text; nothing else is trimmed. */
export const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/u, "")

// A pipe or socket may be set not to block, and is then read by waiting for it; a file is read in place.
const open = (descriptor: number) => {
  if (descriptor === 0) return process.stdin
  try {
    const stat = fstatSync(descriptor)
    return stat.isFIFO() || stat.isSocket()
      ? new Socket({ fd: descriptor, readable: true, writable: false })
      : createReadStream("", { fd: descriptor, autoClose: false })
  } catch {
    return undefined
  }
}

// An input that nobody reads to its end must not keep this process; a file's descriptor is its opener's to close.
const release = (stream: Readable): void => void (stream instanceof ReadStream ? stream.pause() : stream.destroy())

const nameOf = (descriptor: number) => (descriptor === 0 ? "standard input" : `file descriptor ${descriptor}`)

const tooLarge = (name: string, maximum: number) =>
  usage("input-too-large", `${name} holds more than ${maximum} bytes`, "nothing that is expected here is so large")

const unreadable = (name: string) =>
  usage("unreadable", `${name} cannot be read`, "open it for this command, as in 3< FILE")
