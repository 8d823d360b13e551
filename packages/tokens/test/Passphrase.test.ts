import * as Passphrase from "@bailiwick/tokens/Passphrase"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const context = ["you@example.com", "acme", "workstation"]
const check = (text: string) => Passphrase.check(Redacted.make(text), context)
const reasonOf = (text: string) => Effect.map(Effect.flip(check(text)), (error) => error.reason._tag)

layer(NodeCrypto.layerSecureRandom)("Passphrase", (it) => {
  it.effect.each([
    "plover-gravel-sundown-otter",
    "correct zebra battery chutney",
    "wQ8#pz!Lk2vT@9xR",
    "der Igel frisst nachts 14 Nacktschnecken"
  ])("accepts %s", (text) =>
    Effect.gen(function* () {
      assert.strictEqual(Redacted.value(yield* check(text)), text)
    })
  )

  it.effect.each([
    "password123password123",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "qwertyuiopasdfghjkl",
    "1234567890123456",
    "abcabcabcabcabcabc",
    "iloveyouiloveyou",
    "bailiwickbailiwick",
    "acmeworkstation2026",
    "you@example.com!"
  ])("refuses %s as too easy to guess", (text) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reasonOf(text), "TooEasy")
    })
  )

  it.effect("counts what is known of the person as no secret", () =>
    Effect.gen(function* () {
      const passphrase = Redacted.make("kestrel.moorland73@example.com")
      assert.strictEqual(yield* Passphrase.check(passphrase, []), passphrase)
      const { reason } = yield* Effect.flip(Passphrase.check(passphrase, ["kestrel.moorland73@example.com"]))
      assert.strictEqual(reason._tag, "TooEasy")
    })
  )

  it.effect("asks for 1e14 guesses, not only for the best score", () =>
    Effect.gen(function* () {
      // Score 4 and 2e11 guesses.
      assert.strictEqual(yield* reasonOf("Tr0ub4dor&3Tr0ub4dor&3"), "TooEasy")
    })
  )

  it.effect("refuses fewer than 15 characters, counted as people count them", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reasonOf("wQ8#pz!Lk2vT@9"), "TooShort")
      // 14 characters in 28 UTF-16 code units.
      assert.strictEqual(yield* reasonOf("\u{1F9ED}".repeat(14)), "TooShort")
      assert.strictEqual(yield* reasonOf(""), "TooShort")
      yield* check("wQ8#pz!Lk2vT@9x")
    })
  )

  it.effect("takes 1,024 characters and refuses one more before estimating it", () =>
    Effect.gen(function* () {
      const long = "plover-gravel-sundown-otter ".repeat(37).slice(0, Passphrase.maximumLength)
      assert.strictEqual(yield* reasonOf(`${long}x`), "TooLong")
      yield* check(long)
    })
  )

  it.effect("never repeats the passphrase in an error, and says what to do instead", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(check("iloveyouiloveyou"))
      assert.notInclude(`${error} ${JSON.stringify(error)} ${error.stack}`, "ilove")
      assert.include(error.hint, "six generated words")
    })
  )

  it.effect("generates six words of a list of 7,776, which its own check accepts", () =>
    Effect.gen(function* () {
      const words = yield* Passphrase.words
      assert.strictEqual(new Set(words).size, 7776)
      assert.isTrue(words.every((word) => /^[a-z]{3,9}$/u.test(word)))
      const passphrase = yield* Passphrase.generate
      const parts = Redacted.value(passphrase).split("-")
      assert.strictEqual(parts.length, 6)
      assert.isTrue(parts.every((part) => words.includes(part)))
      assert.strictEqual(yield* Passphrase.check(passphrase, context), passphrase)
      assert.strictEqual(String(passphrase), "<redacted:passphrase>")
    })
  )

  it.effect("generates another passphrase each time", () =>
    Effect.gen(function* () {
      const all = yield* Effect.replicateEffect(Passphrase.generate, 20)
      assert.strictEqual(new Set(all.map(Redacted.value)).size, 20)
    })
  )
})
