/**
 * JSON as Joy's programs read it (serde_json into a struct), which is laxer than formats §1 and still has no two meanings.
 *
 * A known member twice is an error, an unknown one is dropped unread; a struct may also stand as an array of its members
 * in their order. What is signed is written anew from the members that were read, so blanks, order and dropped members
 * decide nothing. Beyond Joy, size and nesting are bounded.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as JoyError from "./JoyError.ts"

/** The largest text that is read, in UTF-16 code units; a session has about 500. */
export const maxLength = 64 * 1024

const maximumDepth = 64

/** An object with all its members in order, duplicates too. */
export class Members {
  readonly entries: ReadonlyArray<readonly [name: string, value: Value]>

  constructor(entries: ReadonlyArray<readonly [name: string, value: Value]>) {
    this.entries = entries
  }
}

/** A text with half of a surrogate pair: Joy skips it in what it drops and refuses it in what it reads. */
const broken = Symbol("half of a surrogate pair")

export type Value = null | boolean | number | string | typeof broken | ReadonlyArray<Value> | Members

/** A struct: its members in order, of which an array must hold the first so many. */
export interface Struct {
  readonly names: ReadonlyArray<string>
  readonly atLeast: number
}

/** Reads one value; `what` names it in the error. */
export const parse = (text: string, what: string): Result.Result<Value, JoyError.JoyError> => {
  if (text.length > maxLength) {
    return Result.fail(new JoyError.JoyError({ reason: new JoyError.TooLarge({ what }) }))
  }
  return Result.try({
    try: () => {
      // The platform's reader knows the grammar, but not duplicates: it judges the text, and the splitter keeps all.
      JSON.parse(text)
      return split(text)
    },
    // The platform's own sentence may quote the text, which may be a secret.
    catch: (cause) => JoyError.malformed(what, cause instanceof TooDeep ? "it nests too deep" : "it is not JSON")
  })
}

/** Reads UTF-8 bytes. */
export const parseBytes = (bytes: Uint8Array, what: string): Result.Result<Value, JoyError.JoyError> =>
  Result.flatMap(
    Result.try({
      try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
      catch: () => JoyError.malformed(what, "its bytes are not UTF-8")
    }),
    (text) => parse(text, what)
  )

/** The members of a struct that are there, under their names. */
export const members = (
  value: Value | undefined,
  { names, atLeast }: Struct,
  what: string
): Result.Result<Partial<Record<string, Value>>, JoyError.JoyError> => {
  const found: Partial<Record<string, Value>> = Object.create(null)
  if (Array.isArray(value)) {
    if (value.length < atLeast || value.length > names.length) {
      return Result.fail(JoyError.malformed(what, `an array of it has ${atLeast} to ${names.length} members`))
    }
    for (const [index, name] of names.entries()) {
      const member = value[index]
      if (member !== undefined) found[name] = member
    }
    return Result.succeed(found)
  }
  if (!(value instanceof Members)) return Result.fail(JoyError.malformed(what, "it is no object"))
  for (const [name, member] of value.entries) {
    if (!name.isWellFormed())
      return Result.fail(JoyError.malformed(what, "a member name holds half of a surrogate pair"))
    if (!names.includes(name)) continue
    if (name in found) return Result.fail(JoyError.malformed(what, `the member ${name} stands twice`))
    found[name] = member
  }
  return Result.succeed(found)
}

/** Decodes what was read by a schema; the error names paths, never values. */
export const decode = <S extends Schema.Decoder<unknown>>(
  schema: S,
  value: unknown,
  what: string
): Result.Result<S["Type"], JoyError.JoyError> =>
  Result.mapError(Schema.decodeUnknownResult(schema)(value), (error) => JoyError.malformed(what, error.message))

class TooDeep extends Error {}

const token = /"(?:[^"\\]+|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/gu

/** Splits a text that is known to be JSON, so that only its tokens matter. */
const split = (text: string): Value => {
  const tokens = text.matchAll(token)
  const next = (): string => tokens.next().value?.[0] ?? ""

  const value = (first: string, depth: number): Value => {
    if (depth > maximumDepth) throw new TooDeep()
    if (first === "[") return list(depth)
    if (first === "{") return object(depth)
    return scalar(first)
  }

  const list = (depth: number): Value => {
    const items: Array<Value> = []
    for (let first = next(); first !== "]"; first = next()) {
      if (first !== ",") items.push(value(first, depth + 1))
    }
    return items
  }

  const object = (depth: number): Value => {
    const entries: Array<readonly [string, Value]> = []
    for (let first = next(); first !== "}"; first = next()) {
      if (first === ",") continue
      const name: string = JSON.parse(first)
      next() // the colon
      entries.push([name, value(next(), depth + 1)])
    }
    return new Members(entries)
  }

  return value(next(), 1)
}

const scalar = (text: string): Value => {
  const value: null | boolean | number | string = JSON.parse(text)
  return typeof value === "string" && !value.isWellFormed() ? broken : value
}
