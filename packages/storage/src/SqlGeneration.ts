/** The counter of every change of registry, project record or revocation, in SQL and in the file that mirrors it. */
import * as Generation from "@bailiwick/core/ports/Generation"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Counter from "./internal/Counter.ts"

export const layer = (place: Counter.Place) =>
  Layer.effect(
    Generation.Generation,
    Effect.map(Counter.make(place), ({ current, raise }) =>
      Generation.Generation.of({
        current: Effect.withSpan(current, "Generation.current"),
        bump: Effect.withSpan(raise(0), "Generation.bump")
      })
    )
  )
