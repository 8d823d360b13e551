import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as GrantHop from "@bailiwick/tokens/GrantHop"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

const { now } = World

layer(World.TestLayer)("GrantHop.sign", (it) => {
  const attempt = Effect.fnUntraced(function* (edits: Partial<GrantHop.Options>) {
    return yield* World.grant(yield* World.redeem(yield* World.root()), { edits })
  })

  it.effect("gives a sub-agent a part, one step deeper", () =>
    Effect.gen(function* () {
      const chain = yield* World.grant(yield* World.redeem(yield* World.root()))
      const redemptions = yield* World.redemptionsOf(chain)
      const { leaf, kind } = yield* World.verify(chain, { redemptions })
      assert.strictEqual(kind, "grant")
      assert.strictEqual(leaf.depth, 1)
      assert.deepStrictEqual(leaf.policy, World.narrowPolicy)
    })
  )

  it.effect("signs nothing wider, longer or deeper, and nothing that cannot be redeemed", () =>
    Effect.gen(function* () {
      yield* World.refused(attempt({ narrower: { policy: World.widePolicy } }), "NotSubset")
      yield* World.refused(attempt({ narrower: { scopes: ["auth", "crypt"] } }), "NotSubset")
      yield* World.refused(attempt({ narrower: { max_depth: 0 } }), "DepthExceeded")
      yield* World.refused(attempt({ exp: UnixTime.plus(now, 3601) }), "NotSubset")
      yield* World.refused(attempt({ redeem_by: now }), "Malformed")
      yield* World.refused(attempt({ redeem_by: UnixTime.plus(now, 1801) }), "Malformed")
      const flat = yield* World.redeem(yield* World.root({ edits: { max_depth: 0 } }))
      yield* World.refused(World.grant(flat), "DepthExceeded")
      const project = { ...(yield* World.projectRecord), ttl: { redeem_to: 899 } }
      yield* World.refused(attempt({ project }), "LifetimeExceeded")
    })
  )

  it.effect("signs no grant in its own or another's name", () =>
    Effect.gen(function* () {
      yield* World.refused(attempt({ agent: World.claude }), "BrokenChain")
      const stranger = World.claudeTests.replace("claude", "other") as typeof World.claude
      yield* World.refused(attempt({ agent: stranger }), "BrokenChain")
    })
  )

  it.effect("signs with the session's seed alone, and only behind a session", () =>
    Effect.gen(function* () {
      const root = yield* World.root()
      yield* World.refused(World.grant(yield* World.redeem(root), { session: "stranger" }), "WrongKey")
      yield* World.refused(World.grant(root, { session: "claude" }), "WrongKind")
    })
  )
})
