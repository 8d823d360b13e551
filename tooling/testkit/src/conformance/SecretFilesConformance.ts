/** What every `SecretFiles` promises: small files that are whole and private. */
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** `directory`: a private one, a new one each time. */
export const suite = (
  name: string,
  layer: Layer.Layer<SecretFiles.SecretFiles, unknown>,
  directory: Effect.Effect<string, never, Scope.Scope>
): void => {
  describe(`${name} is a SecretFiles`, () => {
    it.effect("reads back what was written, and nothing where nothing is", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const path = `${yield* directory}/secret`
        assert.deepStrictEqual(yield* read(path), Option.none())
        yield* files.write(path, bytes("first"))
        assert.deepStrictEqual(yield* read(path), Option.some("first"))
        yield* files.write(path, bytes("second and longer"))
        assert.deepStrictEqual(yield* read(path), Option.some("second and longer"))
        yield* files.write(path, bytes(""))
        assert.deepStrictEqual(yield* read(path), Option.some(""))
      }).pipe(Effect.provide(layer))
    )

    it.effect("reads a file of exactly the maximum, and refuses one byte more", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const path = `${yield* directory}/secret`
        yield* files.write(path, bytes("12345"))
        assert.isTrue(Option.isSome(yield* files.read(path, 5)))
        assert.strictEqual((yield* Effect.flip(files.read(path, 4))).reason, "Damaged")
      }).pipe(Effect.provide(layer))
    )

    it.effect("creates only where nothing is", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const path = `${yield* directory}/secret`
        assert.isTrue(yield* files.create(path, bytes("first")))
        assert.isFalse(yield* files.create(path, bytes("second")))
        assert.deepStrictEqual(yield* read(path), Option.some("first"))
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets exactly one of many create", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const path = `${yield* directory}/secret`
        const answers = yield* Effect.all(
          Array.from({ length: 10 }, (_, index) => files.create(path, bytes(String(index)))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          answers.filter((answer) => answer),
          1
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("removes, and is content where nothing is", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const home = yield* directory
        yield* files.write(`${home}/secret`, bytes("first"))
        yield* files.remove(`${home}/secret`)
        assert.deepStrictEqual(yield* read(`${home}/secret`), Option.none())
        yield* files.remove(`${home}/secret`)
        yield* files.remove(`${home}/missing/secret`)
      }).pipe(Effect.provide(layer))
    )

    it.effect("lists the names of files, sorted, and nothing where no directory is", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const home = yield* directory
        yield* files.ensureDirectory(`${home}/a-directory`)
        yield* Effect.forEach(["b", "a", "c.json"], (file) => files.write(`${home}/${file}`, bytes("x")))
        assert.deepStrictEqual(yield* files.list(home), ["a", "b", "c.json"])
        assert.deepStrictEqual(yield* files.list(`${home}/missing`), [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("makes a directory with its parents, once or twice", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const home = yield* directory
        yield* files.ensureDirectory(`${home}/a/b/c`)
        yield* files.ensureDirectory(`${home}/a/b/c`)
        yield* files.write(`${home}/a/b/c/secret`, bytes("x"))
        assert.deepStrictEqual(yield* files.list(`${home}/a/b/c`), ["secret"])
      }).pipe(Effect.provide(layer))
    )

    it.effect("makes no directory by writing", () =>
      Effect.gen(function* () {
        const files = yield* SecretFiles.SecretFiles
        const home = yield* directory
        assert.strictEqual((yield* Effect.flip(files.write(`${home}/missing/x`, bytes("x")))).reason, "Unavailable")
        assert.deepStrictEqual(yield* files.list(`${home}/missing`), [])
      }).pipe(Effect.provide(layer))
    )
  })
}

const bytes = (text: string) => new TextEncoder().encode(text)

const read = (path: string) =>
  SecretFiles.SecretFiles.use((files) => files.read(path, 1024)).pipe(
    Effect.map(Option.map((content) => new TextDecoder().decode(content)))
  )
