import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as Login from "../src/Login.ts"
import * as Revoke from "../src/Revoke.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

describe("Login", () => {
  it.effect("opens a person's session, and its terminal grant with it", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.sessionToken({ grant: World.scopes("read") })
        const opened = yield* Login.open(token)
        assert.strictEqual(opened.expires, World.start + 12 * 3600)
        assert.deepStrictEqual((yield* World.logged).slice(-2), ["token.redeemed", "session.opened"])
        const caller = yield* Authenticate.authenticate({
          session: opened.session,
          seed: World.seed("login"),
          binding: World.terminal
        })
        assert.deepStrictEqual(caller.chain?.grant.policy, World.scopes("read"))
      })
    )
  )

  it.effect("changes nothing when the same session is opened again", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.sessionToken({ grant: World.scopes("read") })
        const first = yield* Login.open(token)
        const before = yield* World.logged
        assert.deepStrictEqual(yield* Login.open(token), { ...first, repeated: true })
        assert.deepStrictEqual(yield* World.logged, before)
      })
    )
  )

  it.effect("refuses a session that was closed, and another one under its key", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.sessionToken()
        yield* Login.open(token)
        yield* TestClock.adjust("1 second")
        yield* World.refused(Effect.flatMap(World.sessionToken(), Login.open), "session-unusable")
        const { caller } = yield* World.login({ session: "other login" })
        yield* Login.close(caller)
        yield* World.refused(Effect.flatMap(World.sessionToken({ session: "other login" }), Login.open), "revoked")
      })
    )
  )

  it.effect("refuses a signature by another key, a stranger, a changed claim and a dead session", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.refused(Effect.flatMap(World.sessionToken({ identity: "mate" }), Login.open), "token-refused")
        const token = yield* World.sessionToken()
        const longer = { ...token, claims: { ...token.claims, tty: "/dev/pts/4" } }
        yield* World.refused(Login.open(longer), "token-refused")
        yield* TestClock.adjust("12 hours")
        yield* World.refused(Login.open(token), "expired")
      })
    )
  )

  it.effect("refuses a login of the very second in which everything of the person was revoked", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.login()
        yield* Revoke.revoke({ caller, subject: Revoke.mine(caller) })
        yield* World.refused(Effect.flatMap(World.sessionToken({ session: "again" }), Login.open), "revoked")
        yield* TestClock.adjust("1 second")
        yield* Login.open(yield* World.sessionToken({ session: "later login" }))
      })
    )
  )

  it.effect("holds a session to the project's lifetime", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.applyProject({ ttl: { human_session: 3600 } })
        const token = yield* World.sessionToken({ seconds: 3601 })
        yield* World.refused(Login.open(token), "denied")
        yield* Login.open(yield* World.sessionToken({ seconds: 3600, session: "short login" }))
      })
    )
  )

  it.effect("refuses a terminal grant that was redeemed by another session", () =>
    World.within(
      Effect.gen(function* () {
        const token = yield* World.sessionToken({ grant: World.scopes("read") })
        yield* Login.open(token)
        // The same grant, by a second session hop on it: the human signs a second session around it.
        const grant = { name: "terminal login", agent: World.you, holder: "terminal login" }
        const chain = yield* World.hop(yield* World.root(grant), "second", "terminal login")
        const second = yield* World.sessionToken({ session: "second", delegation: chain })
        yield* World.refused(Login.open(second), "already-redeemed")
        const line = (yield* TestStore).lines.at(-1)
        assert.strictEqual(line?.type, "login.refused")
        assert.deepStrictEqual(line?.detail, { code: "already-redeemed", claimed: { human: World.you } })
      })
    )
  )

  it.effect("ends a session in good order, with everything beneath it", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { above, caller, proof } = yield* World.subAgentSession
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        const ended = yield* Login.close(above.caller)
        assert.sameMembers([...ended.sessions], [above.proof.session, proof.session])
        assert.deepStrictEqual(cloud.revoked, [session.id])
        const kept = Option.getOrThrow(yield* (yield* CredentialSessionStore).find(session.id))
        assert.strictEqual(kept.status, "completed")
        assert.include(yield* World.logged, "session.closed")
        yield* World.refused(Login.close(above.caller), "session-unusable")
      })
    )
  )
})
