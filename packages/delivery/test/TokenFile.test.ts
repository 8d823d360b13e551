import { assert, describe, it } from "@effect/vitest"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import { DeliveryError, Refused, Unavailable } from "@bailiwick/delivery/DeliveryError"
import * as TokenFile from "@bailiwick/delivery/TokenFile"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { credentials, directory, services } from "./support/Fixtures.ts"

const revoked = new DeliveryError({ reason: new Refused({ code: "revoked", detail: "the session was revoked" }) })
const away = new DeliveryError({ reason: new Unavailable({ detail: "the store is busy" }) })

const kept = Effect.gen(function* () {
  const state = { asked: 0, generation: 1, failure: undefined as DeliveryError | undefined }
  const path = Path.join(yield* directory, "token")
  const lease = yield* CredentialLease.make({
    generation: Effect.sync(() => state.generation),
    ask: Effect.gen(function* () {
      if (state.failure !== undefined) return yield* state.failure
      const now = yield* UnixTime.now
      return { credentials: credentials(`token ${++state.asked}`, now + 900), generation: state.generation }
    })
  })
  return { state, path, keep: TokenFile.keep({ path, lease }), text: Effect.sync(() => Fs.readFileSync(path, "utf8")) }
})

describe("TokenFile", () => {
  it.effect("holds the token alone, for its owner alone, from the start", () =>
    Effect.gen(function* () {
      const { keep, path, text } = yield* kept
      yield* keep
      assert.strictEqual(yield* text, "token 1")
      assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o600)
    }).pipe(Effect.provide(services))
  )

  it.effect("holds a new token when a third of the life is left, in a new file", () =>
    Effect.gen(function* () {
      const { keep, path, text } = yield* kept
      yield* keep
      const { ino } = Fs.statSync(path)
      yield* TestClock.adjust("595 seconds")
      assert.strictEqual(yield* text, "token 1")
      assert.strictEqual(Fs.statSync(path).ino, ino)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* text, "token 2")
    }).pipe(Effect.provide(services))
  )

  it.effect("is gone within one interval of a revoke", () =>
    Effect.gen(function* () {
      const { keep, path, state } = yield* kept
      yield* keep
      state.failure = revoked
      state.generation++
      yield* TestClock.adjust(TokenFile.interval)
      assert.isFalse(Fs.existsSync(path))
    }).pipe(Effect.provide(services))
  )

  it.effect("survives a broker that cannot be asked for a while", () =>
    Effect.gen(function* () {
      const { keep, state, text } = yield* kept
      yield* keep
      state.failure = away
      yield* TestClock.adjust("1000 seconds")
      state.failure = undefined
      yield* TestClock.adjust(TokenFile.interval)
      assert.strictEqual(yield* text, "token 2")
    }).pipe(Effect.provide(services))
  )

  it.effect("is gone with its scope", () =>
    Effect.gen(function* () {
      const { keep, path } = yield* kept
      yield* Effect.scoped(
        Effect.andThen(
          keep,
          Effect.sync(() => assert.isTrue(Fs.existsSync(path)))
        )
      )
      assert.isFalse(Fs.existsSync(path))
    }).pipe(Effect.provide(services))
  )

  it.effect("fails at once where the broker refuses, or the credentials hold no token", () =>
    Effect.gen(function* () {
      const { keep, path, state } = yield* kept
      state.failure = revoked
      assert.strictEqual((yield* Effect.flip(keep)).reason._tag, "Refused")
      assert.isFalse(Fs.existsSync(path))
      const current = Effect.succeed({ ...credentials("", 900), secret: Redacted.make({}) })
      assert.strictEqual(
        (yield* Effect.flip(TokenFile.keep({ path, lease: { current } }))).reason._tag,
        "NotDeliverable"
      )
    }).pipe(Effect.provide(services))
  )
})
