import * as JoyJson from "@bailiwick/tokens/joy/JoyJson"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { refusalOf } from "./Fixture.ts"

const struct: JoyJson.Struct = { names: ["a", "b", "c"], atLeast: 2 }

const read = (text: string) =>
  Result.flatMap(JoyJson.parse(text, "thing"), (value) => JoyJson.members(value, struct, "thing"))

const found = (text: string) => ({ ...Result.getOrThrow(read(text)) })

describe("JoyJson", () => {
  it("takes the known members in any order and drops the others, however often they stand there", () => {
    assert.deepStrictEqual(found(' {"b": "2", "x": {"a": 9, "a": 1e999}, "x": [[]], "a": "\\u0031" }\n'), {
      a: "1",
      b: "2"
    })
    assert.deepStrictEqual(found('{"__proto__": {"a": 1}, "a": null}'), { a: null })
  })

  it("refuses a known member that stands twice, escaped or not", () => {
    assert.strictEqual(refusalOf(read('{"a": 1, "a": 1}')), "Malformed")
    assert.strictEqual(refusalOf(read('{"a": 1, "\\u0061": 1}')), "Malformed")
  })

  it("reads an array as the struct's members in order, and no fewer or more of them", () => {
    assert.deepStrictEqual(found('["1", "2"]'), { a: "1", b: "2" })
    assert.deepStrictEqual(found('["1", null, "3"]'), { a: "1", b: null, c: "3" })
    assert.strictEqual(refusalOf(read('["1"]')), "Malformed")
    assert.strictEqual(refusalOf(read('["1", "2", "3", "4"]')), "Malformed")
  })

  it("refuses half of a surrogate pair in a member name, and gives none as text", () => {
    assert.strictEqual(refusalOf(read('{"\\ud800": 1}')), "Malformed")
    assert.strictEqual(typeof found('{"a": "\\ud800"}').a, "symbol")
    assert.deepStrictEqual(found('{"a": "\\ud83d\\udd11", "x": "\\ud800"}'), { a: "🔑" })
  })

  it("refuses what is no JSON, no struct, too deep or too long", () => {
    const refused = ["", "thing", "{", '{"a":1}{}', '{"a":1,}', '{"a":01}', "\ufeff{}", '"a"', "1", "null"]
    for (const text of refused) assert.strictEqual(refusalOf(read(text)), "Malformed", text)
    assert.strictEqual(refusalOf(read(`{"x":${"[".repeat(64)}${"]".repeat(64)}}`)), "Malformed")
    assert.isTrue(Result.isSuccess(read(`{"x":${"[".repeat(63)}${"]".repeat(63)}}`)))
    assert.strictEqual(refusalOf(read(`{"x":"${"x".repeat(JoyJson.maxLength)}"}`)), "TooLarge")
    assert.strictEqual(refusalOf(JoyJson.parseBytes(Uint8Array.of(0x22, 0xff, 0x22), "thing")), "Malformed")
  })

  it("never repeats the refused text, which may be a secret", () => {
    const failure = Result.getOrThrow(Result.flip(JoyJson.parse("joy_s_secret", "thing")))
    assert.notInclude(JSON.stringify(failure), "secret")
  })
})
