import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { NonceLedger } from "@bailiwick/core/ports/NonceLedger"
import { RevocationList } from "@bailiwick/core/ports/RevocationList"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as Issue from "../src/Issue.ts"
import * as Revoke from "../src/Revoke.ts"
import * as Sweep from "../src/Sweep.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const statuses = Effect.gen(function* () {
  return (yield* (yield* CredentialSessionStore).list({})).map(({ status }) => status)
})

describe("Sweep", () => {
  it.effect("ends what has expired, and nothing before", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* Issue.issue({ caller, request: World.request({ ttl: 600 }) })
        yield* TestClock.adjust("599 seconds")
        assert.strictEqual((yield* Sweep.run()).expired, 0)
        assert.deepStrictEqual(yield* statuses, ["active"])
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Sweep.run()).expired, 1)
        assert.deepStrictEqual(yield* statuses, ["expired"])
        assert.strictEqual((yield* World.logged).at(-1), "credentials.expired")
      })
    )
  )

  it.effect("ends an intent that nobody came back for, at the cloud too, and leaves a fresh one alone", () =>
    World.within(
      Effect.gen(function* () {
        const store = yield* TestStore
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        cloud.meanwhile = Effect.die("the process was killed")
        yield* Effect.exit(Issue.issue({ caller, request: World.request() }))
        yield* TestClock.adjust("299 seconds")
        assert.isEmpty((yield* Sweep.run()).abandoned)
        assert.deepStrictEqual(yield* statuses, ["active"])
        yield* TestClock.adjust("1 second")
        const { abandoned } = yield* Sweep.run()
        assert.deepStrictEqual(
          abandoned.map(({ id, ended }) => [id, ended]),
          [[cloud.revoked[0], true]]
        )
        assert.deepStrictEqual(yield* statuses, ["failed"])
        const failed = store.lines.find(({ type }) => type === "credentials.failed")
        assert.deepStrictEqual(failed?.detail, { provider: "oidc", reason: "NoResult" })
      })
    )
  )

  it.effect("forgets dead nonces and revocations, and keeps the living", () =>
    World.within(
      Effect.gen(function* () {
        const nonces = yield* NonceLedger
        const { caller } = yield* World.agentSession()
        yield* Revoke.revoke({ caller, subject: Revoke.mine(caller) })
        yield* nonces.use("scope", "nonce", UnixTime.plus(World.start, 60))
        yield* TestClock.adjust("30 minutes")
        assert.strictEqual((yield* Sweep.run()).pruned, 1)
        assert.strictEqual((yield* (yield* RevocationList).live).length, 1)
        yield* Effect.repeat(Effect.andThen(TestClock.adjust("50 minutes"), Sweep.run()), { times: 29 })
        assert.isEmpty(yield* (yield* RevocationList).live)
        assert.include(yield* World.logged, "sweep.pruned")
      })
    )
  )

  it.effect("forgets nothing after the clock has jumped by more than an hour", () =>
    World.within(
      Effect.gen(function* () {
        const nonces = yield* NonceLedger
        yield* nonces.use("scope", "nonce", UnixTime.plus(World.start, 60))
        yield* TestClock.adjust("3601 seconds")
        assert.deepStrictEqual(yield* Sweep.run(), { expired: 0, abandoned: [], pruned: 0, jumped: true })
        assert.isFalse(yield* nonces.use("scope", "nonce", World.start))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Sweep.run()).pruned, 1)
      })
    )
  )

  it.effect("does nothing under a clock set back", () =>
    World.within(
      Effect.gen(function* () {
        yield* TestClock.setTime((World.start - 3600) * 1000)
        yield* World.refused(Sweep.run(), "clock-set-back")
      })
    )
  )
})
