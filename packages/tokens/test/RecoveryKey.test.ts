import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import gold from "./vectors/identity.json" with { type: "json" }

// The 256-bit vectors of BIP-39's reference implementation.
const bip39 = [
  { byte: 0x00, words: `${"abandon ".repeat(23)}art` },
  {
    byte: 0x7f,
    words: `${"legal winner thank year wave sausage worth useful ".repeat(2)}legal winner thank year wave sausage worth title`
  },
  {
    byte: 0x80,
    words: `${"letter advice cage absurd amount doctor acoustic avoid ".repeat(2)}letter advice cage absurd amount doctor acoustic bless`
  },
  { byte: 0xff, words: `${"zoo ".repeat(23)}vote` }
]

const read = (text: string) => RecoveryKey.fromWords(Redacted.make(text))
const [, { words: good } = assert.fail("no vectors")] = bip39

layer(NodeCrypto.layer)("RecoveryKey", (it) => {
  it.effect.each(bip39)("writes and reads the BIP-39 vector of 32 bytes $byte", ({ byte, words }) =>
    Effect.gen(function* () {
      const bytes = new Uint8Array(32).fill(byte)
      assert.strictEqual(Redacted.value(RecoveryKey.toWords(RecoveryKey.fromBytes(bytes))), words)
      assert.deepStrictEqual(Redacted.value(yield* read(words)), bytes)
    })
  )

  it.effect("reads words in any case, between any blanks and line ends", () =>
    Effect.gen(function* () {
      const bytes = Redacted.value(yield* read(good))
      for (const text of [
        good.toUpperCase(),
        ` ${good}\n`,
        good.replaceAll(" ", "\n"),
        good.replaceAll(" ", "\t  \u00A0")
      ]) {
        assert.deepStrictEqual(Redacted.value(yield* read(text)), bytes)
      }
    })
  )

  it.effect("refuses another number of words, and tells the number", () =>
    Effect.gen(function* () {
      for (const text of [
        "",
        "legal",
        good.slice(0, good.lastIndexOf(" ")),
        `${good} legal`,
        `${"abandon ".repeat(11)}about`
      ]) {
        const { reason } = yield* Effect.flip(read(text))
        assert.strictEqual(reason._tag, "WrongCount")
      }
      assert.include((yield* Effect.flip(read(`${good} legal`))).message, "not 25")
    })
  )

  it.effect("refuses a word outside the list by its place, never repeating it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(good.replace("winner", "wimmer")))
      assert.strictEqual(error.reason._tag, "UnknownWord")
      assert.include(error.message, "word 2 ")
      assert.notInclude(JSON.stringify(error), "wimmer")
    })
  )

  it.effect("refuses known words whose checksum does not fit", () =>
    Effect.gen(function* () {
      for (const text of [
        good.replace("winner", "wine"),
        good.replace("title", "winner"),
        good.replace("legal winner", "winner legal")
      ]) {
        const { reason } = yield* Effect.flip(read(text))
        assert.strictEqual(reason._tag, "WrongChecksum")
      }
    })
  )

  it.effect("derives the key-encryption key of the vector", () =>
    Effect.gen(function* () {
      const key = yield* read(gold.identity.recovery_words)
      assert.deepStrictEqual(encode(key), gold.identity.recovery_key)
      assert.strictEqual(encode(yield* RecoveryKey.encryptionKey(key)), gold.identity.recovery_encryption_key)
    })
  )

  it.effect("generates another key each time, and prints none", () =>
    Effect.gen(function* () {
      const one = yield* RecoveryKey.generate
      assert.notStrictEqual(encode(one), encode(yield* RecoveryKey.generate))
      assert.strictEqual(String(one), "<redacted:recovery key>")
      assert.strictEqual(String(RecoveryKey.toWords(one)), "<redacted:recovery words>")
    })
  )

  it.effect.prop(
    "reads back whatever it wrote",
    [Schema.Uint8Array.check(Schema.isMinLength(32), Schema.isMaxLength(32))],
    ([bytes]) =>
      Effect.gen(function* () {
        const words = RecoveryKey.toWords(RecoveryKey.fromBytes(bytes))
        assert.deepStrictEqual(Redacted.value(yield* RecoveryKey.fromWords(words)), Uint8Array.from(bytes))
      })
  )
})

function encode(secret: Redacted.Redacted<Uint8Array>): string {
  return Buffer.from(Redacted.value(secret)).toString("base64url")
}
