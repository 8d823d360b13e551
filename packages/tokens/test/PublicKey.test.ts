import { Jwk } from "@bailiwick/core/Jwk"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

// RFC 8037 appendix A.
const rfc8037 = {
  jwk: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
  thumbprint: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
  hex: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
}

const ff = "ff".repeat(30)

/** All encodings, canonical or not, of the eight points of small order (C2SP CCTV, ed25519 README). */
const smallOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  `ec${ff}7f`,
  `ec${ff}ff`,
  `ed${ff}7f`,
  `ed${ff}ff`,
  `ee${ff}7f`,
  `ee${ff}ff`
]

describe("PublicKey", () => {
  it.effect("gives the thumbprint and the forms of RFC 8037 appendix A", () =>
    Effect.gen(function* () {
      const key = yield* PublicKey.fromJwk(yield* Schema.decodeUnknownEffect(Jwk)(rfc8037.jwk))
      assert.strictEqual(key.kid, rfc8037.thumbprint)
      assert.strictEqual(PublicKey.toHex(key), rfc8037.hex)
      assert.deepStrictEqual<unknown>(PublicKey.toJwk(key), rfc8037.jwk)
      assert.deepStrictEqual(key.bytes, Uint8Array.from(Buffer.from(rfc8037.hex, "hex")))
    })
  )

  it.effect("answers the same object for the same key, so that what hangs on it is found again", () =>
    Effect.gen(function* () {
      const key = yield* PublicKey.fromHex(rfc8037.hex)
      assert.strictEqual(yield* PublicKey.fromJwk(PublicKey.toJwk(key)), key)
      assert.strictEqual(yield* PublicKey.fromBytes(key.bytes), key)
    })
  )

  it.effect("stays as it was checked when somebody writes into its bytes", () =>
    Effect.gen(function* () {
      const key = yield* PublicKey.fromHex(rfc8037.hex)
      key.bytes.fill(0)
      assert.strictEqual(PublicKey.toHex(key), rfc8037.hex)
    })
  )

  it.effect.each(smallOrder)("refuses %s, of small order", (hex) =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(PublicKey.fromHex(hex))
      assert.include(["SmallOrder", "NotAPoint"], reason._tag)
    })
  )

  it.effect("tells a point of small order from no point at all", () =>
    Effect.gen(function* () {
      const small = yield* Effect.flip(PublicKey.fromHex(`01${"00".repeat(31)}`))
      assert.strictEqual(small.reason._tag, "SmallOrder")
      const none = yield* Effect.flip(PublicKey.fromHex(`02${"00".repeat(31)}`))
      assert.strictEqual(none.reason._tag, "NotAPoint")
    })
  )

  it.effect("refuses a point with a component of small order (speccheck case 3)", () =>
    Effect.gen(function* () {
      const mixed = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"
      const { reason } = yield* Effect.flip(PublicKey.fromHex(mixed))
      assert.strictEqual(reason._tag, "HasTorsion")
    })
  )

  it.effect.each(["", "00", rfc8037.hex.slice(2), `${rfc8037.hex}00`, rfc8037.hex.toUpperCase(), `${rfc8037.hex}\n`])(
    "refuses the text %j",
    (hex) =>
      Effect.gen(function* () {
        const { reason } = yield* Effect.flip(PublicKey.fromHex(hex))
        assert.strictEqual(reason._tag, "NotAKey")
      })
  )

  it.effect("refuses bytes of another length", () =>
    Effect.gen(function* () {
      for (const length of [0, 31, 33, 64]) {
        const { reason } = yield* Effect.flip(PublicKey.fromBytes(new Uint8Array(length)))
        assert.strictEqual(reason._tag, "NotAKey")
      }
    })
  )
})
