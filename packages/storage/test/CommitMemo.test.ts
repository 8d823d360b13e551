import * as ClockMark from "@bailiwick/core/ports/ClockMark"
import * as Generation from "@bailiwick/core/ports/Generation"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as TemporaryStore from "./TemporaryStore.ts"

describe("What a transaction has read", () => {
  it.effect("is forgotten with a change of one's own, and stays so when a savepoint undoes the change", () =>
    Effect.gen(function* () {
      const clock = yield* ClockMark.ClockMark
      const { run } = yield* StoreTransaction.StoreTransaction
      const seen = yield* run(
        Effect.gen(function* () {
          const before = yield* clock.read
          const inside = yield* Effect.flip(
            run(Effect.flatMap(Effect.andThen(clock.raise(Samples.time(9000)), clock.read), Effect.fail))
          )
          const after = yield* clock.read
          yield* clock.raise(Samples.time(8000))
          return [before, inside, after, yield* clock.read]
        })
      )
      assert.deepStrictEqual<ReadonlyArray<unknown>>(seen, [0, 9000, 0, 8000])
      assert.strictEqual(yield* clock.read, 8000)
    }).pipe(Effect.provide(TemporaryStore.layer))
  )

  it.effect("is read anew in the next commit, whoever changed it in between", () =>
    Effect.gen(function* () {
      const clock = yield* ClockMark.ClockMark
      const generation = yield* Generation.Generation
      const sql = yield* SqlClient.SqlClient
      const { run } = yield* StoreTransaction.StoreTransaction
      assert.strictEqual(yield* run(clock.read), 0)
      const first = yield* run(generation.current)
      yield* sql`UPDATE store SET clock = 77`
      yield* run(generation.bump)
      assert.strictEqual(yield* run(clock.read), 77)
      assert.strictEqual(yield* run(generation.current), first + 1)
    }).pipe(Effect.provide(TemporaryStore.layer))
  )

  it.effect("does not keep the mark of one that was undone from being raised by another of the same commit", () =>
    Effect.gen(function* () {
      const clock = yield* ClockMark.ClockMark
      const { run } = yield* StoreTransaction.StoreTransaction
      const raise = Effect.andThen(clock.read, clock.raise(Samples.time(9000)))
      yield* Effect.all([run(clock.read), Effect.ignore(run(Effect.andThen(raise, Effect.fail("no")))), run(raise)], {
        concurrency: "unbounded"
      })
      assert.strictEqual(yield* clock.read, 9000)
    }).pipe(Effect.provide(TemporaryStore.layer))
  )

  it.effect("is the generation of this transaction once it was raised", () =>
    Effect.gen(function* () {
      const generation = yield* Generation.Generation
      const { run } = yield* StoreTransaction.StoreTransaction
      const [before, raised, after] = yield* run(Effect.all([generation.current, generation.bump, generation.current]))
      assert.deepStrictEqual([raised, after], [before + 1, before + 1])
    }).pipe(Effect.provide(TemporaryStore.layer))
  )
})
