import { ProviderError } from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { capacity, Minted } from "../src/Minted.ts"
import * as World from "./support/World.ts"

const now = UnixTime.UnixTime.make(1_900_000_000)
const later = (seconds: number) => ({ generation: 7, now: UnixTime.plus(now, seconds) })
const digest = (letter: string) => Sha256.make(letter.repeat(42) + "A")
const held = { held: "token", note: "in the token" } as const
const session = (index: number): CredentialSession => ({
  id: CredentialSessionId.make(`00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`),
  created_at: now,
  expires_at: UnixTime.plus(now, 900),
  ttl_seconds: 900,
  status: "active",
  provider: "oidc",
  role_arn: "https://api.example.com",
  policy: World.scopes("read"),
  tags: {},
  command: [],
  project_id: World.project,
  human: World.you,
  delegation_id: digest("D"),
  auth_session_id: World.nowhere,
  target: World.dev,
  enforcement: {
    actions: held,
    resources: held,
    expiry: held,
    network: held,
    revocation: { how: "it expires", worst: 900 },
    isolation: "same-user"
  },
  isolation: "same-user",
  reuse: digest("A"),
  issue_count: 1
})

const credentials = (seconds: number): Credentials => ({
  provider: "oidc",
  secret: Redacted.make({ token: "secret" }),
  expires: UnixTime.plus(now, seconds)
})

const throttled = new ProviderError({
  provider: "aws",
  reason: "Throttled",
  detail: "AWS takes no more calls",
  hint: "try again in a minute"
})

/** One flight that is in the air until it is told how to land, and how many have flown. */
const inTheAir = Effect.gen(function* () {
  const gate = yield* Latch.make(false)
  let flown = 0
  const flight = (landing: Effect.Effect<string, ProviderError | "own">) =>
    Effect.suspend(() => {
      flown += 1
      return Effect.andThen(gate.await, landing)
    })
  return { flight, land: gate.open, flown: () => flown }
})

describe("Minted", () => {
  it.effect("gives credentials while more than a third of their life is left", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      const given = credentials(900)
      yield* minted.keep(session(1), given, later(0))
      assert.deepStrictEqual(yield* minted.find(session(1), later(599)), Option.some(given))
      assert.deepStrictEqual(yield* minted.find(session(1), later(600)), Option.none())
      assert.deepStrictEqual(yield* minted.find(session(2), later(0)), Option.none())
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("gives no credentials of another generation", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      yield* minted.keep(session(1), credentials(900), later(0))
      for (const generation of [6, 8]) {
        assert.deepStrictEqual(yield* minted.find(session(1), { ...later(0), generation }), Option.none())
      }
      assert.isTrue(Option.isSome(yield* minted.find(session(1), later(0))))
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("forgets the oldest when it is full", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      for (let index = 0; index <= capacity; index++) yield* minted.keep(session(index), credentials(900), later(0))
      const isKept = (index: number) => Effect.map(minted.find(session(index), later(0)), Option.isSome)
      assert.isFalse(yield* isKept(0))
      assert.isTrue(yield* isKept(1))
      assert.isTrue(yield* isKept(capacity))
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("runs one flight of a digest at a time, and other digests beside it", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      const gate = yield* Latch.make(false)
      const order: Array<string> = []
      const use = (name: string) => Effect.sync(() => order.push(name))
      const first = yield* Effect.forkChild(
        minted.alone(digest("A"), Effect.andThen(Effect.andThen(use("first"), gate.await), use("first done")))
      )
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(minted.alone(digest("A"), use("second")))
      yield* minted.alone(digest("B"), use("other"))
      yield* gate.open
      yield* Fiber.joinAll([first, second])
      assert.deepStrictEqual(order, ["first", "other", "first done", "second"])
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect(
    "refuses whoever waited with the flight that the cloud refused, and asks anew for whoever comes later",
    () =>
      Effect.gen(function* () {
        const minted = yield* Minted
        const { flight, flown, land } = yield* inTheAir
        const ask = minted.alone(digest("A"), flight(Effect.fail(throttled)))
        const waiting = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 100 }, () => Effect.flip(ask)),
            { concurrency: "unbounded" }
          ),
          { startImmediately: true }
        )
        const other = yield* Effect.forkChild(minted.alone(digest("B"), flight(Effect.succeed("other"))), {
          startImmediately: true
        })
        yield* land
        for (const error of yield* Fiber.join(waiting)) assert.strictEqual(error, throttled)
        assert.strictEqual(yield* Fiber.join(other), "other")
        assert.strictEqual(flown(), 2)
        assert.strictEqual(yield* minted.alone(digest("A"), flight(Effect.succeed("anew"))), "anew")
      }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("lets each who waits ask on its own after a failure that is not the cloud's, or an interruption", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      const { flight, flown, land } = yield* inTheAir
      const fly = (landing: Effect.Effect<string, ProviderError | "own">) =>
        Effect.forkChild(minted.alone(digest("A"), flight(landing)), { startImmediately: true })
      const gone = yield* fly(Effect.succeed("gone"))
      const failing = yield* fly(Effect.fail("own"))
      const last = yield* fly(Effect.succeed("last"))
      yield* Fiber.interrupt(gone)
      yield* land
      assert.strictEqual(yield* Effect.flip(Fiber.join(failing)), "own")
      assert.strictEqual(yield* Fiber.join(last), "last")
      assert.strictEqual(flown(), 3)
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )
})
