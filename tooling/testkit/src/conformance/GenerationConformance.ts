/** What every `Generation` promises: a counter that never goes back, raised together with what it counts. */
import * as Generation from "@bailiwick/core/ports/Generation"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (
  name: string,
  layer: Layer.Layer<Generation.Generation | StoreTransaction.StoreTransaction, unknown>
): void => {
  describe(`${name} is a Generation`, () => {
    it.effect("rises by one with each transaction that raises it, and is seen inside it", () =>
      Effect.gen(function* () {
        const { bump, current, run } = yield* parts
        const before = yield* current
        assert.deepStrictEqual(yield* run(Effect.all([bump, current])), [before + 1, before + 1])
        assert.strictEqual(yield* run(bump), before + 2)
        assert.strictEqual(yield* current, before + 2)
      }).pipe(Effect.provide(layer))
    )

    it.effect("rises once in a transaction, however often it is asked there", () =>
      Effect.gen(function* () {
        const { bump, current, run } = yield* parts
        const before = yield* current
        assert.deepStrictEqual(yield* run(Effect.all([bump, run(bump), bump])), [before + 1, before + 1, before + 1])
        assert.strictEqual(yield* current, before + 1)
      }).pipe(Effect.provide(layer))
    )

    it.effect("does not rise with a transaction that is undone", () =>
      Effect.gen(function* () {
        const { bump, current, run } = yield* parts
        const before = yield* current
        yield* Effect.flip(run(Effect.andThen(bump, Effect.fail("refused"))))
        assert.strictEqual(yield* current, before)
        yield* run(bump)
        assert.strictEqual(yield* current, before + 1)
      }).pipe(Effect.provide(layer))
    )

    it.effect("does not rise with an inner run that is undone, and still can in the outer one", () =>
      Effect.gen(function* () {
        const { bump, current, run } = yield* parts
        const before = yield* current
        const failing = Effect.ignore(run(Effect.andThen(bump, Effect.fail("refused"))))
        assert.strictEqual(yield* run(Effect.andThen(failing, current)), before)
        assert.strictEqual(yield* run(Effect.andThen(failing, bump)), before + 1)
        assert.strictEqual(yield* current, before + 1)
      }).pipe(Effect.provide(layer))
    )

    it.effect("cannot be raised outside of a transaction", () =>
      Effect.gen(function* () {
        const { bump, current } = yield* parts
        const before = yield* current
        assert.isTrue(Exit.hasDies(yield* Effect.exit(bump)))
        assert.strictEqual(yield* current, before)
      }).pipe(Effect.provide(layer))
    )
  })
}

const parts = Effect.gen(function* () {
  const { bump, current } = yield* Generation.Generation
  const { run } = yield* StoreTransaction.StoreTransaction
  return { bump, current, run }
})
