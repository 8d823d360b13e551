import * as Chain from "@bailiwick/tokens/Chain"
import * as Readings from "@bailiwick/tokens/chain/Readings"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

const session = Effect.fnUntraced(function* (name: string) {
  const chain = yield* World.redeem(yield* World.root({ name }))
  const [root, hop = ""] = chain.tokens
  return { chain, root, hop }
})

const isDeeplyFrozen = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every((member) => isDeeplyFrozen(member)))

layer(World.TestLayer)("Readings", (it) => {
  it.effect("remembers a token once its signature was found good, and not before", () =>
    Effect.gen(function* () {
      const { chain, hop, root } = yield* session("remembered")
      yield* Chain.read(chain)
      assert.isUndefined(Readings.find("root", root))
      assert.isUndefined(Readings.find("session", hop))
      const { links } = yield* World.verify(chain)
      assert.strictEqual(Readings.find("root", root), links[0])
      assert.strictEqual(Readings.find("session", hop), links[1])
      const again = yield* World.verify(chain)
      assert.isTrue(again.links.every((link, index) => link === links[index]))
      assert.deepStrictEqual(yield* Chain.read(chain), links)
    })
  )

  it.effect("answers for its own place and its own bytes alone", () =>
    Effect.gen(function* () {
      const { chain, hop, root } = yield* session("place")
      yield* World.verify(chain)
      assert.isUndefined(Readings.find("grant", hop))
      const other = yield* session("another place")
      assert.isUndefined(Readings.find("root", other.root))
      assert.isUndefined(Readings.find("root", { ...root, payload: other.root.payload }))
    })
  )

  it.effect("spares nobody the signature: what only carries remembered bytes is refused", () =>
    Effect.gen(function* () {
      const { chain, hop, root } = yield* session("signature")
      yield* World.verify(chain)
      const wrong = `${hop.slice(0, hop.lastIndexOf("."))}.${"A".repeat(86)}`
      assert.isDefined(Readings.find("session", wrong))
      yield* World.refused(World.verify({ ...chain, tokens: [root, wrong] }), "BadSignature")
      const [delegator, binding] = root.signatures
      const swapped = { ...root, signatures: [delegator, { ...binding, signature: delegator.signature }] } as const
      yield* World.refused(World.verify({ ...chain, tokens: [swapped, hop] }), "BadSignature")
    })
  )

  it.effect("decides nothing: a remembered token expires and is revoked like any other", () =>
    Effect.gen(function* () {
      const { chain } = yield* session("judged")
      const { exp, jtis } = yield* World.verify(chain)
      const subject = jtis[0] ?? assert.fail("no token")
      yield* World.refused(World.verify(chain, { now: exp }), "Expired")
      const revocation = { kind: "token", subject, time: World.now, by: World.you, reason: "test" } as const
      yield* World.refused(World.verify(chain, { revocations: [revocation] }), "Revoked")
      yield* World.verify(chain)
    })
  )

  it.effect("shares only what nobody can change", () =>
    Effect.gen(function* () {
      const { chain } = yield* session("frozen")
      const { links } = yield* World.verify(chain)
      assert.isTrue(isDeeplyFrozen(links[0]))
      assert.isTrue(isDeeplyFrozen(links[1]))
    })
  )
})
