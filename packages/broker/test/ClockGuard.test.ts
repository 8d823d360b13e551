import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as ClockGuard from "../src/ClockGuard.ts"
import * as Issue from "../src/Issue.ts"
import * as Login from "../src/Login.ts"
import * as Redeem from "../src/Redeem.ts"
import * as Revoke from "../src/Revoke.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const setBack = (seconds: number) => TestClock.setTime((World.start - seconds) * 1000)

describe("ClockGuard", () => {
  it.effect("raises the mark with the transaction, and not with one that fails", () =>
    World.within(
      Effect.gen(function* () {
        const marks = yield* ClockMark
        yield* TestClock.adjust("10 seconds")
        yield* Effect.flip(ClockGuard.transaction(() => Effect.fail("no")))
        assert.strictEqual(yield* marks.read, World.start)
        assert.strictEqual(yield* ClockGuard.transaction(Effect.succeed), World.start + 10)
        assert.strictEqual(yield* marks.read, World.start + 10)
      })
    )
  )

  it.effect("tolerates two minutes, and then goes on from the highest time seen", () =>
    World.within(
      Effect.gen(function* () {
        yield* setBack(120)
        assert.strictEqual(yield* ClockGuard.transaction(Effect.succeed), World.start)
        assert.strictEqual(yield* (yield* ClockMark).read, World.start)
      })
    )
  )

  it.effect("redeems and issues nothing beyond that, and logs it once", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const chain = yield* World.hop(yield* World.root({ name: "second" }), "second session")
        yield* setBack(121)
        yield* World.refused(Redeem.redeem({ chain }), "clock-set-back")
        yield* World.refused(Issue.issue({ caller, request: World.request() }), "clock-set-back")
        yield* World.refused(Effect.flatMap(World.sessionToken(), Login.open), "clock-set-back")
        const { lines } = yield* TestStore
        assert.deepStrictEqual(
          lines.slice(-3).map(({ type, detail }) => [type, detail["mark"], detail["now"]]),
          Array.from({ length: 3 }, () => ["clock.refused", World.start, World.start - 121])
        )
      })
    )
  )

  it.effect("still revokes", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        const { caller } = yield* World.login()
        yield* setBack(3600)
        const ended = yield* Revoke.revoke({ caller, subject: { kind: "session", session: proof.session } })
        assert.strictEqual(ended.sessions.length, 1)
        const store = yield* StoreTransaction
        assert.strictEqual(yield* store.run(ClockGuard.time), World.start)
      })
    )
  )
})
