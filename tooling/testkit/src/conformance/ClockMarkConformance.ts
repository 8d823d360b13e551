/** What every `ClockMark` promises: a high-water mark that only a reset lowers. */
import * as ClockMark from "@bailiwick/core/ports/ClockMark"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<ClockMark.ClockMark, unknown>): void => {
  describe(`${name} is a ClockMark`, () => {
    it.effect("begins at nothing and rises", () =>
      Effect.gen(function* () {
        const mark = yield* ClockMark.ClockMark
        assert.strictEqual(yield* mark.read, 0)
        yield* mark.raise(Samples.time(1000))
        assert.strictEqual(yield* mark.read, 1000)
      }).pipe(Effect.provide(layer))
    )

    it.effect("is not lowered by a clock that was set back", () =>
      Effect.gen(function* () {
        const mark = yield* ClockMark.ClockMark
        yield* mark.raise(Samples.time(1000))
        yield* mark.raise(Samples.time(999))
        assert.strictEqual(yield* mark.read, 1000)
      }).pipe(Effect.provide(layer))
    )

    it.effect("is lowered by a reset", () =>
      Effect.gen(function* () {
        const mark = yield* ClockMark.ClockMark
        yield* mark.raise(Samples.time(1000))
        yield* mark.reset(Samples.time(10))
        assert.strictEqual(yield* mark.read, 10)
      }).pipe(Effect.provide(layer))
    )
  })
}
