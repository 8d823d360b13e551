/** What every `RedemptionLedger` promises: one line per token, written once and never changed (formats §3 Redeem). */
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<RedemptionLedger.RedemptionLedger, unknown>): void => {
  describe(`${name} is a RedemptionLedger`, () => {
    it.effect("finds nothing before the redeem, and the redemption as it was afterwards", () =>
      Effect.gen(function* () {
        const ledger = yield* RedemptionLedger.RedemptionLedger
        const redemption = Samples.redemption(1)
        assert.deepStrictEqual(yield* ledger.find(redemption.jti), Option.none())
        assert.deepStrictEqual(yield* ledger.redeem(redemption), redemption)
        assert.deepStrictEqual(yield* ledger.find(redemption.jti), Option.some(redemption))
        assert.deepStrictEqual(yield* ledger.find(Samples.jti(2)), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("answers a second redeem with the first, whoever asks", () =>
      Effect.gen(function* () {
        const ledger = yield* RedemptionLedger.RedemptionLedger
        const first = Samples.redemption(1)
        yield* ledger.redeem(first)
        const thief = { ...Samples.redemption(9), jti: first.jti }
        assert.deepStrictEqual(yield* ledger.redeem(thief), first)
        assert.deepStrictEqual(yield* ledger.redeem({ ...first, time: Samples.time(4000) }), first)
        assert.deepStrictEqual(yield* ledger.find(first.jti), Option.some(first))
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets exactly one of many win", () =>
      Effect.gen(function* () {
        const ledger = yield* RedemptionLedger.RedemptionLedger
        const answers = yield* Effect.all(
          Array.from({ length: 30 }, (_, index) =>
            ledger.redeem({ ...Samples.redemption(index), jti: Samples.jti(1) })
          ),
          { concurrency: "unbounded" }
        )
        assert.lengthOf([...new Set(answers.map((answer) => answer.hop))], 1)
      }).pipe(Effect.provide(layer))
    )
  })
}
