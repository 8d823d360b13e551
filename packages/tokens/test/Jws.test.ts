import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Jws from "@bailiwick/tokens/Jws"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import type * as SignedKind from "@bailiwick/tokens/SignedKind"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as jose from "jose"
import gold from "./vectors/jws.json" with { type: "json" }

const typ = "bailiwick-session+jws"
const root = "bailiwick-root+jws"
/** 64 bytes as base64url. */
const signatureLength = 86
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const seedOf = (encoded: string) => PrivateSeed.fromBytes(Buffer.from(encoded, "base64url"))
const encode = (value: string) => Base64Url.encode(utf8(value))

const alice = seedOf(gold.general.delegator_seed)
const bound = seedOf(gold.general.binding_seed)
const payload = utf8(gold.compact.payload)

const keys = Effect.gen(function* () {
  const ed25519 = yield* Ed25519.Ed25519
  return { alice: yield* ed25519.publicKey(alice), bound: yield* ed25519.publicKey(bound) }
})

/** A compact text whose header is whatever is asked for, under a true signature. */
const forge = Effect.fnUntraced(function* (header: string, body = encode("{}")) {
  const ed25519 = yield* Ed25519.Ed25519
  const input = `${encode(header)}.${body}`
  return `${input}.${Base64Url.encode(yield* ed25519.sign(alice, utf8(input)))}`
})

const verify = Effect.fnUntraced(function* (jws: string, kind: SignedKind.CompactKind = typ) {
  const { alice: key } = yield* keys
  return yield* Jws.verifyCompact({ typ: kind, text: jws, key })
})

const reasonOf = (jws: string, kind?: SignedKind.CompactKind) =>
  Effect.map(Effect.flip(verify(jws, kind)), (error) => error.reason._tag)

const general = Effect.suspend(() => Jws.signGeneral({ typ: root, delegator: alice, binding: bound, payload }))

const verifyGeneral = Effect.fnUntraced(function* (value: Jws.General) {
  const { alice: delegator, bound: binding } = yield* keys
  return yield* Jws.verifyGeneral({ typ: root, general: value, delegator, binding })
})

const generalReasonOf = (value: Jws.General) =>
  Effect.map(Effect.flip(verifyGeneral(value)), (error) => error.reason._tag)

const josePublicKey = (key: PublicKey.PublicKey) =>
  Effect.promise(() => jose.importJWK({ ...PublicKey.toJwk(key), alg: "Ed25519" }))

const josePrivateKey = (seed: PrivateSeed.PrivateSeed, key: PublicKey.PublicKey) =>
  Effect.promise(() =>
    jose.importJWK({ ...PublicKey.toJwk(key), d: Base64Url.encode(Redacted.value(seed)), alg: "Ed25519" })
  )

layer(Ed25519.Ed25519.layerNode.pipe(Layer.provide(NodeCrypto.layerSecureRandom)))("Jws", (it) => {
  it.effect("writes and reads the compact text of the vector, byte for byte", () =>
    Effect.gen(function* () {
      const jws = yield* Jws.signCompact({ typ, seed: seedOf(gold.compact.seed), payload })
      assert.strictEqual(jws, gold.compact.text)
      assert.strictEqual(Jws.signingInput(jws), gold.compact.signing_input)
      assert.strictEqual(Jws.hash(jws), gold.compact.hash)
      assert.strictEqual(text(yield* verify(jws)), gold.compact.payload)
    })
  )

  it.effect("writes and reads the General JSON of the vector, byte for byte", () =>
    Effect.gen(function* () {
      const value = yield* general
      assert.strictEqual(JSON.stringify(value), gold.general.json)
      assert.strictEqual(Jws.signingInput(value), gold.general.signing_input)
      assert.strictEqual(Jws.hash(value), gold.general.hash)
      assert.strictEqual(text(yield* verifyGeneral(value)), gold.general.payload)
    })
  )

  it.effect("is verified by another JOSE implementation, compact and both signatures of a root token", () =>
    Effect.gen(function* () {
      const { alice: key, bound: binding } = yield* keys
      const jws = yield* Jws.signCompact({ typ, seed: alice, payload })
      const foreign = yield* josePublicKey(key)
      const read = yield* Effect.promise(() => jose.compactVerify(jws, foreign, { algorithms: ["Ed25519"] }))
      assert.strictEqual(text(read.payload), gold.compact.payload)
      assert.deepStrictEqual(read.protectedHeader, { alg: "Ed25519", typ, kid: key.kid })
      const value = yield* general
      const [first, second] = value.signatures
      for (const [entry, one] of [
        [first, foreign],
        [second, yield* josePublicKey(binding)]
      ] as const) {
        const flattened = { payload: value.payload, ...entry }
        const part = yield* Effect.promise(() => jose.flattenedVerify(flattened, one, { algorithms: ["Ed25519"] }))
        assert.strictEqual(text(part.payload), gold.general.payload)
      }
    })
  )

  it.effect("verifies what another JOSE implementation signed, with the members of its header in another order", () =>
    Effect.gen(function* () {
      const { alice: key } = yield* keys
      const foreign = yield* josePrivateKey(alice, key)
      const jws = yield* Effect.promise(() =>
        new jose.CompactSign(payload).setProtectedHeader({ kid: key.kid, typ, alg: "Ed25519" }).sign(foreign)
      )
      assert.notStrictEqual(jws, gold.compact.text)
      assert.strictEqual(text(yield* verify(jws)), gold.compact.payload)
    })
  )

  it.effect("refuses compact text after any one of its bits was flipped", () =>
    Effect.gen(function* () {
      assert.strictEqual(text(yield* verify(gold.compact.text)), gold.compact.payload)
      for (let bit = 0; bit < gold.compact.text.length * 8; bit++) {
        const flipped = flip(gold.compact.text, bit)
        assert.isTrue(
          yield* Effect.match(verify(flipped), { onFailure: () => true, onSuccess: () => false }),
          `bit ${bit}`
        )
      }
    })
  )

  it.effect("refuses General JSON after any one bit of any of its members was flipped", () =>
    Effect.gen(function* () {
      const value = yield* general
      assert.strictEqual(text(yield* verifyGeneral(value)), gold.general.payload)
      const { alice: delegator, bound: binding } = yield* keys
      const json = JSON.stringify(value)
      const {
        payload: body,
        signatures: [first, second]
      } = value
      for (const member of [body, first.protected, first.signature, second.protected, second.signature]) {
        const start = json.indexOf(member)
        for (let bit = start * 8; bit < (start + member.length) * 8; bit++) {
          const refused = yield* Effect.try(() => JSON.parse(flip(json, bit))).pipe(
            Effect.flatMap(Schema.decodeUnknownEffect(Jws.General, { onExcessProperty: "error" })),
            Effect.flatMap((flipped) => Jws.verifyGeneral({ typ: root, general: flipped, delegator, binding })),
            Effect.match({ onFailure: () => true, onSuccess: () => false })
          )
          assert.isTrue(refused, `bit ${bit}`)
        }
      }
    })
  )

  it.effect("refuses every header but the exact one, under a true signature", () =>
    Effect.gen(function* () {
      const { kid } = (yield* keys).alice
      const good = { alg: "Ed25519", typ, kid }
      assert.strictEqual(text(yield* verify(yield* forge(JSON.stringify(good)))), "{}")
      const refused: ReadonlyArray<object> = [
        { ...good, alg: "EdDSA" },
        { ...good, alg: "none" },
        { ...good, alg: "HS256" },
        { ...good, crit: ["exp"] },
        { ...good, crit: [] },
        { ...good, b64: true },
        { ...good, jwk: (yield* keys).alice.jwk },
        { ...good, jku: "https://example.com/keys" },
        { ...good, role: "delegator" },
        { ...good, typ: "JWT" },
        { ...good, typ: "application/bailiwick-session+jws" },
        { ...good, kid: "you" },
        { alg: "Ed25519", typ },
        { alg: "Ed25519", kid },
        { typ, kid },
        [good]
      ]
      for (const header of refused) {
        assert.strictEqual(
          yield* reasonOf(yield* forge(JSON.stringify(header))),
          "HeaderRefused",
          JSON.stringify(header)
        )
      }
    })
  )

  it.effect("refuses headers that two JSON readers could understand differently", () =>
    Effect.gen(function* () {
      const { kid } = (yield* keys).alice
      const good = `{"alg":"Ed25519","typ":"${typ}","kid":"${kid}"}`
      assert.strictEqual(text(yield* verify(yield* forge(` ${good}\n`))), "{}")
      for (const header of [
        `{"alg":"none",${good.slice(1)}`,
        `${good.slice(0, -1)},"kid":"${kid}"}`,
        `${good}{}`,
        `\uFEFF${good}`,
        "null",
        ""
      ]) {
        assert.strictEqual(yield* reasonOf(yield* forge(header)), "HeaderRefused", header)
      }
    })
  )

  it.effect("refuses an object of another kind, and one that names another key", () =>
    Effect.gen(function* () {
      const jws = yield* Jws.signCompact({ typ, seed: alice, payload })
      assert.strictEqual(yield* reasonOf(jws, "bailiwick-grant+jws"), "WrongKind")
      const other = yield* Jws.signCompact({ typ, seed: bound, payload })
      assert.strictEqual(yield* reasonOf(other), "WrongKey")
    })
  )

  it.effect("refuses a signature by another key than its header names", () =>
    Effect.gen(function* () {
      const mine = yield* Jws.signCompact({ typ, seed: alice, payload })
      const other = yield* Jws.signCompact({ typ, seed: bound, payload })
      const mixed = `${Jws.signingInput(mine)}${other.slice(other.lastIndexOf("."))}`
      assert.strictEqual(yield* reasonOf(mixed), "BadSignature")
    })
  )

  it.effect("refuses a payload that was exchanged for another signed one", () =>
    Effect.gen(function* () {
      const one = (yield* Jws.signCompact({ typ, seed: alice, payload })).split(".")
      const two = (yield* Jws.signCompact({ typ, seed: alice, payload: utf8("{}") })).split(".")
      assert.strictEqual(yield* reasonOf([one[0], two[1], one[2]].join(".")), "BadSignature")
    })
  )

  it.effect("refuses text of another shape, and every second spelling of the same bytes", () =>
    Effect.gen(function* () {
      const jws = gold.compact.text
      assert.strictEqual(text(yield* verify(jws)), gold.compact.payload)
      const [header, body, signature] = jws.split(".")
      // 64 bytes leave four unused bits in the last character: "A" and "B" spell the same bytes.
      const lastCharacter = String.fromCharCode(jws.charCodeAt(jws.length - 1) + 1)
      for (const malformed of [
        "",
        "..",
        `${header}.${body}`,
        `${jws}.`,
        `${jws}.${signature}`,
        `${header}..${signature}`,
        `${jws}=`,
        `${jws}\n`,
        ` ${jws}`,
        `${jws.slice(0, -1)}${lastCharacter}`,
        jws.replace("-", "+"),
        JSON.stringify({ payload: body, protected: header, signature })
      ]) {
        const reason = yield* reasonOf(malformed)
        assert.include(["Malformed", "HeaderRefused", "BadSignature"], reason, malformed)
      }
      assert.strictEqual(yield* reasonOf(`${jws.slice(0, -1)}${lastCharacter}`), "Malformed")
    })
  )

  it.effect("accepts 64 KiB of compact text and refuses, reading and writing, one byte more", () =>
    Effect.gen(function* () {
      const header = JSON.stringify({ alg: "Ed25519", typ, kid: (yield* keys).alice.kid })
      const room = Jws.maxBytes - `${encode(header)}..`.length - signatureLength
      const largest = new Uint8Array(Math.floor(room * 0.75))
      const fits = yield* Jws.signCompact({ typ, seed: alice, payload: largest })
      assert.strictEqual(fits.length, Jws.maxBytes)
      assert.deepStrictEqual(yield* verify(fits), largest)
      const over = Uint8Array.of(...largest, 0)
      assert.strictEqual(yield* reasonOf(yield* forge(header, Base64Url.encode(over))), "TooLarge")
      const error = yield* Effect.flip(Jws.signCompact({ typ, seed: alice, payload: over }))
      assert.strictEqual(error.reason._tag, "TooLarge")
    })
  )

  it.effect("counts the members of General JSON together against 64 KiB", () =>
    Effect.gen(function* () {
      const over = new Uint8Array(Jws.maxBytes * 0.75)
      const refused = yield* Effect.flip(
        Jws.signGeneral({ typ: root, delegator: alice, binding: bound, payload: over })
      )
      assert.strictEqual(refused.reason._tag, "TooLarge")
      const value = yield* general
      const long = { ...value, payload: Base64Url.encode(over) }
      assert.strictEqual(yield* generalReasonOf(long), "TooLarge")
      assert.strictEqual(yield* generalReasonOf({ ...value, payload: encode("{}") }), "BadSignature")
    })
  )

  it.effect("refuses a root token whose signatures changed places, stand twice, or bear the other's role", () =>
    Effect.gen(function* () {
      const value = yield* general
      const [first, second] = value.signatures
      yield* verifyGeneral(value)
      assert.strictEqual(yield* generalReasonOf({ ...value, signatures: [second, first] }), "HeaderRefused")
      assert.strictEqual(yield* generalReasonOf({ ...value, signatures: [first, first] }), "HeaderRefused")
      const swapped = yield* Jws.signGeneral({ typ: root, delegator: bound, binding: alice, payload })
      assert.strictEqual(yield* generalReasonOf(swapped), "WrongKey")
      const alone = yield* Jws.signGeneral({ typ: root, delegator: alice, binding: alice, payload })
      assert.strictEqual(yield* generalReasonOf(alone), "WrongKey")
    })
  )

  it.effect("decodes General JSON only with two signatures and nothing unsigned beside them", () =>
    Effect.gen(function* () {
      const read = Schema.decodeUnknownEffect(Jws.General, { onExcessProperty: "error" })
      const value = yield* general
      const [first, second] = value.signatures
      assert.deepStrictEqual(yield* read(JSON.parse(gold.general.json)), value)
      for (const signatures of [[], [first], [first, second, second], [{ ...first, header: {} }, second]]) {
        assert.isTrue((yield* Effect.result(read({ ...value, signatures })))._tag === "Failure")
      }
      assert.isTrue((yield* Effect.result(read({ ...value, protected: "" })))._tag === "Failure")
    })
  )

  it.effect("reads the kind and the key's name before verifying, and refuses both from a bad header", () =>
    Effect.gen(function* () {
      const { kid } = (yield* keys).alice
      assert.strictEqual(yield* Jws.peekKid(gold.compact.text), kid)
      assert.strictEqual((yield* Jws.peekHeader(gold.compact.text)).typ, typ)
      const error = yield* Effect.flip(Jws.peekKid(yield* forge(JSON.stringify({ alg: "none", typ, kid }))))
      assert.strictEqual(error.reason._tag, "HeaderRefused")
    })
  )

  it.effect.prop(
    "gives back every payload that it signed",
    [Schema.Uint8Array],
    ([bytes]) =>
      Effect.gen(function* () {
        const jws = yield* Jws.signCompact({ typ, seed: alice, payload: bytes })
        assert.deepStrictEqual(yield* verify(jws), Uint8Array.from(bytes))
      }),
    { arbitrary: { runs: 50 } }
  )
})

function flip(value: string, bit: number): string {
  const bytes = Buffer.from(value, "latin1")
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return bytes.toString("latin1")
}
