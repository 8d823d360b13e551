/**
 * Globs over code points: `*` is any run, the empty one included, `?` is one code point; nothing escapes them.
 *
 * A pattern is also the set of texts that it matches, and `includes` decides whether one such set lies inside another.
 * Matching a text is the same question about a pattern without wildcards. No regular expression takes part and nothing
 * is ever tried twice: a call costs at most the two lengths multiplied, divided by the 32 bits of a word.
 */

/** Stands for `?` among the symbols; every other symbol is a code point. */
const any = -1

/** A pattern or a text, ready to be compared; made by `compile` and `literal`. */
export interface Glob {
  /** The code points and single wildcards in order, without the runs. */
  readonly symbols: ReadonlyArray<number>
  /** Whether a run stands before the symbol of that index; one entry more than symbols, for the end. */
  readonly runs: ReadonlyArray<boolean>
  /** The pattern cut at its runs; undefined when it has none. */
  readonly parts: Parts | undefined
}

/** `head * … middle … * tail`, where a gap is the number of code points that a run must at least take. */
interface Parts {
  readonly head: ReadonlyArray<number>
  readonly middle: ReadonlyArray<{ readonly gap: number; readonly finder: Finder }>
  readonly gap: number
  readonly tail: ReadonlyArray<number>
}

/** Reads a pattern. */
export const compile = (pattern: string): Glob => {
  const symbols: Array<number> = []
  const runs = [false]
  for (const character of pattern) {
    if (character === "*") runs[symbols.length] = true
    else {
      symbols.push(character === "?" ? any : codePoint(character))
      runs.push(false)
    }
  }
  return { symbols, runs, parts: runs.includes(true) ? cut(symbols, runs) : undefined }
}

/** Reads a text in which `*` and `?` are characters like any other. */
export const literal = (text: string): Glob => {
  const symbols = Array.from(text, codePoint)
  return { symbols, runs: Array.from({ length: symbols.length + 1 }, () => false), parts: undefined }
}

/**
 * Whether every text of `inner` is a text of `outer`.
 *
 * Exact: with more code points than any pattern has, `inner` can always be read with a code point that `outer` does not
 * name in place of each wildcard, and with runs as long or as short as suits least. So a run of `inner` can only be
 * taken by a run of `outer`, and counts nothing towards a length; the leftmost place of each part is then the best one.
 */
export const includes = (outer: Glob, inner: Glob): boolean => {
  const size = inner.symbols.length
  if (outer.parts === undefined) {
    return inner.parts === undefined && size === outer.symbols.length && standsAt(outer.symbols, inner, 0)
  }
  const { head, middle, gap, tail } = outer.parts
  if (head.length > 0 && (inner.runs[0] === true || !standsAt(head, inner, 0))) return false
  let end = head.length
  for (const part of middle) {
    end = findEnd(part.finder, inner, end + part.gap)
    if (end === notFound) return false
  }
  const start = size - tail.length
  if (start < end + gap) return false
  return tail.length === 0 || (inner.runs[size] === false && standsAt(tail, inner, start))
}

/**
 * Whether some text might belong to both: exact where one of them has no wildcards, else true when the beginnings and ends
 * do not rule it out.
 */
export const mayOverlap = (left: Glob, right: Glob): boolean => {
  if (left.parts === undefined && right.parts === undefined && left.symbols.length !== right.symbols.length)
    return false
  if (!agree(left, right, false) || !agree(left, right, true)) return false
  if (isName(right)) return includes(left, right)
  return !isName(left) || includes(right, left)
}

const isName = ({ parts, symbols }: Glob): boolean => parts === undefined && !symbols.includes(any)

const codePoint = (character: string): number => character.codePointAt(0) ?? any

const accepts = (symbol: number, other: number): boolean => symbol === any || symbol === other

/** Whether the symbols accept those of `inner` from `start`, with no run between them. */
const standsAt = (symbols: ReadonlyArray<number>, inner: Glob, start: number): boolean =>
  start + symbols.length <= inner.symbols.length &&
  symbols.every(
    (symbol, index) =>
      accepts(symbol, inner.symbols[start + index] ?? any) && (index === 0 || inner.runs[start + index] === false)
  )

const agree = (left: Glob, right: Glob, fromEnd: boolean): boolean => {
  const symbolAt = (glob: Glob, index: number) => glob.symbols.at(fromEnd ? -1 - index : index)
  const runAt = (glob: Glob, index: number) => glob.runs.at(fromEnd ? -1 - index : index) !== false
  for (let index = 0; !runAt(left, index) && !runAt(right, index); index++) {
    const one = symbolAt(left, index)
    const other = symbolAt(right, index)
    if (one === undefined || other === undefined)
      return one === other || left.parts !== undefined || right.parts !== undefined
    if (!accepts(one, other) && other !== any) return false
  }
  return true
}

/** Cuts at the runs and moves single wildcards beside a run into its gap: `?*` and `*?` are the same texts. */
const cut = (symbols: ReadonlyArray<number>, runs: ReadonlyArray<boolean>): Parts => {
  const pieces: Array<Array<number>> = [[]]
  for (let index = 0; index <= symbols.length; index++) {
    if (runs[index] === true) pieces.push([])
    const symbol = symbols[index]
    if (symbol !== undefined) pieces.at(-1)?.push(symbol)
  }
  const head = pieces[0] ?? []
  let gap = 0
  while (head.at(-1) === any) {
    head.pop()
    gap++
  }
  const middle: Array<{ readonly gap: number; readonly finder: Finder }> = []
  for (const piece of pieces.slice(1, -1)) {
    const first = piece.findIndex((symbol) => symbol !== any)
    if (first === -1) {
      gap += piece.length
      continue
    }
    const last = piece.findLastIndex((symbol) => symbol !== any)
    middle.push({ gap: gap + first, finder: makeFinder(piece.slice(first, last + 1)) })
    gap = piece.length - 1 - last
  }
  const tail = pieces.at(-1) ?? []
  const first = tail.findIndex((symbol) => symbol !== any)
  const blanks = first === -1 ? tail.length : first
  return { head, middle, gap: gap + blanks, tail: tail.slice(blanks) }
}

/** What finds one part: per symbol, a bit for each place of the part that accepts it (Baeza-Yates and Gonnet, 1992). */
interface Finder {
  readonly length: number
  readonly places: ReadonlyMap<number, Uint32Array>
  readonly wild: Uint32Array
}

const makeFinder = (symbols: ReadonlyArray<number>): Finder => {
  const wild = new Uint32Array(Math.ceil(symbols.length / 32))
  symbols.forEach((symbol, index) => {
    if (symbol === any) mark(wild, index)
  })
  const places = new Map<number, Uint32Array>()
  symbols.forEach((symbol, index) => {
    if (symbol === any) return
    const bits = places.get(symbol) ?? wild.slice()
    mark(bits, index)
    places.set(symbol, bits)
  })
  return { length: symbols.length, places, wild }
}

const mark = (bits: Uint32Array, index: number): void => {
  bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31))
}

const notFound = -1

/** The end of the leftmost place at or after `from` where the part stands in `inner` with no run inside it. */
const findEnd = (finder: Finder, inner: Glob, from: number): number => {
  const { length, places, wild } = finder
  const states = new Uint32Array(wild.length)
  const lastBit = 1 << ((length - 1) & 31)
  for (let index = from; index < inner.symbols.length; index++) {
    if (inner.runs[index] === true) states.fill(0)
    const accepted = places.get(inner.symbols[index] ?? any) ?? wild
    let carry = 1
    for (let word = 0; word < states.length; word++) {
      const state = states[word] ?? 0
      states[word] = ((state << 1) | carry) & (accepted[word] ?? 0)
      carry = state >>> 31
    }
    if (((states.at(-1) ?? 0) & lastBit) !== 0) return index + 1
  }
  return notFound
}
