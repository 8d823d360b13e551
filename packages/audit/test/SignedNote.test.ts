import { assert, describe, it } from "@effect/vitest"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import { SignedNote } from "../src/index.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

/** The example of the documentation of Go's golang.org/x/mod/sumdb/note, where the format comes from. */
const go = {
  name: "PeterNeumann",
  /** Type byte and key of the verifier key `PeterNeumann+c74f20a3+…`. */
  key: "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
}

const goSigner = Effect.map(PublicKey.fromBytes(Result.getOrThrow(Base64.decode(go.key)).slice(1)), (key) => ({
  name: go.name,
  key
}))

const name = "bailiwick/acme"
const ours = (number: number) =>
  Effect.gen(function* () {
    const seed = TestKeyRing.seed(number)
    const key = yield* (yield* Ed25519).publicKey(seed)
    return { signer: { name, key }, note: yield* SignedNote.sign({ text: "a\n", name, seed }) }
  })

const lineOf = (note: string) => note.slice(note.indexOf("\u2014"))

const reasonOf = (note: string, signers: ReadonlyArray<SignedNote.Signer>) =>
  Effect.map(Effect.flip(SignedNote.verify(note, signers)), ({ reason }) => reason._tag)

describe("SignedNote", () => {
  it.effect("verifies the note that Go's own documentation shows", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* SignedNote.verify(`${go.text}\n${go.line}`, [yield* goSigner]), go.text)
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("verifies what it signed, beside lines of keys that it does not know", () =>
    Effect.gen(function* () {
      const { note, signer } = yield* ours(1)
      assert.strictEqual(yield* SignedNote.verify(note, [signer]), "a\n")
      assert.strictEqual(yield* SignedNote.verify(note.replace("\u2014", `${go.line}\u2014`), [signer]), "a\n")
      assert.strictEqual(yield* SignedNote.verify(note + go.line.repeat(20), [signer]), "a\n")
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("refuses a note that no known key signed", () =>
    Effect.gen(function* () {
      const { note } = yield* ours(1)
      const { signer } = yield* ours(2)
      assert.strictEqual(yield* reasonOf(note, [signer]), "UnknownSigner")
      assert.strictEqual(yield* reasonOf(note, []), "UnknownSigner")
      assert.strictEqual(
        yield* reasonOf(note, [{ ...(yield* ours(1)).signer, name: "bailiwick/other" }]),
        "UnknownSigner"
      )
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("refuses a bad signature of a known key whatever the other lines say", () =>
    Effect.gen(function* () {
      const { note, signer } = yield* ours(1)
      const other = yield* SignedNote.sign({ text: "b\n", name, seed: TestKeyRing.seed(1) })
      assert.strictEqual(yield* reasonOf(note.replace("a\n", "b\n"), [signer]), "BadSignature")
      assert.strictEqual(yield* reasonOf(note + lineOf(other), [signer]), "BadSignature")
      assert.strictEqual(
        yield* reasonOf(note.replace(lineOf(note), lineOf(other) + lineOf(note)), [signer]),
        "BadSignature"
      )
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("finds every changed bit of a note", () =>
    Effect.gen(function* () {
      const { note, signer } = yield* ours(1)
      const bytes = new TextEncoder().encode(note)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = bytes.slice()
        changed[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const result = yield* Effect.result(SignedNote.verify(new TextDecoder().decode(changed), [signer]))
        assert.isTrue(Result.isFailure(result), `bit ${bit}`)
      }
    }).pipe(Effect.provide(TestLog.crypto))
  )

  const malformed: ReadonlyArray<readonly [string, string]> = [
    ["an empty text", ""],
    ["no blank line", `a\n${go.line}`],
    ["no signature line", "a\n\n"],
    ["a last line without LF", `a\n\n${go.line.trimEnd()}`],
    ["a hyphen in place of the dash", `a\n\n${go.line.replace("\u2014", "-")}`],
    ["a control character", `a\u0007\n\n${go.line}`],
    ["a CR", `a\r\n\n${go.line}`],
    ["half a surrogate pair", `\ud800\n\n${go.line}`],
    ["a plus in the key name", `a\n\n${go.line.replace("Peter", "P+")}`],
    ["a signature without padding", `a\n\n${go.line.replace("=", "")}`],
    ["unused bits", `a\n\n${go.line.replace("nAM=", "nAN=")}`],
    ["only a key id", "a\n\n\u2014 PeterNeumann x08gow==\n"],
    ["a line that is none", `a\n\n${go.line}x\n`],
    ["more lines than are read", `a\n\n${go.line.repeat(65)}`],
    ["more text than is read", `${"a".repeat(64 * 1024)}\n\n${go.line}`]
  ]
  for (const [what, note] of malformed) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* reasonOf(note, [yield* goSigner]), "Malformed")
      }).pipe(Effect.provide(TestLog.crypto))
    )
  }
})
