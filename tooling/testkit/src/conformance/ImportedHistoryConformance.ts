/** What every `ImportedHistory` promises. */
import * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<ImportedHistory.ImportedHistory, unknown>): void => {
  describe(`${name} is an ImportedHistory`, () => {
    const entry = (number: number, over: Partial<ImportedHistory.Entry> = {}): ImportedHistory.Entry => ({
      source: "audex",
      kind: "session",
      name: `session ${number}`,
      digest: Samples.sha256(number),
      status: "completed",
      time: Samples.time(1000),
      body: `{"text":"'; DROP TABLE imported --\\ud800"}`,
      ...over
    })

    it.effect("gives back an entry as it was, with and without a status", () =>
      Effect.gen(function* () {
        const history = yield* ImportedHistory.ImportedHistory
        const { status: _, ...event } = entry(2, { kind: "event" })
        for (const one of [entry(1), event]) {
          yield* history.put(one)
          assert.deepStrictEqual(yield* history.find(one.source, one.kind, one.name), Option.some(one))
        }
        assert.deepStrictEqual(yield* history.find("audex", "session", "session 9"), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps sources and kinds apart", () =>
      Effect.gen(function* () {
        const history = yield* ImportedHistory.ImportedHistory
        yield* history.put(entry(1))
        assert.deepStrictEqual(yield* history.find("joy", "session", "session 1"), Option.none())
        assert.deepStrictEqual(yield* history.find("audex", "member", "session 1"), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("replaces the entry of the same source, kind and name, whole", () =>
      Effect.gen(function* () {
        const history = yield* ImportedHistory.ImportedHistory
        yield* history.put(entry(1, { status: "active" }))
        const { status: _, ...later } = entry(1, { digest: Samples.sha256(9), time: Samples.time(2000), body: "{}" })
        yield* history.put(later)
        assert.deepStrictEqual(yield* history.list({}), [later])
      }).pipe(Effect.provide(layer))
    )

    it.effect("lists by source, kind and name, and only what is asked for", () =>
      Effect.gen(function* () {
        const history = yield* ImportedHistory.ImportedHistory
        const entries = [entry(3, { source: "joy" }), entry(2), entry(1), entry(4, { kind: "event" })]
        yield* Effect.forEach(entries, (one) => history.put(one))
        const names = (filter: ImportedHistory.Filter) =>
          Effect.map(history.list(filter), (found) => found.map((one) => one.name))
        assert.deepStrictEqual(yield* names({}), ["session 4", "session 1", "session 2", "session 3"])
        assert.deepStrictEqual(yield* names({ source: "audex", kind: "session" }), ["session 1", "session 2"])
        assert.deepStrictEqual(yield* names({ source: "joy" }), ["session 3"])
        assert.deepStrictEqual(yield* names({ limit: 2 }), ["session 4", "session 1"])
      }).pipe(Effect.provide(layer))
    )
  })
}
