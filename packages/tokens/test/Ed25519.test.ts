import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it, layer } from "@effect/vitest"
import { Point } from "@noble/ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import cctv from "./vectors/cctv.json" with { type: "json" }
import rfc8032 from "./vectors/rfc8032.json" with { type: "json" }
import speccheck from "./vectors/speccheck.json" with { type: "json" }

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"))
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex")
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const [empty = assert.fail("no vectors"), oneByte = assert.fail("no vectors")] = rfc8032.vectors

const implementations = [
  ["node:crypto", Ed25519.Ed25519.layerNode],
  ["noble", Ed25519.Ed25519.layerNoble]
] as const

/** The verdict of the whole rule: the key's check and the signature's. */
const verdict = Effect.fnUntraced(function* (key: string, message: Uint8Array, signature: Uint8Array) {
  const ed25519 = yield* Ed25519.Ed25519
  const checked = yield* Effect.option(PublicKey.fromHex(key))
  return checked._tag === "Some" && (yield* ed25519.verify(checked.value, message, signature))
})

for (const [name, implementation] of implementations) {
  layer(implementation.pipe(Layer.provide(NodeCrypto.layerSecureRandom)))(name, (it) => {
    it.effect.each(rfc8032.vectors)("derives, signs and verifies RFC 8032 $name", (vector) =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const seed = PrivateSeed.fromBytes(bytes(vector.seed))
        const key = yield* ed25519.publicKey(seed)
        const message = bytes(vector.message)
        assert.strictEqual(PublicKey.toHex(key), vector.key)
        assert.strictEqual(hex(yield* ed25519.sign(seed, message)), vector.signature)
        assert.isTrue(yield* ed25519.verify(key, message, bytes(vector.signature)))
      })
    )

    it.effect.each(speccheck.vectors)("refuses speccheck case $case: $why", (vector) =>
      Effect.gen(function* () {
        assert.isFalse(yield* verdict(vector.key, bytes(vector.message), bytes(vector.signature)))
      })
    )

    it.effect.each(cctv.vectors)("CCTV $number is $verdict: $why", (vector) =>
      Effect.gen(function* () {
        const accepted = yield* verdict(vector.key, utf8(vector.message), bytes(vector.signature))
        assert.strictEqual(accepted, vector.verdict === "accepted")
      })
    )

    it.effect("signs with a fresh key what it then verifies, and nothing else", () =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const seed = yield* ed25519.generate
        const other = yield* ed25519.generate
        const key = yield* ed25519.publicKey(seed)
        const signature = yield* ed25519.sign(seed, utf8("lend"))
        assert.isTrue(yield* ed25519.verify(key, utf8("lend"), signature))
        assert.isFalse(yield* ed25519.verify(key, utf8("lenD"), signature))
        assert.isFalse(yield* ed25519.verify(yield* ed25519.publicKey(other), utf8("lend"), signature))
        assert.isFalse(PublicKey.equals(key, yield* ed25519.publicKey(other)))
      })
    )

    it.effect("answers false, without an error, to signatures of any other length", () =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const seed = yield* ed25519.generate
        const key = yield* ed25519.publicKey(seed)
        const signature = yield* ed25519.sign(seed, utf8("lend"))
        assert.isTrue(yield* ed25519.verify(key, utf8("lend"), signature))
        for (const length of [0, 1, 32, 63]) {
          assert.isFalse(yield* ed25519.verify(key, utf8("lend"), signature.subarray(0, length)))
        }
        assert.isFalse(yield* ed25519.verify(key, utf8("lend"), Uint8Array.of(...signature, 0)))
      })
    )

    it.effect("refuses a signature after any one of its bits was flipped", () =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const vector = oneByte
        const key = yield* PublicKey.fromHex(vector.key)
        const signature = bytes(vector.signature)
        assert.isTrue(yield* ed25519.verify(key, bytes(vector.message), signature))
        for (let bit = 0; bit < signature.length * 8; bit++) {
          const flipped = signature.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
          assert.isFalse(yield* ed25519.verify(key, bytes(vector.message), flipped), `bit ${bit}`)
        }
      })
    )

    it.effect("refuses the second signature that adding the group order to S would give", () =>
      Effect.gen(function* () {
        const vector = empty
        const signature = bytes(vector.signature)
        assert.isTrue(yield* verdict(vector.key, new Uint8Array(0), signature))
        assert.isFalse(yield* verdict(vector.key, new Uint8Array(0), plusOrder(signature)))
      })
    )
  })
}

describe("both implementations", () => {
  const services = Effect.all([
    Effect.provide(Ed25519.Ed25519, Ed25519.Ed25519.layerNode),
    Effect.provide(Ed25519.Ed25519, Ed25519.Ed25519.layerNoble)
  ]).pipe(Effect.provide(NodeCrypto.layerSecureRandom))

  it.effect.prop(
    "make the same key and the same signature from a seed, and accept each other's",
    [Schema.Uint8Array.check(Schema.isMinLength(32), Schema.isMaxLength(32)), Schema.Uint8Array],
    ([seedBytes, message]) =>
      Effect.gen(function* () {
        const [node, noble] = yield* services
        const seed = PrivateSeed.fromBytes(seedBytes)
        const key = yield* node.publicKey(seed)
        const signature = yield* node.sign(seed, message)
        assert.isTrue(PublicKey.equals(key, yield* noble.publicKey(seed)))
        assert.deepStrictEqual(yield* noble.sign(seed, message), signature)
        assert.isTrue(yield* noble.verify(key, message, signature))
        // A derived key is spared the check of a stranger's, since it would always pass.
        const point = Point.fromBytes(key.bytes, false)
        assert.isTrue(point.isTorsionFree())
        assert.isFalse(point.isSmallOrder())
      }),
    { arbitrary: { runs: 25 } }
  )
})

const order = (1n << 252n) + 27742317777372353535851937790883648493n

/** S + L: the same signature to a verifier that does not ask for S < L (RFC 8032 §8.4). */
function plusOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${hex(signature.subarray(32).slice().reverse())}`) + order
  return Uint8Array.of(...signature.subarray(0, 32), ...bytes(s.toString(16).padStart(64, "0")).reverse())
}
