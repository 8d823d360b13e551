import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Jws from "@bailiwick/tokens/Jws"
import * as VerifiedSignatures from "@bailiwick/tokens/VerifiedSignatures"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

/** Ed25519 that counts how often it verifies. */
const counted = Effect.gen(function* () {
  const real = yield* Ed25519.Ed25519
  const calls = { verify: 0 }
  const service = Ed25519.Ed25519.of({
    ...real,
    verify: (...args) => {
      calls.verify++
      return real.verify(...args)
    }
  })
  return { calls, service }
})

const typ = "bailiwick-session+jws"
const payload = new TextEncoder().encode(`{"v":1}`)

layer(World.TestLayer)("VerifiedSignatures", (it) => {
  it.effect("verifies the same bytes once, and other keys, kinds and bytes again", () =>
    Effect.gen(function* () {
      const { calls, service } = yield* counted
      const text = yield* Jws.signCompact({ typ, seed: World.seed("a"), payload })
      const verify = Effect.fnUntraced(function* (key: string, kind: typeof typ | "bailiwick-grant+jws" = typ) {
        const bytes = VerifiedSignatures.compact({ typ: kind, text, key: yield* World.keyOf(key), what: "token" })
        return yield* Effect.provideService(bytes, Ed25519.Ed25519, service)
      })
      assert.deepStrictEqual(yield* verify("a"), payload)
      assert.deepStrictEqual(yield* verify("a"), payload)
      assert.strictEqual(calls.verify, 1)
      yield* World.refused(verify("b"), "WrongKey")
      yield* World.refused(verify("a", "bailiwick-grant+jws"), "WrongKind")
    })
  )

  it.effect("never remembers a refusal as good, nor across implementations", () =>
    Effect.gen(function* () {
      const text = yield* Jws.signCompact({ typ, seed: World.seed("a"), payload })
      const wrong = `${text.slice(0, -3)}${text.endsWith("AAA") ? "BBB" : "AAA"}`
      const key = yield* World.keyOf("a")
      const verify = (jws: string) => VerifiedSignatures.compact({ typ, text: jws, key, what: "token" })
      yield* verify(text)
      for (const _ of [1, 2]) yield* Effect.flip(verify(wrong))
      const { calls, service } = yield* counted
      yield* Effect.provideService(verify(text), Ed25519.Ed25519, service)
      assert.strictEqual(calls.verify, 1)
    })
  )

  it.effect("forgets the oldest beyond its capacity", () =>
    Effect.gen(function* () {
      const real = yield* Ed25519.Ed25519
      const calls = { verify: 0 }
      // Thousands of good signatures would take long to make: this one finds every signature good.
      const service = Ed25519.Ed25519.of({ ...real, verify: () => Effect.sync(() => ++calls.verify > 0) })
      const key = yield* World.keyOf("a")
      const text = yield* Jws.signCompact({ typ, seed: World.seed("a"), payload })
      const [header = "", , signature = ""] = text.split(".")
      const verify = (index: number) => {
        const body = Buffer.from(`{"n":${index}}`).toString("base64url")
        return Effect.provideService(
          VerifiedSignatures.compact({ typ, text: `${header}.${body}.${signature}`, key, what: "token" }),
          Ed25519.Ed25519,
          service
        )
      }
      for (let index = 0; index <= VerifiedSignatures.capacity; index++) yield* verify(index)
      assert.strictEqual(calls.verify, VerifiedSignatures.capacity + 1)
      yield* verify(VerifiedSignatures.capacity)
      assert.strictEqual(calls.verify, VerifiedSignatures.capacity + 1)
      yield* verify(0)
      assert.strictEqual(calls.verify, VerifiedSignatures.capacity + 2)
    })
  )
})
