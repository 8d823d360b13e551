/**
 * The one reader of JSON that others wrote: it refuses what two readers could understand differently (formats §1).
 *
 * `JSON.parse` keeps the last of two members with one name and rounds numbers; a signer and a verifier that keep
 * different ones would disagree about what was signed (RFC 8259 §4, §6; RFC 7493).
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Nesting of arrays and objects; the outermost counts 1. */
export const maximumDepth = 16

const sentences = {
  TooLarge: "it is larger than allowed here",
  NotUtf8: "its bytes are not UTF-8",
  ByteOrderMark: "it begins with a byte order mark",
  Syntax: "it is not JSON",
  Trailing: "something follows the value",
  TooDeep: `it nests deeper than ${maximumDepth}`,
  DuplicateMember: "a member name stands twice in one object",
  LoneSurrogate: "a text holds half of a surrogate pair",
  Number: "a number is no safe integer written plainly"
} as const

export const Reason = Schema.Literals([
  "TooLarge",
  "NotUtf8",
  "ByteOrderMark",
  "Syntax",
  "Trailing",
  "TooDeep",
  "DuplicateMember",
  "LoneSurrogate",
  "Number"
])
export type Reason = typeof Reason.Type

/** Why a text was refused and where; never a part of the text, which may be a secret. */
export class StrictJsonError extends Schema.TaggedError<StrictJsonError>()("StrictJsonError", {
  reason: Reason,
  /** Counted in UTF-16 code units of the text, from 0. */
  offset: Schema.Int
}) {
  override get message() {
    return `JSON refused at character ${this.offset}: ${sentences[this.reason]}`
  }
}

export interface Limits {
  /** The largest size accepted, in UTF-8 bytes. */
  readonly maxBytes: number
}

/** Reads one value from text. */
export const parse = (text: string, limits: Limits): Result.Result<unknown, StrictJsonError> => {
  if (isLonger(text, limits.maxBytes)) return refuse("TooLarge", 0)
  if (text.startsWith("\uFEFF")) return refuse("ByteOrderMark", 0)
  if (!text.isWellFormed()) return refuse("LoneSurrogate", text.search(/\p{Surrogate}/u))
  const scanner = new Scanner(text)
  const value = scanner.document()
  return scanner.failure === undefined ? Result.succeed(value) : Result.fail(scanner.failure)
}

/** Reads one value from UTF-8 bytes. */
export const parseBytes = (bytes: Uint8Array, limits: Limits): Result.Result<unknown, StrictJsonError> => {
  if (bytes.length > limits.maxBytes) return refuse("TooLarge", 0)
  const text = Result.try({
    try: () => utf8.decode(bytes),
    catch: () => new StrictJsonError({ reason: "NotUtf8", offset: 0 })
  })
  return Result.flatMap(text, (decoded) => parse(decoded, limits))
}

/**
 * Reads one value and decodes it by a schema that refuses unknown members.
 *
 * The schema's error names paths, never values.
 */
export const decode = <S extends Schema.Decoder<unknown>>(
  schema: S,
  input: string | Uint8Array,
  limits: Limits
): Result.Result<S["Type"], StrictJsonError | Schema.SchemaError> => {
  const parsed: Result.Result<unknown, StrictJsonError | Schema.SchemaError> =
    typeof input === "string" ? parse(input, limits) : parseBytes(input, limits)
  return Result.flatMap(parsed, Schema.decodeUnknownResult(schema, { onExcessProperty: "error" }))
}

// Without `stream` every call stands alone, also after one that failed (Encoding Standard, "decode").
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const refuse = (reason: Reason, offset: number) => Result.fail(new StrictJsonError({ reason, offset }))

// A UTF-16 code unit takes one to three bytes of UTF-8, so most texts are judged without encoding them.
const isLonger = (text: string, maxBytes: number): boolean =>
  text.length > maxBytes || (text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes)

const quote = 0x22
const backslash = 0x5c

/**
 * One pass from left to right; the only recursion is nesting, which `maximumDepth` bounds.
 *
 * The first failure stays; after it the cursor stands behind the end, so that every loop ends at once.
 */
class Scanner {
  readonly #text: string
  #at = 0
  failure: StrictJsonError | undefined = undefined

  constructor(text: string) {
    this.#text = text
  }

  document(): unknown {
    const value = this.#value(0)
    this.#blanks()
    if (this.#at < this.#text.length) this.#fail("Trailing")
    return value
  }

  #fail(reason: Reason, offset = this.#at): undefined {
    this.failure ??= new StrictJsonError({ reason, offset })
    this.#at = this.#text.length
    return undefined
  }

  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  /** Takes the character if it comes next, after blanks. */
  #takes(character: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #value(depth: number): unknown {
    this.#blanks()
    switch (this.#text[this.#at]) {
      case "{":
        return depth === maximumDepth ? this.#fail("TooDeep") : this.#object(depth + 1)
      case "[":
        return depth === maximumDepth ? this.#fail("TooDeep") : this.#array(depth + 1)
      case '"':
        return this.#string()
      case "t":
        return this.#word("true", true)
      case "f":
        return this.#word("false", false)
      case "n":
        return this.#word("null", null)
      default:
        return this.#number()
    }
  }

  #word<A>(word: string, value: A): A | undefined {
    if (!this.#text.startsWith(word, this.#at)) return this.#fail("Syntax")
    this.#at += word.length
    return value
  }

  #number(): number | undefined {
    const token = /-?[0-9][-+.0-9eE]*/y
    token.lastIndex = this.#at
    const written = token.exec(this.#text)?.[0]
    if (written === undefined) return this.#fail("Syntax")
    const value = Number(written)
    if (!/^(?:0|-?[1-9][0-9]*)$/u.test(written) || !Number.isSafeInteger(value)) return this.#fail("Number")
    this.#at += written.length
    return value
  }

  #string(): string | undefined {
    const start = this.#at++
    let escaped = false
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === quote) break
      if (code === backslash) {
        escaped = true
        const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
        escape.lastIndex = this.#at
        if (!escape.test(this.#text)) return this.#fail("Syntax")
        this.#at = escape.lastIndex
      } else if (code >= 0x20) this.#at++
      else return this.#fail("Syntax") // a control character, or NaN: the text ended
    }
    const literal = this.#text.slice(start, ++this.#at)
    if (!escaped) return literal.slice(1, -1)
    // The literal was checked above, so the platform's own reader may unescape it.
    const value: string = JSON.parse(literal)
    return value.isWellFormed() ? value : this.#fail("LoneSurrogate", start)
  }

  #array(depth: number): ReadonlyArray<unknown> | undefined {
    const items: Array<unknown> = []
    this.#at++
    if (this.#takes("]")) return items
    do items.push(this.#value(depth))
    while (this.#takes(","))
    return this.#takes("]") ? items : this.#fail("Syntax")
  }

  #object(depth: number): object | undefined {
    const members: Record<string, unknown> = {}
    this.#at++
    if (this.#takes("}")) return members
    do {
      this.#blanks()
      const start = this.#at
      const name = this.#text[start] === '"' ? this.#string() : this.#fail("Syntax")
      if (name === undefined) return undefined
      const isInherited = name in members
      if (isInherited && Object.hasOwn(members, name)) return this.#fail("DuplicateMember", start)
      if (!this.#takes(":")) return this.#fail("Syntax")
      const value = this.#value(depth)
      // Assigned, which is quick, only where nothing is inherited; else defined: `__proto__` becomes a member like any
      // other and no prototype changes.
      if (isInherited) {
        Object.defineProperty(members, name, { value, configurable: true, enumerable: true, writable: true })
      } else members[name] = value
    } while (this.#takes(","))
    return this.#takes("}") ? members : this.#fail("Syntax")
  }
}
