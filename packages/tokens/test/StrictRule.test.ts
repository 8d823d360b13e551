import * as StrictRule from "@bailiwick/tokens/ed25519/StrictRule"
import { assert, describe, it } from "@effect/vitest"

const p = (1n << 255n) - 19n
const order = (1n << 252n) + 27742317777372353535851937790883648493n
const signBit = 1n << 255n

/** 32 bytes, little-endian. */
const encode = (value: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex")).reverse()

const signature = (r: bigint, s: bigint): Uint8Array => Uint8Array.of(...encode(r), ...encode(s))

// 2 is no y of small order, and nothing here asks whether it lies on the curve.
const r = 2n

describe("StrictRule", () => {
  it("takes y below p as canonical, with either sign, and nothing from p on", () => {
    for (const y of [0n, 1n, p - 1n]) {
      assert.isTrue(StrictRule.isCanonical(encode(y)))
      assert.isTrue(StrictRule.isCanonical(encode(y + signBit)))
    }
    for (const y of [p, p + 1n, p + 18n]) {
      assert.isFalse(StrictRule.isCanonical(encode(y)))
      assert.isFalse(StrictRule.isCanonical(encode(y + signBit)))
    }
  })

  it("takes S below the group order and nothing from it on", () => {
    for (const s of [0n, 1n, order - 1n]) assert.isTrue(StrictRule.isWellFormed(signature(r, s)))
    for (const s of [order, order + 1n, 1n << 253n, (1n << 256n) - 1n]) {
      assert.isFalse(StrictRule.isWellFormed(signature(r, s)))
    }
  })

  it("refuses R that is not canonical or of small order", () => {
    assert.isTrue(StrictRule.isWellFormed(signature(r, 1n)))
    assert.isFalse(StrictRule.isWellFormed(signature(p + 2n, 1n)))
    for (const y of [0n, 1n, p - 1n]) {
      assert.isTrue(StrictRule.isSmallOrder(encode(y)))
      assert.isFalse(StrictRule.isWellFormed(signature(y, 1n)))
      assert.isFalse(StrictRule.isWellFormed(signature(y + signBit, 1n)))
    }
  })

  it("refuses every length but 64", () => {
    const good = signature(r, 1n)
    assert.isTrue(StrictRule.isWellFormed(good))
    assert.isFalse(StrictRule.isWellFormed(good.subarray(0, 63)))
    assert.isFalse(StrictRule.isWellFormed(Uint8Array.of(...good, 0)))
    assert.isFalse(StrictRule.isWellFormed(new Uint8Array(0)))
  })
})
