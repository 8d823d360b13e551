import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as Login from "../src/Login.ts"
import * as Revoke from "../src/Revoke.ts"
import * as World from "./support/World.ts"

describe("Authenticate", () => {
  it.effect("takes an agent from its chain alone", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        assert.strictEqual(caller.kind, "agent")
        assert.strictEqual(caller.agent, World.claude)
        assert.strictEqual(caller.human, World.you)
        assert.strictEqual(caller.standing, "agent")
        assert.deepStrictEqual(caller.chain?.grant.policy, World.scopes("read", "write"))
      })
    )
  )

  it.effect("refuses a seed that does not give the session's key", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        yield* World.refused(Authenticate.authenticate({ ...proof, seed: World.seed("another") }), "session-unusable")
        // The holder's key redeemed the token, and is not the session's.
        yield* World.refused(Authenticate.authenticate({ ...proof, seed: World.seed("claude") }), "session-unusable")
      })
    )
  )

  it.effect("refuses a session that this store does not know", () =>
    World.within(
      World.refused(
        Authenticate.authenticate({ session: StorageId.make("0".repeat(24)), seed: World.seed("session") }),
        "session-unusable"
      )
    )
  )

  it.effect("ends with the chain, to the second", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        yield* TestClock.adjust("28799 seconds")
        yield* Authenticate.authenticate(proof)
        yield* TestClock.adjust("1 second")
        yield* World.refused(Authenticate.authenticate(proof), "expired")
      })
    )
  )

  it.effect("never makes an agent its human, nor a human's session an agent", () =>
    World.within(
      Effect.gen(function* () {
        const agent = yield* World.agentSession()
        const person = yield* World.login()
        yield* World.refused(Authenticate.authenticate({ ...person.proof, seed: agent.proof.seed }), "session-unusable")
        yield* World.refused(Authenticate.authenticate({ ...agent.proof, seed: person.proof.seed }), "session-unusable")
      })
    )
  )

  it.effect("keeps a person's session to its own terminal", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.login()
        const elsewhere = Sha256.make(World.jti("elsewhere").padEnd(43, "A"))
        yield* World.refused(Authenticate.authenticate({ ...proof, binding: elsewhere }), "session-unusable")
        yield* World.refused(
          Authenticate.authenticate({ session: proof.session, seed: proof.seed }),
          "session-unusable"
        )
        yield* Authenticate.authenticate(proof)
      })
    )
  )

  it.effect("lets a person's session idle out, and every use put that off", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.login()
        yield* TestClock.adjust("59 minutes")
        yield* Authenticate.authenticate(proof)
        yield* TestClock.adjust("59 minutes")
        yield* Authenticate.authenticate(proof)
        yield* TestClock.adjust("60 minutes")
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
      })
    )
  )

  it.effect("tells owners, members and auditors apart", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.login()
        assert.strictEqual(caller.standing, "owner")
        const member = yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })
        assert.strictEqual(member.caller.standing, "member")
        yield* World.enrol(World.mate, "mate", { role: "auditor" })
        yield* TestClock.adjust("1 second")
        const auditor = yield* World.login({ human: World.mate, identity: "mate", session: "auditor login" })
        assert.strictEqual(auditor.caller.standing, "auditor")
      })
    )
  )

  it.effect("refuses a person whose member record was revoked, and one whose key was replaced", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })
        yield* World.enrol(World.mate, "new mate")
        yield* World.refused(Authenticate.authenticate(proof), "token-refused")
        const renewed = yield* World.login({ human: World.mate, identity: "new mate", session: "new login" })
        yield* World.enrol(World.mate, "new mate", { revoked_at: World.start })
        yield* World.refused(Authenticate.authenticate(renewed.proof), "session-unusable")
        yield* World.refused(
          World.login({ human: World.mate, identity: "new mate", session: "newer login" }),
          "token-refused"
        )
      })
    )
  )

  it.effect("judges by the highest time seen when the clock is set back", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        yield* TestClock.adjust("9 hours")
        yield* World.agentSession({ name: "later", session: "later session" })
        yield* TestClock.setTime(World.start * 1000)
        yield* World.refused(Authenticate.authenticate(proof), "expired")
      })
    )
  )

  it.effect("leaves a person what needs no grant when the grant is over, and says why nothing is issued", () =>
    World.within(
      Effect.gen(function* () {
        const { proof, caller } = yield* World.login({ grant: World.scopes("read") })
        yield* Issue.issue({ caller, request: World.request() })
        // The grant lasts 8 hours, the session 12; every use keeps it from idling out.
        yield* Effect.repeat(Effect.andThen(TestClock.adjust("50 minutes"), Authenticate.authenticate(proof)), {
          times: 9
        })
        const later = yield* Authenticate.authenticate(proof)
        assert.isUndefined(later.chain)
        yield* World.refused(Issue.issue({ caller: later, request: World.request() }), "expired")
        yield* Revoke.revoke({ caller: later, subject: Revoke.mine(later) })
      })
    )
  )

  it.effect("finds out anew when something was revoked after the caller was found", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* Issue.issue({ caller, request: World.request() })
        yield* World.delegateTo(World.claude, { ended: true })
        yield* World.refused(Issue.issue({ caller, request: World.request() }), "session-unusable")
      })
    )
  )

  it.effect("refuses a stored chain that was swapped for a person's session", () =>
    World.within(
      Effect.gen(function* () {
        const sessions = yield* AuthSessionStore
        const { chain } = yield* World.agentSession()
        const id = StorageId.make("1".repeat(24))
        yield* sessions.save({
          id,
          kind: "human",
          human: World.you,
          proof: JSON.stringify(chain),
          lineage: [],
          created: World.start,
          expires: World.start,
          used: World.start,
          status: "active"
        })
        yield* World.refused(
          Authenticate.authenticate({ session: id, seed: World.seed("session"), binding: World.terminal }),
          "token-refused"
        )
      })
    )
  )

  it.effect("gives a closed session no second life", () =>
    World.within(
      Effect.gen(function* () {
        const { caller, proof } = yield* World.login()
        yield* Login.close(caller)
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        const kept = yield* (yield* AuthSessionStore).find(proof.session)
        assert.strictEqual(Option.getOrThrow(kept).status, "closed")
      })
    )
  )
})
