/** Standard input line by line, and one answer a line: the doors that take `--jsonl`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

/**
 * Answers every line of standard input with one line on stdout, in order.
 *
 * A line longer than `maximum` bytes is cut one byte behind it, so that it is refused as too large without being held.
 */
export const answerEach = Effect.fnUntraced(function* <E, R>(
  maximum: number,
  answer: (line: Uint8Array) => Effect.Effect<string, E, R>
) {
  const { stdin } = yield* Stdio.Stdio
  const splitter = makeSplitter(maximum + 1)
  const print = Effect.fnUntraced(function* (lines: ReadonlyArray<Uint8Array>) {
    if (lines.length === 0) return
    yield* Console.log((yield* Effect.forEach(lines, answer)).join("\n"))
  })
  yield* Stream.runForEach(stdin, (chunk) => print(splitter.push(chunk)))
  yield* print(splitter.end())
})

interface Splitter {
  push(chunk: Uint8Array): ReadonlyArray<Uint8Array>
  /** The last line, if no line feed ended it. */
  end(): ReadonlyArray<Uint8Array>
}

const feed = 0x0a

const makeSplitter = (keep: number): Splitter => {
  let pending: Array<Uint8Array> = []
  let length = 0
  const add = (bytes: Uint8Array) => {
    const kept = bytes.subarray(0, Math.max(0, keep - length))
    if (kept.length > 0) pending.push(Uint8Array.from(kept))
    length += kept.length
  }
  const take = (): Uint8Array => {
    const line = Buffer.concat(pending)
    pending = []
    length = 0
    return line
  }
  return {
    push: (chunk) => {
      const lines: Array<Uint8Array> = []
      let start = 0
      for (let stop = chunk.indexOf(feed); stop !== -1; stop = chunk.indexOf(feed, start)) {
        add(chunk.subarray(start, stop))
        lines.push(take())
        start = stop + 1
      }
      add(chunk.subarray(start))
      return lines
    },
    end: () => (length === 0 ? [] : [take()])
  }
}
