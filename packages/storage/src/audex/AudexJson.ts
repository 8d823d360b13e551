/**
 * JSON as Audex's programs read and write it (serde_json into structs), without losing what they would drop.
 *
 * A number stays the text that it was, and an object keeps all its members in order, twofold ones too: what a struct
 * does not know can be written back as it stood. Written is the form of `serde_json::to_string_pretty`.
 */
import type * as CompactJson from "@bailiwick/core/CompactJson"
import * as Result from "effect/Result"
import { type AudexError, malformed } from "./AudexError.ts"

/** A number as it was written: neither a 64-bit integer nor `1e400` fits a double. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** An object with all its members in order, duplicates too. */
export class Members {
  readonly entries: ReadonlyArray<Member>

  constructor(entries: ReadonlyArray<Member>) {
    this.entries = entries
  }
}

export type Member = readonly [name: string, value: Value]

export type Value = null | boolean | string | NumberText | ReadonlyArray<Value> | Members

/** The original knows a limit only in what it reads; here hostile nesting must not exhaust the stack. */
export const maximumDepth = 512

/** Reads one value; a text in it may hold half of a surrogate pair, which only counts where the text is used. */
export const parse = (text: string): Result.Result<Value, AudexError> =>
  Result.try({
    try: () => new Scanner(text).document(),
    catch: (cause) => malformed(cause instanceof Refused ? cause.message : "it is not JSON")
  })

/** What a program holds, as it would stand in a file. */
export const fromJson = (value: CompactJson.Value): Value => {
  if (typeof value === "number") return new NumberText(String(value))
  if (value === null || typeof value !== "object") return value
  if (isList(value)) return value.map(fromJson)
  return new Members(
    Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, fromJson(member)] as const]))
  )
}

/** As a program holds it; a number that no double holds exactly enough stays text. */
export const toJson = (value: Value): CompactJson.Value => {
  if (value instanceof NumberText) {
    const number = Number(value.text)
    const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) || /[.eE]/u.test(value.text) : true
    return isExact && Number.isFinite(number) ? number : value.text
  }
  if (value === null || typeof value !== "object") return value
  if (isList(value)) return value.map(toJson)
  // Defines members, never assigns them: `__proto__` is a name like any other.
  return Object.fromEntries(value.entries.map(([name, member]) => [name, toJson(member)]))
}

/** As `serde_json::to_string_pretty` writes it: two spaces, LF, no final line end. */
export const write = (value: Value, indent = "\n"): string => {
  if (value === null || typeof value === "boolean") return String(value)
  // Both writers escape the same characters in the same way, quotes, backslashes and controls, and no others.
  if (typeof value === "string") return JSON.stringify(value)
  if (value instanceof NumberText) return value.text
  const inner = `${indent}  `
  if (isList(value)) {
    return value.length === 0 ? "[]" : `[${inner}${value.map((item) => write(item, inner)).join(`,${inner}`)}${indent}]`
  }
  if (value.entries.length === 0) return "{}"
  const members = value.entries.map(([name, member]) => `${JSON.stringify(name)}: ${write(member, inner)}`)
  return `{${inner}${members.join(`,${inner}`)}${indent}}`
}

/** A double as the original writes it: `5.0`, `12.5`, `1e-7`, `1e+16`. */
export const fromDouble = (value: number): NumberText => {
  if (Object.is(value, -0)) return new NumberText("-0.0")
  // The shortest digits that give the same double again, in both languages; only where exponents begin differs.
  const exponential = value.toExponential()
  const exponent = Number(exponential.slice(exponential.indexOf("e") + 1))
  if (exponent < -5 || exponent > 15) return new NumberText(exponential)
  return new NumberText(Number.isInteger(value) ? `${value}.0` : String(value))
}

/** The array of a list, told apart from an object of members. */
export const isList = <A>(value: ReadonlyArray<A> | object): value is ReadonlyArray<A> => Array.isArray(value)

class Refused extends Error {}

const quote = 0x22

const inside = (depth: number): number => {
  if (depth === maximumDepth) throw new Refused("it nests too deep")
  return depth + 1
}

/** One pass from left to right; the only recursion is nesting, which `maximumDepth` bounds. */
class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): Value {
    const value = this.#value(0)
    if (this.#next() !== undefined) throw new Refused("something follows the object")
    return value
  }

  /** The next character after blanks, which stays; undefined at the end. */
  #next(): string | undefined {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return this.#text[this.#at]
      this.#at++
    }
  }

  #takes(character: string): boolean {
    if (this.#next() !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw new Refused("it is not JSON")
  }

  #value(depth: number): Value {
    switch (this.#next()) {
      case "{":
        return this.#object(inside(depth))
      case "[":
        return this.#array(inside(depth))
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

  #word<A>(word: string, value: A): A {
    if (!this.#text.startsWith(word, this.#at)) throw new Refused("it is not JSON")
    this.#at += word.length
    return value
  }

  #number(): NumberText {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#text)?.[0]
    if (text === undefined) throw new Refused("it is not JSON")
    this.#at += text.length
    return new NumberText(text)
  }

  #string(): string {
    const start = this.#at + 1
    let end = start
    let escaped = false
    for (;;) {
      const code = this.#text.charCodeAt(end)
      if (code === quote) break
      // A control character, or NaN: the text ended.
      if (!(code >= 0x20)) throw new Refused("it is not JSON")
      if (code === 0x5c) {
        escaped = true
        end++
      }
      end++
    }
    this.#at = end + 1
    const body = this.#text.slice(start, end)
    // What stands between two quotes without a control character is left to the platform's reader to unescape.
    return escaped ? JSON.parse(`"${body}"`) : body
  }

  #array(depth: number): ReadonlyArray<Value> {
    const items: Array<Value> = []
    this.#at++
    if (this.#takes("]")) return items
    do items.push(this.#value(depth))
    while (this.#takes(","))
    this.#expect("]")
    return items
  }

  #object(depth: number): Members {
    const entries: Array<Member> = []
    this.#at++
    if (this.#takes("}")) return new Members(entries)
    do {
      if (this.#next() !== '"') throw new Refused("it is not JSON")
      const name = this.#string()
      this.#expect(":")
      entries.push([name, this.#value(depth)])
    } while (this.#takes(","))
    this.#expect("}")
    return new Members(entries)
  }
}
