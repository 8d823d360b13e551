import * as Hex from "@bailiwick/core/Hex"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { built } from "./support/Choices.ts"

const bytes = built((choices) => new Uint8Array(choices.list(0, 66, () => choices.below(256))))

describe("Hex", () => {
  it("reads lower case only", () => {
    assert.deepStrictEqual(Hex.decode("00ff0a"), Option.some(new Uint8Array([0, 255, 10])))
    for (const text of ["00FF0A", "0", "0g", " 00", "00\n", "0x00", "００"]) {
      assert.isTrue(Option.isNone(Hex.decode(text)), text)
      assert.isFalse(Schema.is(Hex.Text)(text), text)
    }
  })

  it("takes text of one length only", () => {
    const digest = Schema.is(Hex.ofLength(32))
    assert.isTrue(digest("0".repeat(64)))
    assert.isFalse(digest("0".repeat(62)))
    assert.isFalse(digest("0".repeat(66)))
  })

  it.prop("decodes what it encodes", [bytes], ([input]) => {
    const text = Hex.encode(input)
    assert.isTrue(Schema.is(Hex.Text)(text))
    assert.deepStrictEqual(Hex.decode(text), Option.some(input))
  })
})
