/** Reads a file descriptor to its end: a secret or a document that another program hands over. */
import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"
import { type Failure, usage } from "../ui/Failure.ts"

/** At most `maximum` bytes; more is refused before it fills the memory. */
export const readAll = (descriptor: number, maximum: number): Effect.Effect<Uint8Array, Failure> =>
  Effect.callback((resume) => {
    const stream = createReadStream("", { fd: descriptor, autoClose: false })
    const chunks: Array<Uint8Array> = []
    let length = 0
    const end = (outcome: Effect.Effect<Uint8Array, Failure>) => {
      stream.removeAllListeners("data").removeAllListeners("end")
      resume(outcome)
    }
    stream.on("data", (chunk) => {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > maximum) return end(Effect.fail(tooLarge(descriptor, maximum)))
      chunks.push(bytes)
    })
    stream.on("end", () => end(Effect.succeed(Buffer.concat(chunks))))
    stream.on("error", () => end(Effect.fail(unreadable(descriptor))))
    return Effect.sync(() => stream.destroy())
  })

/** One trailing line end belongs to the channel, not to the text; nothing else is trimmed. */
export const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/u, "")

const name = (descriptor: number) => (descriptor === 0 ? "standard input" : `file descriptor ${descriptor}`)

const tooLarge = (descriptor: number, maximum: number) =>
  usage("input-too-large", `${name(descriptor)} holds more than ${maximum} bytes`)

const unreadable = (descriptor: number) =>
  usage("unreadable", `${name(descriptor)} cannot be read`, "open it for this command, as in 3< FILE")
