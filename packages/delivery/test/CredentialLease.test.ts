import { assert, describe, it } from "@effect/vitest"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import { DeliveryError, Refused, Unavailable } from "@bailiwick/delivery/DeliveryError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import { credentials } from "./support/Fixtures.ts"

const revoked = new DeliveryError({ reason: new Refused({ code: "revoked", detail: "the session was revoked" }) })
const away = new DeliveryError({ reason: new Unavailable({ detail: "the store is busy" }) })

/** A broker that lends 900 seconds, counts, and fails as it is told. */
const broker = Effect.sync(() => {
  const state = { asked: 0, generation: 1, failure: undefined as DeliveryError | undefined, blind: false }
  const source: CredentialLease.Source = {
    generation: Effect.suspend(() => (state.blind ? Effect.fail(away) : Effect.succeed(state.generation))),
    ask: Effect.gen(function* () {
      state.asked++
      if (state.failure !== undefined) return yield* state.failure
      const now = yield* UnixTime.now
      return { credentials: credentials(`token ${state.asked}`, now + 900), generation: state.generation }
    })
  }
  return { state, source }
})

const token = (lease: CredentialLease.CredentialLease) =>
  Effect.map(lease.current, ({ secret }) => Redacted.value(secret).token)

const tag = (lease: CredentialLease.CredentialLease) =>
  Effect.map(Effect.flip(lease.current), (error) => error.reason._tag)

describe("CredentialLease", () => {
  it.effect("asks once for many callers at once", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make({ ...source, ask: Effect.andThen(Deferred.await(gate), source.ask) })
      const callers = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => token(lease)),
          { concurrency: "unbounded" }
        )
      )
      yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(new Set(yield* Fiber.join(callers)), new Set(["token 1"]))
      assert.strictEqual(state.asked, 1)
    })
  )

  it.effect("asks again when a third of the life is left, and not before", () =>
    Effect.gen(function* () {
      const { source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      assert.strictEqual(yield* token(lease), "token 1")
      yield* TestClock.adjust("599 seconds")
      assert.strictEqual(yield* token(lease), "token 1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* token(lease), "token 2")
      assert.strictEqual(yield* token(lease), "token 2")
    })
  )

  it.effect("asks again at once when the generation has changed", () =>
    Effect.gen(function* () {
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      assert.strictEqual(yield* token(lease), "token 1")
      state.generation++
      assert.strictEqual(yield* token(lease), "token 2")
    })
  )

  it.effect("gives nothing after a revoke, although the kept token is unexpired", () =>
    Effect.gen(function* () {
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      yield* lease.current
      state.generation++
      state.failure = revoked
      assert.strictEqual(yield* tag(lease), "Refused")
      state.failure = away
      assert.strictEqual(yield* tag(lease), "Unavailable")
    })
  )

  it.effect("forgets what it kept at a refusal, whatever the generation", () =>
    Effect.gen(function* () {
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      yield* lease.current
      yield* TestClock.adjust("700 seconds")
      state.failure = revoked
      assert.strictEqual(yield* tag(lease), "Refused")
      state.failure = away
      assert.strictEqual(yield* tag(lease), "Unavailable")
    })
  )

  it.effect("bridges a broker that cannot be asked with what is kept, until it expires", () =>
    Effect.gen(function* () {
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      yield* lease.current
      state.failure = away
      yield* TestClock.adjust("899 seconds")
      assert.strictEqual(yield* token(lease), "token 1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* tag(lease), "Unavailable")
    })
  )

  it.effect("uses nothing that it kept while the generation cannot be read", () =>
    Effect.gen(function* () {
      const { state, source } = yield* broker
      const lease = yield* CredentialLease.make(source)
      yield* lease.current
      state.blind = true
      assert.strictEqual(yield* token(lease), "token 2")
      state.failure = away
      assert.strictEqual(yield* tag(lease), "Unavailable")
    })
  )

  it.effect("goes on after a caller was interrupted in the middle of the question", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { source } = yield* broker
      const lease = yield* CredentialLease.make({ ...source, ask: Effect.andThen(Deferred.await(gate), source.ask) })
      const first = yield* Effect.forkChild(lease.current)
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(token(lease))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(first)))
      assert.strictEqual(yield* Fiber.join(second), "token 1")
    })
  )
})
