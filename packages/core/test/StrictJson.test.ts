import * as StrictJson from "@bailiwick/core/StrictJson"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { built, type Choices } from "./support/Choices.ts"

const limits = { maxBytes: 64 * 1024 }
const value = (text: string) => Result.getOrThrow(StrictJson.parse(text, limits))
const refusal = (text: string) => {
  const { offset, reason } = Result.getOrThrow(Result.flip(StrictJson.parse(text, limits)))
  return { offset, reason }
}

const refused: ReadonlyArray<readonly [text: string, reason: StrictJson.Reason, offset: number]> = [
  ["", "Syntax", 0],
  [" ", "Syntax", 1],
  ["nul", "Syntax", 0],
  ["True", "Syntax", 0],
  ["undefined", "Syntax", 0],
  ["[1,]", "Syntax", 3],
  ["[1 2]", "Syntax", 3],
  ["[1", "Syntax", 2],
  ["{", "Syntax", 1],
  ['{"a"}', "Syntax", 4],
  ['{"a":}', "Syntax", 5],
  ['{"a":1,}', "Syntax", 7],
  ["{a:1}", "Syntax", 1],
  ["{'a':1}", "Syntax", 1],
  ['"a', "Syntax", 2],
  ['"a\nb"', "Syntax", 2],
  ['"a\tb"', "Syntax", 2],
  ['"\\x41"', "Syntax", 1],
  ['"\\u12"', "Syntax", 1],
  ["[1]/* c */", "Trailing", 3],
  ["\u00a01", "Syntax", 0],
  ["1 2", "Trailing", 2],
  ["{}{}", "Trailing", 2],
  ["null\0", "Trailing", 4],
  ["\uFEFF{}", "ByteOrderMark", 0],
  ['{"a":1,"a":1}', "DuplicateMember", 7],
  ['{"a":1,"\\u0061":2}', "DuplicateMember", 7],
  ['{"__proto__":1,"__proto__":2}', "DuplicateMember", 15],
  ['{"constructor":1,"constructor":2}', "DuplicateMember", 17],
  ['[{"a":{"b":1,"b":2}}]', "DuplicateMember", 13],
  ['"\\ud83d"', "LoneSurrogate", 0],
  ['["\\ude00\\ud83d"]', "LoneSurrogate", 1],
  ['"\ud83d"', "LoneSurrogate", 1],
  ['{"\\ud83d":1}', "LoneSurrogate", 1],
  ["1.0", "Number", 0],
  ["1e2", "Number", 0],
  ["1E400", "Number", 0],
  ["-0", "Number", 0],
  ["01", "Number", 0],
  ["-", "Syntax", 0],
  ["+1", "Syntax", 0],
  [".5", "Syntax", 0],
  ["NaN", "Syntax", 0],
  ["[9007199254740992]", "Number", 1],
  ["-9007199254740992", "Number", 0],
  ["[".repeat(17) + "]".repeat(17), "TooDeep", 16],
  ['{"a":'.repeat(16) + "[]" + "}".repeat(16), "TooDeep", 80],
  ["[".repeat(60_000), "TooDeep", 16]
]

const json = (choices: Choices, depth = 0): unknown => {
  switch (choices.below(depth > 4 ? 4 : 6)) {
    case 0:
      return choices.of([null, true, false])
    case 1:
      return choices.of([0, 1, -1, 42, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
    case 2:
    case 3:
      return choices.text('ab"\\/\n\u0000\u2028😀é', 0, 6)
    case 4:
      return choices.list(0, 4, () => json(choices, depth + 1))
    default:
      return Object.fromEntries(
        choices.list(0, 4, () => [choices.of(["a", "b", "__proto__", "", "1", "é"]), json(choices, depth + 1)] as const)
      )
  }
}

describe("StrictJson", () => {
  it("names the reason and the character of every refusal", () => {
    for (const [text, reason, offset] of refused) {
      assert.deepStrictEqual(refusal(text), { offset, reason }, JSON.stringify(text.slice(0, 40)))
    }
  })

  it("reads what one reader and another must understand alike", () => {
    assert.deepStrictEqual(value(' \t\r\n{"a" : [ 1 , -2 , 0 , true , null ] } '), { a: [1, -2, 0, true, null] })
    assert.deepStrictEqual(value('"\\ud83d\\ude00\\u0041\\"\\\\\\/\\b\\f\\n\\r\\t"'), '😀A"\\/\b\f\n\r\t')
    assert.deepStrictEqual(value("[9007199254740991,-9007199254740991]"), [9007199254740991, -9007199254740991])
    assert.strictEqual(JSON.stringify(value("[".repeat(16) + "]".repeat(16))), "[".repeat(16) + "]".repeat(16))
  })

  it("makes __proto__ a member like any other", () => {
    const read = value('{"__proto__":{"admin":true},"constructor":1}')
    assert.deepStrictEqual(Object.keys(Object(read)), ["__proto__", "constructor"])
    assert.strictEqual(Object.getPrototypeOf(read), Object.prototype)
    assert.isFalse("admin" in Object(read))
  })

  it("counts the limit in UTF-8 bytes", () => {
    assert.isTrue(Result.isSuccess(StrictJson.parse('"éé"', { maxBytes: 6 })))
    assert.isTrue(Result.isFailure(StrictJson.parse('"éé"', { maxBytes: 5 })))
    assert.isTrue(Result.isSuccess(StrictJson.parseBytes(new TextEncoder().encode('"éé"'), { maxBytes: 6 })))
    assert.isTrue(Result.isFailure(StrictJson.parseBytes(new TextEncoder().encode('"éé"'), { maxBytes: 5 })))
  })

  it("keeps nothing of bytes that it refused, torn in the middle of a character or not", () => {
    const bytes = new TextEncoder().encode('"\u00e9"')
    for (const torn of [bytes.subarray(0, 2), Uint8Array.of(0x22, 0xff, 0x22)]) {
      assert.isTrue(Result.isFailure(StrictJson.parseBytes(torn, limits)))
      assert.strictEqual(Result.getOrThrow(StrictJson.parseBytes(bytes, limits)), "\u00e9")
    }
  })

  it("reads bytes only when they are UTF-8 without a byte order mark", () => {
    const read = (bytes: ReadonlyArray<number>) =>
      Result.match(StrictJson.parseBytes(new Uint8Array(bytes), limits), {
        onFailure: (error) => error.reason,
        onSuccess: () => "read"
      })
    assert.strictEqual(read([0x22, 0xc3, 0xa9, 0x22]), "read")
    assert.strictEqual(read([0x22, 0xe9, 0x22]), "NotUtf8")
    assert.strictEqual(read([0x22, 0xc0, 0xaf, 0x22]), "NotUtf8")
    assert.strictEqual(read([0x22, 0xed, 0xa0, 0x80, 0x22]), "NotUtf8")
    assert.strictEqual(read([0xef, 0xbb, 0xbf, 0x31]), "ByteOrderMark")
  })

  it("decodes by a schema and refuses unknown members", () => {
    const schema = Schema.Struct({ a: Schema.Int })
    assert.deepStrictEqual(StrictJson.decode(schema, '{"a":1}', limits), Result.succeed({ a: 1 }))
    const unknown = Result.getOrThrow(Result.flip(StrictJson.decode(schema, '{"a":1,"b":2}', limits)))
    assert.strictEqual(unknown._tag, "SchemaError")
    const proto = Result.getOrThrow(Result.flip(StrictJson.decode(schema, '{"a":1,"__proto__":{}}', limits)))
    assert.strictEqual(proto._tag, "SchemaError")
    const twice = Result.getOrThrow(Result.flip(StrictJson.decode(schema, '{"a":1,"a":1}', limits)))
    assert.strictEqual(twice._tag, "StrictJsonError")
  })

  it("says nothing of the text in an error", () => {
    const error = Result.getOrThrow(Result.flip(StrictJson.parse('{"seed":"hunter2","seed":1}', limits)))
    assert.strictEqual(error.message, "JSON refused at character 18: a member name stands twice in one object")
    assert.notInclude(JSON.stringify(error), "hunter2")
  })

  it.prop("agrees with JSON.parse on everything that JSON.stringify writes", [built(json)], ([input]) => {
    for (const text of [JSON.stringify(input), JSON.stringify(input, null, 2)]) {
      assert.deepStrictEqual(value(text), JSON.parse(text))
    }
  })

  const mutated = built((choices) => {
    let text = JSON.stringify(json(choices))
    for (let count = 1 + choices.below(3); count > 0; count--) {
      const at = choices.below(text.length + 1)
      const insert = choices.percent(60) ? choices.of(Array.from('{}[]",:\\u0e.-+1tnf \n\0\u{10000}')) : ""
      text = text.slice(0, at) + insert + text.slice(at + choices.below(3))
    }
    return text
  })

  it.prop(
    "never throws on mutated text, and accepts nothing that JSON.parse reads differently",
    [mutated],
    ([text]) => {
      const strict = StrictJson.parse(text, limits)
      if (Result.isSuccess(strict)) assert.deepStrictEqual(strict.success, JSON.parse(text))
      else assert.isAtMost(strict.failure.offset, text.length)
    },
    { arbitrary: { runs: 500 } }
  )
})
