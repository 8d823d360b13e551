/** What somebody gets who edits everything that they hold: nothing that they did not have. */
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as GrantHop from "@bailiwick/tokens/GrantHop"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as World from "./World.ts"

const { now } = World

layer(World.TestLayer)("Tampering", (it) => {
  it.effect("no flipped bit anywhere in a chain is accepted", () =>
    Effect.gen(function* () {
      const chain = yield* World.deepChain
      const redemptions = yield* World.redemptionsOf(chain)
      const registry = yield* World.registry
      const text = Chain.encode(chain)
      yield* World.verify(chain, { redemptions, registry })
      for (let bit = 0; bit < text.length * 7; bit += 61) {
        const at = Math.floor(bit / 7)
        const flipped =
          text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7))) + text.slice(at + 1)
        const decoded = Chain.decode(flipped)
        if (Result.isFailure(decoded)) continue
        const exit = yield* Effect.exit(World.verify(decoded.success, { redemptions, registry }))
        assert.strictEqual(exit._tag, "Failure", `character ${at}`)
      }
    })
  )

  // What claude holds: its own key, its session's key, and every byte of its chain.
  const edits = [
    ["its expiry", { exp: now + 7200 }],
    ["its policy", { policy: World.widePolicy }],
    ["its targets", { targets: [{ alias: "prod", provider: "aws", principal: "p" }] }],
    ["its scopes", { scopes: ["auth", "crypt"] }],
    ["its name", { agent: World.other }],
    ["its human", { human: World.mate }],
    ["itself into the person", { agent: World.you }]
  ] as const

  for (const [name, edit] of edits) {
    it.effect(`an agent that edits ${name} in its session and signs it again with its own key is refused`, () =>
      Effect.gen(function* () {
        const chain = yield* World.redeem(yield* World.root())
        const forged = yield* World.forgeLast(chain, edit, World.sessionSigner("claude"))
        yield* Effect.flip(World.verify(forged, { redemptions: [], purpose: "redeem" }))
        yield* World.verify(chain, { redemptions: [], purpose: "redeem" })
      })
    )

    it.effect(`an agent that edits ${name} in its root and signs it again with its own key is refused`, () =>
      Effect.gen(function* () {
        const keys = { delegator: World.seed("claude"), binding: World.seed("claude") }
        const forged = yield* World.forgeRoot((yield* World.root()).tokens, edit, keys)
        yield* Effect.flip(World.verify(forged))
      })
    )
  }

  it.effect("an agent cannot leave out the grant that narrowed it", () =>
    Effect.gen(function* () {
      const {
        tokens: [root, session = "", , testsSession = ""]
      } = yield* World.deepChain
      for (const tokens of [
        [root, testsSession],
        [root, session, testsSession],
        [root, session, session, testsSession]
      ] as const) {
        yield* Effect.flip(World.verify({ v: 1, tokens }, { redemptions: [] }))
      }
    })
  )

  it.effect("an agent cannot hang its session under another, wider root for the same key", () =>
    Effect.gen(function* () {
      const narrow = yield* World.root({ edits: { policy: World.narrowPolicy } })
      const wide = yield* World.root({ name: "wide" })
      const [, session = ""] = (yield* World.redeem(narrow)).tokens
      yield* World.refused(
        World.verify({ v: 1, tokens: [...wide.tokens, session] }, { redemptions: [] }),
        "BrokenChain"
      )
    })
  )

  it.effect("an agent cannot make a grant in another agent's name", () =>
    Effect.gen(function* () {
      const session = yield* World.redeem(yield* World.root())
      const redemptions = yield* World.redemptionsOf(session)
      const honest = yield* World.grant(session)
      const inOthersName = yield* World.forgeLast(
        honest,
        { agent: "ai:other/tests@acme" },
        World.grantSigner("session")
      )
      yield* World.refused(World.verify(inOthersName, { redemptions }), "BrokenChain")
      const toOther = yield* World.forgeLast(honest, { agent: World.other }, World.grantSigner("session"))
      yield* World.refused(World.verify(toOther, { redemptions }), "WrongKey")
    })
  )

  it.effect("a sub-agent cannot grant in the name of its giver, nor sign with a key further up", () =>
    Effect.gen(function* () {
      const chain = yield* World.deepChain
      const up = GrantHop.sign({
        chain,
        session: World.seed("tests session"),
        jti: World.jti("up"),
        agent: World.claude,
        cnf: yield* World.jwkOf("up"),
        iat: now,
        exp: UnixTime.plus(now, 600),
        redeem_by: UnixTime.plus(now, 600)
      })
      yield* World.refused(up, "BrokenChain")
      const forged = yield* World.forgeLast(chain, {}, World.sessionSigner("claude"))
      yield* World.refused(World.verify(forged), "WrongKey")
    })
  )
})
