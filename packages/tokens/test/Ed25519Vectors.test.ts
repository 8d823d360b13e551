import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Vectors from "@bailiwick/testkit/Vectors"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"))

interface Vector {
  readonly key: string
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** The one verdict of both implementations; that they differ is a failure by itself. */
const verdict = Effect.fnUntraced(function* ({ key, message, signature }: Vector) {
  const checked = yield* Effect.option(PublicKey.fromHex(key))
  if (checked._tag === "None") return false
  const node = yield* Effect.provide(Ed25519.Ed25519, Ed25519.Ed25519.layerNode)
  const noble = yield* Effect.provide(Ed25519.Ed25519, Ed25519.Ed25519.layerNoble)
  const accepted = yield* node.verify(checked.value, message, signature)
  assert.strictEqual(
    yield* noble.verify(checked.value, message, signature),
    accepted,
    JSON.stringify({ key, signature })
  )
  return accepted
}, Effect.provide(NodeCrypto.layerSecureRandom))

const accepted = (vectors: ReadonlyArray<Vector>) => Effect.filter(vectors, verdict)

const Hex = Schema.String

const Rfc8032 = Schema.Array(Schema.Struct({ pub: Hex, msg: Hex, sig: Hex }))
const Speccheck = Schema.Array(Schema.Struct({ pub_key: Hex, message: Hex, signature: Hex }))
const Zip215 = Schema.Array(Schema.Struct({ vk_bytes: Hex, sig_bytes: Hex }))
const Cctv = Schema.Array(
  Schema.Struct({
    number: Schema.Int,
    key: Hex,
    sig: Hex,
    msg: Schema.String,
    flags: Schema.NullOr(Schema.Array(Schema.String))
  })
)
const Wycheproof = Schema.Struct({
  numberOfTests: Schema.Int,
  testGroups: Schema.Array(
    Schema.Struct({
      publicKey: Schema.Struct({ pk: Hex }),
      tests: Schema.Array(
        Schema.Struct({ tcId: Schema.Int, msg: Hex, sig: Hex, result: Schema.Literals(["valid", "invalid"]) })
      )
    })
  )
})

Vectors.suite("third-party Ed25519 vectors", "ed25519", (vectors) => {
  const read = <S extends Schema.ConstraintDecoder<unknown>>(file: string, schema: S) =>
    Schema.decodeUnknownEffect(schema)(vectors.json(file))

  it.effect("Wycheproof: all 151 verdicts, 88 of them valid", () =>
    Effect.gen(function* () {
      const file = yield* read("wycheproof-ed25519.json", Wycheproof)
      let valid = 0
      let total = 0
      for (const group of file.testGroups) {
        for (const test of group.tests) {
          const vector = { key: group.publicKey.pk, message: bytes(test.msg), signature: bytes(test.sig) }
          assert.strictEqual(yield* verdict(vector), test.result === "valid", `tcId ${test.tcId}`)
          total += 1
          valid += test.result === "valid" ? 1 : 0
        }
      }
      assert.deepStrictEqual({ total, valid }, { total: file.numberOfTests, valid: 88 })
      assert.strictEqual(total, 151)
    })
  )

  it.effect("RFC 8032: all 4 of the file accepted", () =>
    Effect.gen(function* () {
      const all = yield* read("rfc8032-ed25519.json", Rfc8032)
      assert.strictEqual(all.length, 4)
      const good = yield* accepted(
        all.map(({ pub, msg, sig }) => ({ key: pub, message: bytes(msg), signature: bytes(sig) }))
      )
      assert.strictEqual(good.length, 4)
    })
  )

  it.effect("speccheck: none of 12 accepted", () =>
    Effect.gen(function* () {
      const all = yield* read("speccheck-cases.json", Speccheck)
      assert.strictEqual(all.length, 12)
      const good = yield* accepted(
        all.map(({ pub_key, message, signature }) => ({
          key: pub_key,
          message: bytes(message),
          signature: bytes(signature)
        }))
      )
      assert.deepStrictEqual(good, [])
    })
  )

  it.effect("CCTV: both agree on all 914, and accept the one whose key and R are free of torsion", () =>
    Effect.gen(function* () {
      const all = yield* read("cctv-ed25519.json", Cctv)
      assert.strictEqual(all.length, 914)
      const good = yield* accepted(
        all.map(({ key, msg, sig }) => ({ key, message: new TextEncoder().encode(msg), signature: bytes(sig) }))
      )
      assert.strictEqual(good.length, 1)
    })
  )

  it.effect("ZIP-215: both agree on all 196, and accept none", () =>
    Effect.gen(function* () {
      const all = yield* read("zip215.json", Zip215)
      assert.strictEqual(all.length, 196)
      const good = yield* accepted(
        all.map(({ vk_bytes, sig_bytes }) => ({
          key: vk_bytes,
          // The message of all of them (ZIP-215 test vectors).
          message: new TextEncoder().encode("Zcash"),
          signature: bytes(sig_bytes)
        }))
      )
      assert.deepStrictEqual(good, [])
    })
  )
})
