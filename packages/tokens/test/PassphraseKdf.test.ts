import * as Base64Url from "@bailiwick/core/Base64Url"
import * as PassphraseKdf from "@bailiwick/tokens/PassphraseKdf"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, layer } from "@effect/vitest"
import { argon2id } from "@noble/hashes/argon2.js"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const salt = Base64Url.encode(new Uint8Array(16).fill(2))

const derive = Effect.fnUntraced(function* (passphrase: string, cost: PassphraseKdf.Cost) {
  const kdf = yield* PassphraseKdf.PassphraseKdf
  return Redacted.value(yield* kdf.derive(Redacted.make(passphrase), { name: "argon2id", ...cost, salt }))
})

const reasonOf = (cost: PassphraseKdf.Cost) =>
  Effect.map(Effect.flip(derive("a passphrase", cost)), (error) => error.reason._tag)

const small = { m: 64, t: 2, p: 2 }

describe("PassphraseKdf", () => {
  layer(PassphraseKdf.PassphraseKdf.layer.pipe(Layer.provide(NodeCrypto.layerKdf)))((it) => {
    it.effect("asks for 256 MiB, three passes and one lane for a new passphrase", () =>
      Effect.gen(function* () {
        const kdf = yield* PassphraseKdf.PassphraseKdf
        assert.deepStrictEqual(kdf.cost, { m: 262_144, t: 3, p: 1 })
      })
    )

    it.effect("refuses less than 64 MiB or three passes, so that a planted file cannot make guessing cheap", () =>
      Effect.gen(function* () {
        for (const cost of [{ m: 65_535, t: 3, p: 1 }, { m: 65_536, t: 2, p: 1 }, { m: 262_144, t: 1, p: 8 }, small]) {
          assert.strictEqual(yield* reasonOf(cost), "BelowFloor")
        }
      })
    )

    it.effect(
      "refuses more than 2 GiB, ten passes or eight lanes, so that a planted file cannot exhaust the machine",
      () =>
        Effect.gen(function* () {
          for (const cost of [
            { m: 2_097_153, t: 3, p: 1 },
            { m: 65_536, t: 11, p: 1 },
            { m: 65_536, t: 3, p: 9 }
          ]) {
            assert.strictEqual(yield* reasonOf(cost), "AboveCap")
          }
        })
    )
  })

  layer(PassphraseKdf.PassphraseKdf.layerTest.pipe(Layer.provide(NodeCrypto.layerKdf)))((it) => {
    it.effect("derives what another implementation of Argon2id derives", () =>
      Effect.gen(function* () {
        const expected = argon2id("correct horse", new Uint8Array(16).fill(2), { ...small, dkLen: 32 })
        assert.deepStrictEqual(yield* derive("correct horse", small), expected)
      })
    )

    it.effect("derives one key from a passphrase in whatever form it was typed", () =>
      Effect.gen(function* () {
        const composed = yield* derive("caf\u00E9 \uFB01ne", small)
        assert.deepStrictEqual(yield* derive("cafe\u0301 fine", small), composed)
        assert.notDeepEqual(yield* derive("cafe fine", small), composed)
      })
    )

    it.effect("keeps the cap when a test lowers the floor", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* reasonOf({ ...small, t: 11 }), "AboveCap")
        assert.strictEqual(yield* reasonOf({ ...small, m: 7 }), "BelowFloor")
      })
    )

    it.effect("never prints the derived key", () =>
      Effect.gen(function* () {
        const kdf = yield* PassphraseKdf.PassphraseKdf
        const key = yield* kdf.derive(Redacted.make("a passphrase"), { name: "argon2id", ...small, salt })
        assert.strictEqual(JSON.stringify({ key }), `{"key":"<redacted:key-encryption key>"}`)
      })
    )
  })
})
