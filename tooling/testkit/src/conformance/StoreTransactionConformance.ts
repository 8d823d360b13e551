/** What every `StoreTransaction` promises: all of it or nothing, whatever goes wrong inside. */
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (
  name: string,
  layer: Layer.Layer<StoreTransaction.StoreTransaction | RecordRegistry.RecordRegistry, unknown>
): void => {
  describe(`${name} is a StoreTransaction`, () => {
    it.effect("commits what succeeded together", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        const result = yield* run(Effect.as(Effect.andThen(append(0), append(1)), "done"))
        assert.strictEqual(result, "done")
        assert.deepStrictEqual(yield* places, [0, 1])
      }).pipe(Effect.provide(layer))
    )

    it.effect("sees its own changes before the commit", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        assert.deepStrictEqual(yield* run(Effect.andThen(append(0), places)), [0])
      }).pipe(Effect.provide(layer))
    )

    it.effect("undoes everything when something fails, and passes the failure on", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        yield* append(0)
        const failure = yield* Effect.flip(run(Effect.andThen(append(1), Effect.fail("refused" as const))))
        assert.strictEqual(failure, "refused")
        assert.deepStrictEqual(yield* places, [0])
      }).pipe(Effect.provide(layer))
    )

    it.effect("undoes everything after a defect", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        const exit = yield* Effect.exit(run(Effect.andThen(append(0), Effect.die("a fault"))))
        assert.isTrue(Exit.hasDies(exit))
        assert.deepStrictEqual(yield* places, [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("undoes everything when it is interrupted", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        const reached = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          run(append(0).pipe(Effect.andThen(Deferred.succeed(reached, undefined)), Effect.andThen(Effect.never)))
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* places, [])
        yield* run(append(1))
        assert.deepStrictEqual(yield* places, [1])
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps what an inner run did when both succeed", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        yield* run(Effect.andThen(append(0), run(append(1))))
        assert.deepStrictEqual(yield* places, [0, 1])
      }).pipe(Effect.provide(layer))
    )

    it.effect("undoes an inner run with the outer one", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        yield* Effect.flip(run(run(append(0)).pipe(Effect.andThen(Effect.fail("refused")))))
        assert.deepStrictEqual(yield* places, [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("undoes a failed inner run alone when the outer one goes on", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        yield* run(
          append(0).pipe(
            Effect.andThen(Effect.ignore(run(Effect.andThen(append(1), Effect.fail("refused"))))),
            Effect.andThen(append(2))
          )
        )
        assert.deepStrictEqual(yield* places, [0, 2])
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets nobody in between, so that no update is lost", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        const appendNext = run(
          Effect.flatMap(places, (standing) => Effect.andThen(Effect.yieldNow, append(standing.length)))
        )
        yield* Effect.all(
          Array.from({ length: 20 }, () => appendNext),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          yield* places,
          Array.from({ length: 20 }, (_, place) => place)
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("shows nobody else what is not committed", () =>
      Effect.gen(function* () {
        const { append, places, run } = yield* parts
        const reached = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const writer = yield* Effect.forkChild(
          Effect.flip(
            run(
              append(0).pipe(
                Effect.andThen(Deferred.succeed(reached, undefined)),
                Effect.andThen(Deferred.await(goOn)),
                Effect.andThen(Effect.fail("refused"))
              )
            )
          )
        )
        yield* Deferred.await(reached)
        const reader = yield* Effect.forkChild(places)
        yield* Effect.yieldNow
        yield* Deferred.succeed(goOn, undefined)
        assert.deepStrictEqual(yield* Fiber.join(reader), [])
        assert.strictEqual(yield* Fiber.join(writer), "refused")
      }).pipe(Effect.provide(layer))
    )
  })
}

const parts = Effect.gen(function* () {
  const { run } = yield* StoreTransaction.StoreTransaction
  const registry = yield* RecordRegistry.RecordRegistry
  return {
    run,
    append: (place: number) => registry.append(Samples.record(place)),
    places: Effect.map(registry.all, (records) => records.map((record) => record.place))
  }
})
