/** The bytes of a file cut into lines, none longer in memory than a line of the log may be. */
import * as Stream from "effect/Stream"
import * as LogLine from "../LogLine.ts"

export interface RawLine {
  /** Without LF. Of a line that is too long only as much as shows that it is. */
  readonly bytes: Uint8Array
  /** The file ended before the line did. */
  readonly torn: boolean
  /** The number under which a store keeps it. */
  readonly row?: number
}

/** Cuts at each LF; a last piece without one is a torn line, an empty one is none. */
export const split = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<RawLine, E, R> =>
  Stream.mapAccum(bytes, () => nothing, cut, {
    onHalt: (rest): ReadonlyArray<RawLine> => (rest.length === 0 ? [] : [{ bytes: rest, torn: true }])
  })

const nothing = new Uint8Array(0)
const lineFeed = 0x0a

const cut = (rest: Uint8Array, chunk: Uint8Array): readonly [Uint8Array, ReadonlyArray<RawLine>] => {
  const lines: Array<RawLine> = []
  let held = rest
  let start = 0
  for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
    lines.push({ bytes: join(held, chunk.subarray(start, end)), torn: false })
    held = nothing
    start = end + 1
  }
  return [join(held, chunk.subarray(start)), lines]
}

const join = (held: Uint8Array, piece: Uint8Array): Uint8Array => {
  const kept = piece.subarray(0, Math.max(0, LogLine.maxBytes + 1 - held.length))
  const joined = new Uint8Array(held.length + kept.length)
  joined.set(held)
  joined.set(kept, held.length)
  return joined
}
