import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { StoreError } from "@bailiwick/core/StoreError"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as NewAuthority from "../src/NewAuthority.ts"
import * as Redeem from "../src/Redeem.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

describe("NewAuthority", () => {
  it.effect("lowers a mark that ran ahead, and lets nothing of the old authority live", () =>
    World.within(
      Effect.gen(function* () {
        const { caller, proof } = yield* World.agentSession()
        const waiting = yield* World.hop(yield* World.root({ name: "waiting" }), "waiting session")
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        yield* (yield* ClockMark).raise(World.ahead)
        yield* World.refused(Redeem.redeem({ chain: waiting }), "clock-set-back")

        const { authority, ended } = yield* NewAuthority.resetClock()
        assert.strictEqual(yield* (yield* ClockMark).read, World.start)
        assert.deepStrictEqual(ended.sessions, [proof.session])
        assert.deepStrictEqual(
          ended.credentials.map(({ id }) => id),
          [session.id]
        )
        const { lines } = yield* TestStore
        const line = lines.find(({ type }) => type === "clock.reset")
        assert.strictEqual(line?.subject, authority)
        assert.strictEqual(line?.detail["mark"], World.ahead)
        yield* World.refused(Redeem.redeem({ chain: waiting }), "token-refused")
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        yield* World.agentSession({ name: "fresh", session: "fresh session" })
      })
    )
  )

  it.effect("retires the old key for good", () =>
    World.within(
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        const { authority } = yield* NewAuthority.resetClock()
        const [old, fresh] = yield* (yield* KeyRing).keys("authority")
        assert.strictEqual(old?.retired_at, World.start + 1)
        assert.strictEqual(fresh?.kid, authority)
        assert.isUndefined(fresh?.retired_at)
      })
    )
  )

  it.effect("settles a restored store in the same transaction, or changes nothing", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        const broken = new StoreError({ reason: "Full", detail: "writing the instance" })
        yield* Effect.flip(NewAuthority.afterRestore(Effect.fail(broken)))
        yield* Authenticate.authenticate(proof)
        assert.strictEqual((yield* (yield* KeyRing).keys("authority")).length, 1)

        const settled = yield* Deferred.make<void>()
        yield* NewAuthority.afterRestore(Effect.asVoid(Deferred.succeed(settled, undefined)))
        assert.isTrue(yield* Deferred.isDone(settled))
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        assert.include(yield* World.logged, "store.restored")
      })
    )
  )
})
