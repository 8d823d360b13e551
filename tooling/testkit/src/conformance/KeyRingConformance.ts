/** What every `KeyRing` promises: random keys, one purpose each, given back as they were made (formats §7). */
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import { createPrivateKey, createPublicKey } from "node:crypto"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<KeyRing.KeyRing, unknown>): void => {
  describe(`${name} is a KeyRing`, () => {
    it.effect("gives back the keys of a purpose as they were made, oldest first", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        yield* TestClock.setTime(1_000_000)
        const first = yield* ring.create("authority", Samples.time(500))
        const second = yield* ring.create("authority", Samples.time(100))
        yield* ring.create("log", Samples.time(100))
        const keys = yield* ring.keys("authority")
        assert.deepStrictEqual(keys.map(plain), [first, second].map(plain))
        assert.strictEqual(first.created, 1000)
        assert.strictEqual(first.active_from, 500)
        assert.deepStrictEqual(yield* ring.keys("agents-oidc"), [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("makes another random key each time, whose seed gives its public half", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        const keys = yield* Effect.all([1, 2, 3].map(() => ring.create("log", Samples.time(0))))
        assert.lengthOf([...new Set(keys.map((key) => key.kid))], 3)
        assert.deepStrictEqual(
          keys.map((key) => publicHalf(Redacted.value(key.seed))),
          keys.map((key) => key.jwk.x)
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("notes when a key is retired and gone, and touches no other", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        const first = yield* ring.create("log", Samples.time(0))
        const second = yield* ring.create("log", Samples.time(0))
        const at = { retired_at: Samples.time(100), gone: Samples.time(200) }
        yield* ring.retire(first.kid, at)
        assert.deepStrictEqual((yield* ring.keys("log")).map(plain), [plain({ ...first, ...at }), plain(second)])
      }).pipe(Effect.provide(layer))
    )

    it.effect("refuses to retire a key that it does not hold", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        const at = { retired_at: Samples.time(100), gone: Samples.time(200) }
        assert.strictEqual((yield* Effect.flip(ring.retire(Samples.kid(1), at))).reason, "Conflict")
      }).pipe(Effect.provide(layer))
    )

    it.effect("shows no seed to whoever prints a key", () =>
      Effect.gen(function* () {
        const ring = yield* KeyRing.KeyRing
        const key = yield* ring.create("log", Samples.time(0))
        const seed = Buffer.from(Redacted.value(key.seed))
        const printed = `${JSON.stringify(key)}${String(key.seed)}`
        for (const encoding of ["hex", "base64", "base64url"] as const) {
          assert.notInclude(printed, seed.toString(encoding))
        }
      }).pipe(Effect.provide(layer))
    )
  })
}

const plain = ({ seed, ...key }: KeyRing.RingKey) => ({
  ...key,
  seed: Buffer.from(Redacted.value(seed)).toString("hex")
})

/** By OpenSSL alone: the fixed prefix of an Ed25519 key in PKCS #8 (RFC 8410 §7), then the seed. */
const publicHalf = (seed: Uint8Array): string | undefined =>
  createPublicKey(
    createPrivateKey({
      key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
      format: "der",
      type: "pkcs8"
    })
  ).export({ format: "jwk" }).x
