/** What every `NonceLedger` promises: each nonce once per scope (formats §5). */
import * as NonceLedger from "@bailiwick/core/ports/NonceLedger"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<NonceLedger.NonceLedger, unknown>): void => {
  describe(`${name} is a NonceLedger`, () => {
    it.effect("takes a nonce once", () =>
      Effect.gen(function* () {
        const ledger = yield* NonceLedger.NonceLedger
        assert.isTrue(yield* ledger.use("request", "n1", Samples.time(100)))
        assert.isFalse(yield* ledger.use("request", "n1", Samples.time(200)))
        assert.isTrue(yield* ledger.use("request", "n2", Samples.time(100)))
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps scopes apart, however their names are cut", () =>
      Effect.gen(function* () {
        const ledger = yield* NonceLedger.NonceLedger
        assert.isTrue(yield* ledger.use("request", "n1", Samples.time(100)))
        assert.isTrue(yield* ledger.use("login", "n1", Samples.time(100)))
        assert.isTrue(yield* ledger.use("requestn", "1", Samples.time(100)))
      }).pipe(Effect.provide(layer))
    )

    it.effect("takes a nonce once out of many at a time", () =>
      Effect.gen(function* () {
        const ledger = yield* NonceLedger.NonceLedger
        const answers = yield* Effect.all(
          Array.from({ length: 30 }, () => ledger.use("request", "n1", Samples.time(100))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          answers.filter((answer) => answer),
          1
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("forgets only what expired before", () =>
      Effect.gen(function* () {
        const ledger = yield* NonceLedger.NonceLedger
        yield* Effect.forEach([99, 100, 101], (expires) => ledger.use("request", `n${expires}`, Samples.time(expires)))
        assert.strictEqual(yield* ledger.prune(Samples.time(100)), 1)
        assert.isFalse(yield* ledger.use("request", "n100", Samples.time(300)))
        assert.isFalse(yield* ledger.use("request", "n101", Samples.time(300)))
        assert.isTrue(yield* ledger.use("request", "n99", Samples.time(300)))
      }).pipe(Effect.provide(layer))
    )
  })
}
