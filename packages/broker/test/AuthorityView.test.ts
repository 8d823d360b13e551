import * as Layer from "effect/Layer"
import * as Record from "@bailiwick/tokens/Record"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AuthorityView } from "../src/AuthorityView.ts"
import { Installation } from "../src/Installation.ts"
import * as Records from "../src/Records.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const current = Effect.gen(function* () {
  const store = yield* StoreTransaction
  return yield* store.run((yield* AuthorityView).current)
})

describe("AuthorityView", () => {
  it.effect("reads the store once a generation", () =>
    World.within(
      Effect.gen(function* () {
        const store = yield* TestStore
        const first = yield* current
        const before = store.calls.length
        assert.strictEqual(yield* current, first)
        assert.deepStrictEqual(store.calls.slice(before), ["Generation.current"])
        yield* World.enrol(World.mate, "mate")
        const next = yield* current
        assert.strictEqual(next.generation, first.generation + 1)
        assert.strictEqual(next.registry.records.length, first.registry.records.length + 1)
      })
    )
  )

  it.effect("remembers nothing of a record whose acceptance was rolled back", () =>
    World.within(
      Effect.gen(function* () {
        const store = yield* TestStore
        const payload = {
          ...(yield* World.memberRecord(World.mate, "mate")),
          ...(yield* Records.next("member", World.mate))
        }
        const jws = yield* Record.sign({ kind: "member", payload, seed: World.seed("you") })
        const before = yield* current
        for (let at = 0; at < 20; at++) {
          store.fault = { at: store.calls.length + at, how: "fail" }
          if ((yield* Effect.exit(Records.accept("member", jws)))._tag === "Success") break
          store.fault = undefined
          assert.deepStrictEqual((yield* current).registry.records, before.registry.records)
        }
        store.fault = undefined
        assert.strictEqual((yield* current).registry.records.length, before.registry.records.length + 1)
      })
    )
  )

  it.effect("says that nothing was founded where nothing is", () =>
    World.withinNothing(World.refused(current, "not-founded"))
  )

  it.effect("refuses a registry that begins with another founder than the pinned one", () =>
    World.within(
      Effect.gen(function* () {
        const of = (name: string) =>
          Effect.flatMap(World.keyOf(name), ({ kid }) =>
            current.pipe(
              Effect.provide(
                AuthorityView.layer.pipe(
                  Layer.provide(Installation.layer({ project: World.project, isolation: "same-user", founder: kid }))
                ),
                { local: true }
              )
            )
          )
        yield* of("you")
        yield* World.refused(of("stranger"), "token-refused")
      })
    )
  )
})
