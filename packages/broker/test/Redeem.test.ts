import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { RedemptionLedger } from "@bailiwick/core/ports/RedemptionLedger"
import { Sha256 } from "@bailiwick/core/Sha256"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Login from "../src/Login.ts"
import * as Redeem from "../src/Redeem.ts"
import * as Revoke from "../src/Revoke.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

describe("Redeem", () => {
  it.effect("opens a session, and writes who redeemed what", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        const redeemed = yield* Redeem.redeem({ chain })
        assert.strictEqual(redeemed.agent, World.claude)
        assert.isFalse(redeemed.repeated)
        const { lines } = yield* TestStore
        const line = lines.at(-1)
        assert.strictEqual(line?.type, "token.redeemed")
        assert.strictEqual(line?.subject, World.jti("root"))
        assert.strictEqual(line?.actor.session, redeemed.session)
      })
    )
  )

  it.effect("gives the same hop the same answer, even after redeem_by", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        const first = yield* Redeem.redeem({ chain })
        yield* TestClock.adjust("20 minutes")
        const again = yield* Redeem.redeem({ chain })
        assert.deepStrictEqual(again, { ...first, repeated: true })
        assert.strictEqual((yield* World.logged).filter((type) => type === "token.redeemed").length, 1)
      })
    )
  )

  it.effect("refuses another hop, and tells when and by which session it was redeemed", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.root()
        const first = yield* Redeem.redeem({ chain: yield* World.hop(token, "first") })
        yield* TestClock.adjust("1 second")
        const error = yield* World.refused(
          Redeem.redeem({ chain: yield* World.hop(token, "second") }),
          "already-redeemed"
        )
        assert.include(error.message, first.session)
        assert.include(error.message, "2030-03-17T17:46:40Z")
        const { lines } = yield* TestStore
        const line = lines.at(-1)
        assert.strictEqual(line?.type, "redeem.refused")
        assert.strictEqual(line?.subject, World.jti("root"))
        assert.strictEqual(line?.outcome, "refused")
      })
    )
  )

  it.effect("lets one of fifty at once win, and tells all others who", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.root()
        const chains = yield* Effect.forEach(Array.from({ length: 50 }), (_, index) => World.hop(token, `s${index}`))
        const exits = yield* Effect.forEach(chains, (chain) => Effect.exit(Redeem.redeem({ chain })), {
          concurrency: "unbounded"
        })
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
        assert.strictEqual((yield* World.logged).filter((type) => type === "token.redeemed").length, 1)
        assert.strictEqual((yield* World.logged).filter((type) => type === "redeem.refused").length, 49)
        assert.strictEqual((yield* (yield* AuthSessionStore).list).length, 1)
      })
    )
  )

  it.effect("believes the ledger when another replica was first between the look and the write", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        const theirs = {
          jti: World.jti("root"),
          hop: Sha256.make("A".repeat(43)),
          session: World.nowhere,
          time: World.start,
          place: 9
        }
        const racing = { find: () => Effect.succeedNone, redeem: () => Effect.succeed(theirs) }
        yield* World.refused(
          Effect.provideService(Redeem.redeem({ chain }), RedemptionLedger, racing),
          "already-redeemed"
        )
        assert.isEmpty(yield* (yield* AuthSessionStore).list)
      })
    )
  )

  it.effect("refuses a token after its redeem_by", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        yield* TestClock.adjust("15 minutes")
        yield* World.refused(Redeem.redeem({ chain }), "expired")
      })
    )
  )

  it.effect("refuses a repeat after expiry and after a revoke", () =>
    World.within(
      Effect.gen(function* () {
        const { chain, proof } = yield* World.agentSession()
        const person = yield* World.login()
        yield* Revoke.revoke({ caller: person.caller, subject: { kind: "session", session: proof.session } })
        yield* World.refused(Redeem.redeem({ chain }), "revoked")

        const second = yield* World.agentSession({ name: "second", session: "second session" })
        yield* TestClock.adjust("9 hours")
        yield* World.refused(Redeem.redeem({ chain: second.chain }), "expired")
      })
    )
  )

  it.effect("refuses a token of an agent, a delegation or a person that has been revoked", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        yield* World.delegateTo(World.claude, { salt: "rotated" })
        yield* World.refused(Redeem.redeem({ chain }), "token-refused")

        const fresh = yield* World.hop(yield* World.root({ name: "fresh", salt: "rotated" }), "fresh session")
        yield* World.enrol(World.claude, "claude", { revoked_at: World.start })
        yield* World.refused(Redeem.redeem({ chain: fresh }), "token-refused")
      })
    )
  )

  it.effect("refuses what was changed, cut or signed by another, and changes nothing", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root())
        const [general, hop = ""] = chain.tokens
        const flipped = hop.slice(0, -3) + (hop.at(-3) === "A" ? "B" : "A") + hop.slice(-2)
        yield* World.refused(Redeem.redeem({ chain: { v: 1, tokens: [general, flipped] } }), "token-refused")
        yield* World.refused(Redeem.redeem({ chain: { v: 1, tokens: [general] } }), "bad-request")
        assert.strictEqual((yield* (yield* AuthSessionStore).list).length, 0)
        assert.isFalse((yield* Redeem.redeem({ chain })).repeated)
      })
    )
  )

  it.effect("refuses a token for another store", () =>
    World.within(
      Effect.gen(function* () {
        const aud = (yield* World.keyOf("another store")).kid
        const chain = yield* World.hop(yield* World.root({ edits: { aud } }))
        yield* World.refused(Redeem.redeem({ chain }), "token-refused")
      })
    )
  )

  it.effect("refuses a terminal grant: it acts only inside its human's session", () =>
    World.within(
      Effect.gen(function* () {
        const chain = yield* World.hop(yield* World.root({ agent: World.you }))
        yield* World.refused(Redeem.redeem({ chain }), "bad-request")
      })
    )
  )

  it.effect("refuses a session key that has redeemed another token", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.agentSession()
        const again = yield* World.hop(yield* World.root({ name: "second" }))
        yield* World.refused(Redeem.redeem({ chain: again }), "bad-request")
      })
    )
  )

  it.effect("takes only what was confirmed at a terminal where the project says so", () =>
    World.within(
      Effect.gen(function* () {
        const filed = yield* World.hop(yield* World.root({ edits: { confirmed: "file" } }))
        yield* World.applyProject({ require_terminal: true })
        yield* World.refused(Redeem.redeem({ chain: filed }), "terminal-required")
        yield* Redeem.redeem({ chain: yield* World.hop(yield* World.root({ name: "typed" }), "typed session") })
      })
    )
  )

  it.effect("lets a sub-agent redeem its grant, and none beneath a session that was closed", () =>
    World.within(
      Effect.gen(function* () {
        const above = yield* World.agentSession()
        const granted = yield* World.grant(above.chain)
        const sub = yield* Redeem.redeem({ chain: yield* World.hop(granted, "sub session", "tests") })
        assert.strictEqual(sub.agent, World.tests)

        const later = yield* World.grant(above.chain, { name: "later" })
        yield* Login.close(above.caller)
        const chain = yield* World.hop(later, "late session", "tests")
        yield* World.refused(Redeem.redeem({ chain }), "revoked")
        yield* World.refused(
          Authenticate.authenticate({ session: sub.session, seed: World.seed("sub session") }),
          "session-unusable"
        )
      })
    )
  )

  it.effect("refuses a grant whose own token nobody redeemed above it", () =>
    World.within(
      Effect.gen(function* () {
        const unredeemed = yield* World.hop(yield* World.root())
        const granted = yield* World.grant(unredeemed)
        const chain = yield* World.hop(granted, "sub session", "tests")
        yield* World.refused(Redeem.redeem({ chain }), "token-refused")
      })
    )
  )
})
