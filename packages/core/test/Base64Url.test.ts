import * as Base64Url from "@bailiwick/core/Base64Url"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { built } from "./support/Choices.ts"

const bytes = built((choices) => new Uint8Array(choices.list(0, 66, () => choices.below(256))))

describe("Base64Url", () => {
  it("reads the vectors of RFC 4648 section 10 without their padding", () => {
    for (const [text, plain] of [
      ["", ""],
      ["Zg", "f"],
      ["Zm8", "fo"],
      ["Zm9v", "foo"],
      ["Zm9vYg", "foob"],
      ["Zm9vYmE", "fooba"],
      ["Zm9vYmFy", "foobar"]
    ] as const) {
      assert.strictEqual<string>(Base64Url.encode(new TextEncoder().encode(plain)), text)
      assert.deepStrictEqual(Base64Url.decode(text), Option.some(new TextEncoder().encode(plain)))
    }
  })

  it("refuses every second spelling of the same bytes", () => {
    const wrong = [
      "Zg==",
      "Zg=",
      "Zh",
      "Zm9=",
      "Zm9",
      "Z",
      "Zm9vY",
      "Zm 8",
      "Zm8\n",
      "\nZm8",
      "+_-A",
      "/_-A",
      "Zmé",
      "Zm\u212a8"
    ]
    for (const text of wrong) {
      assert.isTrue(Option.isNone(Base64Url.decode(text)), text)
      assert.isFalse(Schema.is(Base64Url.Text)(text), text)
    }
    assert.isTrue(Schema.is(Base64Url.Text)("-_-A"))
  })

  it("takes text of one length only", () => {
    const seed = Schema.is(Base64Url.ofLength(32))
    assert.isTrue(seed(Base64Url.encode(new Uint8Array(32))))
    for (const length of [0, 31, 33]) assert.isFalse(seed(Base64Url.encode(new Uint8Array(length))))
  })

  it("agrees with its schema about every text of up to three characters", () => {
    const characters = [..."AQgwZ9-_", "+", "/", "=", ".", " ", "\n", "\0", "\u007f", "\u0080", "\u{1f511}"]
    const longer = (texts: ReadonlyArray<string>) =>
      texts.flatMap((text) => characters.map((character) => `${text}${character}`))
    const short = ["", ...characters, ...longer(characters), ...longer(longer(characters))]
    const isText = Schema.is(Base64Url.Text)
    for (const text of [...short, ...short.map((end) => `Zm9v${end}`)]) {
      const decoded = Base64Url.decode(text)
      assert.strictEqual(Option.isSome(decoded), isText(text), JSON.stringify(text))
      if (Option.isSome(decoded)) assert.strictEqual<string>(Base64Url.encode(decoded.value), text)
    }
  })

  it.prop("decodes what it encodes", [bytes], ([input]) => {
    const text = Base64Url.encode(input)
    assert.isTrue(Schema.is(Base64Url.Text)(text))
    assert.deepStrictEqual(Base64Url.decode(text), Option.some(input))
  })
})
