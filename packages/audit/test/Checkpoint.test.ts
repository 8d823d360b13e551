import { assert, describe, it } from "@effect/vitest"
import * as LogHead from "@bailiwick/core/LogHead"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import { Checkpoint, MerkleTree, SignedNote } from "../src/index.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

const { project } = TestLog.owner
const seed = TestKeyRing.seed(1)
const head = { size: 3, root: MerkleTree.toText(MerkleTree.leafHash(Uint8Array.of(1))) }
const key = Effect.flatMap(Ed25519, (ed25519) => ed25519.publicKey(seed))
const signed = (text: string) => SignedNote.sign({ text, name: "bailiwick/acme", seed })

const reasonOf = (note: string) =>
  Effect.gen(function* () {
    return (yield* Effect.flip(Checkpoint.verify({ project, note, keys: [yield* key] }))).reason._tag
  })

describe("Checkpoint", () => {
  it.effect("gives back the head that it signed", () =>
    Effect.gen(function* () {
      for (const each of [head, LogHead.empty]) {
        const note = yield* Checkpoint.sign({ project, head: each, seed })
        assert.deepStrictEqual({ ...(yield* Checkpoint.verify({ project, note, keys: [yield* key] })) }, { ...each })
      }
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("is origin, size and root in the base64 of C2SP", () =>
    Effect.gen(function* () {
      const note = yield* Checkpoint.sign({ project, head: LogHead.empty, seed })
      assert.isTrue(
        note.startsWith("bailiwick/acme\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 bailiwick/acme ")
      )
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("is refused for another project, even one of the same key", () =>
    Effect.gen(function* () {
      const note = yield* Checkpoint.sign({ project: ProjectId.make("other"), head, seed })
      assert.strictEqual(yield* reasonOf(note), "OtherLog")
    }).pipe(Effect.provide(TestLog.crypto))
  )

  it.effect("is refused when no key of the log signed it, or the signature does not fit", () =>
    Effect.gen(function* () {
      const note = yield* Checkpoint.sign({ project, head, seed })
      assert.strictEqual(
        yield* reasonOf(yield* Checkpoint.sign({ project, head, seed: TestKeyRing.seed(2) })),
        "UnknownSigner"
      )
      assert.strictEqual(yield* reasonOf(note.replace("\n3\n", "\n2\n")), "BadSignature")
      assert.strictEqual(yield* reasonOf("bailiwick/acme\n"), "Malformed")
    }).pipe(Effect.provide(TestLog.crypto))
  )

  const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  const texts: ReadonlyArray<readonly [string, string]> = [
    ["a size with a leading zero", `bailiwick/acme\n03\n${root}\n`],
    ["a negative size", `bailiwick/acme\n-3\n${root}\n`],
    ["a size that is no safe integer", `bailiwick/acme\n9007199254740993\n${root}\n`],
    ["a short root", `bailiwick/acme\n3\n${root.slice(4)}\n`],
    ["a root with unused bits", `bailiwick/acme\n3\n${root.replace("FU=", "FV=")}\n`],
    ["no root", "bailiwick/acme\n3\n"],
    ["a line more", `bailiwick/acme\n3\n${root}\nmore\n`]
  ]
  for (const [what, text] of texts) {
    it.effect(`is refused with ${what}, signed or not`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* reasonOf(yield* signed(text)), "NotACheckpoint")
      }).pipe(Effect.provide(TestLog.crypto))
    )
  }
})
