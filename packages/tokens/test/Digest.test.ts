import * as Digest from "@bailiwick/tokens/Digest"
import { assert, describe, it } from "@effect/vitest"
import * as Hex from "effect/encoding/Hex"

const native = Digest.native()
const encoder = new TextEncoder()

describe("Digest", () => {
  it("gives the examples of FIPS 180-4", () => {
    const examples = [
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ]
    ] as const
    for (const [text, hex] of examples) {
      assert.strictEqual(Hex.encode(Digest.bytes(text)), hex)
      assert.strictEqual(Hex.encode(Digest.portable.bytes(encoder.encode(text))), hex)
      assert.strictEqual(Hex.encode(Buffer.from(Digest.text(text), "base64url")), hex)
    }
  })

  it("is one function, whoever computes it", () => {
    assert.isDefined(native)
    const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]
    const texts = ["", "é", "\u{1f511}", "\ud800 alone", ...lengths.map((length) => "a".repeat(length))]
    for (const input of [...texts, ...texts.map((text) => encoder.encode(text))]) {
      assert.deepStrictEqual(native.bytes(input), Digest.portable.bytes(input))
      assert.strictEqual(native.text(input), Digest.portable.text(input))
    }
  })
})
