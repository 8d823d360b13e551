import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import type * as SessionHop from "@bailiwick/tokens/SessionHop"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "./World.ts"

const { now } = World

layer(World.TestLayer)("SessionHop.sign", (it) => {
  it.effect("takes over what the grant gives, or less", () =>
    Effect.gen(function* () {
      const root = yield* World.root()
      const whole = yield* World.verify(yield* World.redeem(root))
      assert.deepStrictEqual(whole.grant.policy, World.policy)
      assert.strictEqual(whole.exp, whole.tokens[0]?.exp)
      const narrower = { policy: World.narrowPolicy, accept_unenforced: [], max_depth: 0 }
      const less = yield* World.verify(yield* World.redeem(root, { edits: { narrower } }))
      assert.deepStrictEqual(less.grant, { ...whole.grant, ...narrower })
    })
  )

  it.effect("ends with the longest session that the project allows, if that comes first", () =>
    Effect.gen(function* () {
      const project = { ...(yield* World.projectRecord), ttl: { session: 600 } }
      const chain = yield* World.redeem(yield* World.root(), { edits: { project } })
      assert.strictEqual<number | undefined>((yield* Chain.read(chain))[1]?.token.exp, now + 600)
      const edits = { project, exp: UnixTime.plus(now, 601) }
      yield* World.refused(World.redeem(yield* World.root(), { edits }), "LifetimeExceeded")
    })
  )

  it.effect("signs nothing wider, longer, earlier, or bound to a key of the chain", () =>
    Effect.gen(function* () {
      const root = yield* World.root()
      const attempt = (edits: Partial<SessionHop.Options>) => World.redeem(root, { edits })
      yield* World.refused(attempt({ narrower: { policy: World.widePolicy } }), "NotSubset")
      yield* World.refused(attempt({ narrower: { max_depth: 3 } }), "NotSubset")
      yield* World.refused(attempt({ narrower: { accept_unenforced: ["expiry"] } }), "NotSubset")
      yield* World.refused(attempt({ exp: UnixTime.plus(now, 3601) }), "NotSubset")
      yield* World.refused(attempt({ iat: UnixTime.plus(now, -1) }), "NotSubset")
      yield* World.refused(attempt({ iat: UnixTime.plus(now, 3600) }), "Expired")
      yield* World.refused(attempt({ cnf: yield* World.jwkOf("claude") }), "KeyReused")
      yield* World.refused(attempt({ jti: World.jti("root") }), "BrokenChain")
    })
  )

  it.effect("signs with the holder's seed alone, and only behind a root or a grant", () =>
    Effect.gen(function* () {
      const root = yield* World.root()
      yield* World.refused(World.redeem(root, { holder: "stranger" }), "WrongKey")
      const session = yield* World.redeem(root)
      yield* World.refused(World.redeem(session, { holder: "session", session: "next" }), "WrongKind")
    })
  )
})
