import type { Credentials } from "@bailiwick/core/Credentials"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Redacted from "effect/Redacted"
import { capacity, Minted } from "../src/Minted.ts"

const now = UnixTime.UnixTime.make(1_900_000_000)
const id = (index: number) =>
  CredentialSessionId.make(`00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`)
const digest = (letter: string) => Sha256.make(letter.repeat(42) + "A")

const credentials = (seconds: number): Credentials => ({
  provider: "oidc",
  secret: Redacted.make({ token: "secret" }),
  expires: UnixTime.plus(now, seconds)
})

describe("Minted", () => {
  it.effect("gives credentials while more than a third of their life is left", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      const held = credentials(900)
      minted.keep(id(1), held, now)
      assert.strictEqual(minted.find(id(1), UnixTime.plus(now, 599)), held)
      assert.isUndefined(minted.find(id(1), UnixTime.plus(now, 600)))
      assert.isUndefined(minted.find(id(2), now))
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("forgets the oldest when it is full", () =>
    Effect.gen(function* () {
      const minted = yield* Minted
      for (let index = 0; index <= capacity; index++) minted.keep(id(index), credentials(900), now)
      assert.isUndefined(minted.find(id(0), now))
      assert.isDefined(minted.find(id(1), now))
      assert.isDefined(minted.find(id(capacity), now))
    }).pipe(Effect.provide(Minted.layer, { local: true }))
  )

  it.effect("runs one use of a digest at a time, and other digests beside it", () =>
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
})
