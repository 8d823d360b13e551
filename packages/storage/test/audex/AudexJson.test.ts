import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"

const accepts = (text: string) => Result.isSuccess(AudexJson.parse(text))

const rewritten = (text: string) => AudexJson.write(Result.getOrThrow(AudexJson.parse(text)))

describe("AudexJson", () => {
  const good = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1.5e-7",
    "1E+5",
    '""',
    '"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
    "[]",
    "{}"
  ]
  const bad = [
    "",
    " ",
    "nul",
    "tru",
    "+1",
    "01",
    ".5",
    "1.",
    "1e",
    "--1",
    "'a'",
    '"\\x"',
    '"\\u12"',
    '"a',
    '"\n"',
    '"\\'
  ]
  const badLists = [
    "[",
    "[1",
    "[1,",
    "[1,]",
    "[,]",
    "[1 2]",
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    "{a:1}",
    "{1:1}",
    "1 2",
    "{}{}",
    "\uFEFF1"
  ]

  for (const text of [...good, ...good.map((value) => ` [ ${value} ,\t{"a" :\r\n${value}} ] `)]) {
    it(`reads ${JSON.stringify(text)}, as the platform's own reader does`, () => {
      assert.isTrue(accepts(text))
      assert.deepStrictEqual(JSON.parse(rewritten(text)), JSON.parse(text))
    })
  }

  for (const text of [...bad, ...badLists, "NaN", "Infinity", "undefined", "// a\n1", "\u00a01"]) {
    it(`refuses ${JSON.stringify(text)}, as the platform's own reader does`, () => {
      assert.isFalse(accepts(text))
      assert.throws(() => JSON.parse(text))
    })
  }

  it("keeps numbers as they were written, duplicates, and order", () => {
    const text = '{\n  "b": 12345678901234567890.50e400,\n  "a": -0,\n  "b": {},\n  "__proto__": []\n}'
    assert.strictEqual(rewritten(text), text)
  })

  it("escapes what the original escapes, and nothing else", () => {
    const text = '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/\u007f\u2028é\u{1F680}"'
    assert.strictEqual(rewritten(text), text)
  })

  it("reads nesting up to its limit, and refuses one more", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
    assert.isTrue(accepts(nested(AudexJson.maximumDepth)))
    assert.isFalse(accepts(nested(AudexJson.maximumDepth + 1)))
    assert.isFalse(accepts("[".repeat(1_000_000)))
  })

  it("writes doubles as the original does", () => {
    const doubles = [5, 12.5, 0.1 + 0.2, 1e15, 1e16, 1.5e300, 1e-5, 1.25e-6, 1e-7, 5e-324, -0, -2.5, 123_456_789.125]
    assert.deepStrictEqual(
      doubles.map((value) => AudexJson.fromDouble(value).text),
      [
        "5.0",
        "12.5",
        "0.30000000000000004",
        "1000000000000000.0",
        "1e+16",
        "1.5e+300",
        "0.00001",
        "1.25e-6",
        "1e-7",
        "5e-324",
        "-0.0",
        "-2.5",
        "123456789.125"
      ]
    )
  })

  it("gives a program plain values, with numbers as text where a double would not hold them", () => {
    const value = Result.getOrThrow(
      AudexJson.parse(
        '{"a": 900, "b": 12.5, "c": 18446744073709551615, "d": 1e400, "e": 5.0, "__proto__": {"x": null}}'
      )
    )
    const plain = AudexJson.toJson(value)
    assert.strictEqual(
      JSON.stringify(plain),
      '{"a":900,"b":12.5,"c":"18446744073709551615","d":"1e400","e":5,"__proto__":{"x":null}}'
    )
    assert.strictEqual(Object.getPrototypeOf(plain), Object.prototype)
  })
})
