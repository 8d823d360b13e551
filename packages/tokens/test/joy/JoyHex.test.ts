import * as JoyHex from "@bailiwick/tokens/joy/JoyHex"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"

describe("JoyHex", () => {
  it("reads both cases and nothing but whole bytes", () => {
    for (const text of ["", "00ff", "00FF", "00fF"]) {
      assert.deepStrictEqual(JoyHex.decode(text), Option.some(Uint8Array.from(Buffer.from(text, "hex"))))
    }
    // The Kelvin sign becomes a k when it is lowered, and full-width digits look like digits.
    for (const text of ["0", "0g", " 00", "0x00", "\u212a0", "\uff10\uff10"]) {
      assert.isTrue(Option.isNone(JoyHex.decode(text)), text)
    }
  })
})
