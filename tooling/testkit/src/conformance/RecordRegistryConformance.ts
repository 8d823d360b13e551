/** What every `RecordRegistry` promises: whole chains in the order of acceptance, and one owner per key. */
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<RecordRegistry.RecordRegistry, unknown>): void => {
  describe(`${name} is a RecordRegistry`, () => {
    it.effect("gives back every record as it was, in the order of its place", () =>
      Effect.gen(function* () {
        const registry = yield* RecordRegistry.RecordRegistry
        assert.deepStrictEqual(yield* registry.all, [])
        const records = [
          Samples.record(7, { kind: "delegation", chain: "you@example.com\nai:claude@acme", seq: 0 }),
          Samples.record(0, { kind: "project", chain: "", seq: 0 }),
          Samples.record(3, { seq: 0 })
        ]
        yield* Effect.forEach(records, (record) => registry.append(record))
        assert.deepStrictEqual(
          yield* registry.all,
          records.toSorted((left, right) => left.place - right.place)
        )
      }).pipe(Effect.provide(layer))
    )

    const standing = Samples.record(5)
    const taken: ReadonlyArray<readonly [string, RecordRegistry.AcceptedRecord]> = [
      ["a number of its chain", { ...Samples.record(6), seq: standing.seq }],
      ["a hash", { ...Samples.record(6), hash: standing.hash }],
      ["a place in the log", { ...Samples.record(6), place: standing.place }]
    ]
    for (const [what, record] of taken) {
      it.effect(`refuses ${what} that is taken, and keeps the record that stands`, () =>
        Effect.gen(function* () {
          const registry = yield* RecordRegistry.RecordRegistry
          yield* registry.append(standing)
          assert.strictEqual((yield* Effect.flip(registry.append(record))).reason, "Conflict")
          assert.deepStrictEqual(yield* registry.all, [standing])
        }).pipe(Effect.provide(layer))
      )
    }

    it.effect("counts every chain by itself", () =>
      Effect.gen(function* () {
        const registry = yield* RecordRegistry.RecordRegistry
        yield* registry.append(Samples.record(0, { seq: 0, chain: "you@example.com" }))
        yield* registry.append(Samples.record(1, { seq: 0, chain: "ai:claude@acme" }))
        yield* registry.append(Samples.record(2, { seq: 0, kind: "project", chain: "" }))
        assert.lengthOf(yield* registry.all, 3)
      }).pipe(Effect.provide(layer))
    )

    it.effect("binds a key to its first owner for ever", () =>
      Effect.gen(function* () {
        const registry = yield* RecordRegistry.RecordRegistry
        assert.isTrue(yield* registry.claimKey(Samples.kid(1), "you@example.com"))
        assert.isFalse(yield* registry.claimKey(Samples.kid(1), "ai:claude@acme"))
        assert.isTrue(yield* registry.claimKey(Samples.kid(1), "you@example.com"))
        assert.isTrue(yield* registry.claimKey(Samples.kid(2), "ai:claude@acme"))
      }).pipe(Effect.provide(layer))
    )
  })
}
