/** What every `RevocationList` promises: what was ended stays ended. */
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (
  name: string,
  layer: Layer.Layer<RevocationList.RevocationList | StoreTransaction.StoreTransaction, unknown>
): void => {
  describe(`${name} is a RevocationList`, () => {
    it.effect("gives back every revocation as it was", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        assert.deepStrictEqual(yield* list.live, [])
        const revocations = [
          Samples.revocation(1),
          Samples.revocation(2, { until: Samples.time(2000) }),
          Samples.revocation(3, { kind: "human", subject: Samples.human })
        ]
        yield* Effect.forEach(revocations, (revocation) => list.add(revocation))
        assert.sameDeepMembers([...(yield* list.live)], revocations)
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps kinds apart", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        yield* list.add(Samples.revocation(1, { kind: "token", subject: "x" }))
        yield* list.add(Samples.revocation(1, { kind: "session", subject: "x" }))
        assert.lengthOf(yield* list.live, 2)
      }).pipe(Effect.provide(layer))
    )

    it.effect("never moves a revocation back in time", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        const later = Samples.revocation(1, { time: Samples.time(2000), reason: "again" })
        yield* list.add(Samples.revocation(1, { time: Samples.time(1000) }))
        yield* list.add(later)
        yield* list.add(Samples.revocation(1, { time: Samples.time(1500), reason: "late news" }))
        assert.deepStrictEqual(yield* list.live, [later])
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps a revocation as long as either of two of the same subject would stand", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        const subject = { kind: "session", subject: "x" } as const
        yield* list.add(Samples.revocation(1, { ...subject, until: Samples.time(5000) }))
        yield* list.add(Samples.revocation(1, { ...subject, time: Samples.time(1100), until: Samples.time(3000) }))
        assert.deepStrictEqual(
          (yield* list.live).map((entry) => entry.until),
          [Samples.time(5000)]
        )
        yield* list.add(Samples.revocation(1, subject))
        assert.deepStrictEqual(
          (yield* list.live).map((entry) => entry.until),
          [undefined]
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("forgets only what ended before, and never what stands for ever", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        const [past, present, forEver] = [
          Samples.revocation(1, { until: Samples.time(99) }),
          Samples.revocation(2, { until: Samples.time(100) }),
          Samples.revocation(3)
        ]
        yield* Effect.forEach([past, present, forEver], (revocation) => list.add(revocation))
        assert.strictEqual(yield* list.prune(Samples.time(100)), 1)
        assert.sameDeepMembers([...(yield* list.live)], [present, forEver])
        assert.strictEqual(yield* list.prune(Samples.time(100)), 0)
      }).pipe(Effect.provide(layer))
    )

    it.effect("is undone with the transaction that it is part of", () =>
      Effect.gen(function* () {
        const list = yield* RevocationList.RevocationList
        const { run } = yield* StoreTransaction.StoreTransaction
        yield* list.add(Samples.revocation(1))
        yield* Effect.flip(run(Effect.andThen(list.add(Samples.revocation(2)), Effect.fail("refused"))))
        assert.deepStrictEqual(yield* list.live, [Samples.revocation(1)])
      }).pipe(Effect.provide(layer))
    )
  })
}
