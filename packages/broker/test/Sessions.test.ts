import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as Delegations from "../src/Delegations.ts"
import * as Issue from "../src/Issue.ts"
import * as Login from "../src/Login.ts"
import * as Sessions from "../src/Sessions.ts"
import * as World from "./support/World.ts"

const idsOf = (sessions: ReadonlyArray<{ readonly id: string }>) => sessions.map(({ id }) => id)

const scene = Effect.gen(function* () {
  yield* World.delegateTo(World.other, { by: World.mate, identity: "mate" })
  const { above, caller: sub, proof: subProof } = yield* World.subAgentSession
  const theirs = yield* World.agentSession({
    name: "theirs",
    session: "their session",
    by: World.mate,
    identity: "mate",
    agent: World.other,
    holder: "other"
  })
  const ofClaude = (yield* Issue.issue({ caller: above.caller, request: World.request() })).session
  yield* TestClock.adjust("1 second")
  const ofSub = (yield* Issue.issue({ caller: sub, request: World.request() })).session
  yield* TestClock.adjust("1 second")
  const ofMate = (yield* Issue.issue({ caller: theirs.caller, request: World.request() })).session
  const mate = yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })
  const owner = yield* World.login()
  return {
    claude: above.caller,
    claudeProof: above.proof,
    sub,
    subProof,
    mate: mate.caller,
    owner: owner.caller,
    ofClaude,
    ofSub,
    ofMate
  }
})

describe("Sessions", () => {
  it.effect("shows everybody their own and what lies beneath, and an owner all, newest first", () =>
    World.within(
      Effect.gen(function* () {
        const { claude, sub, mate, owner, ofClaude, ofSub, ofMate } = yield* scene
        assert.deepStrictEqual(idsOf(yield* Sessions.list(sub)), [ofSub.id])
        assert.deepStrictEqual(idsOf(yield* Sessions.list(claude)), [ofSub.id, ofClaude.id])
        assert.deepStrictEqual(idsOf(yield* Sessions.list(mate)), [ofMate.id])
        assert.deepStrictEqual(idsOf(yield* Sessions.list(owner)), [ofMate.id, ofSub.id, ofClaude.id])
        assert.deepStrictEqual(idsOf(yield* Sessions.list(owner, { limit: 1 })), [ofMate.id])
        assert.deepStrictEqual(idsOf(yield* Sessions.list(owner, { status: "revoked" })), [])
      })
    )
  )

  it.effect("shows an auditor everything", () =>
    World.within(
      Effect.gen(function* () {
        const { ofClaude } = yield* scene
        yield* World.enrol(World.mate, "mate", { role: "auditor" })
        yield* TestClock.adjust("1 second")
        const { caller } = yield* World.login({ human: World.mate, identity: "mate", session: "auditor login" })
        assert.strictEqual((yield* Sessions.list(caller)).length, 3)
        assert.deepStrictEqual(yield* Sessions.show(caller, ofClaude.id), ofClaude)
        assert.isAbove((yield* Delegations.list(caller)).length, 3)
      })
    )
  )

  it.effect("answers a stranger's id as an unknown one", () =>
    World.within(
      Effect.gen(function* () {
        const { sub, mate, ofClaude } = yield* scene
        const nowhere = CredentialSessionId.make("00000000-0000-4000-8000-000000000000")
        for (const caller of [sub, mate]) {
          const hidden = yield* World.refused(Sessions.show(caller, ofClaude.id), "unknown-session")
          const absent = yield* World.refused(Sessions.show(caller, nowhere), "unknown-session")
          assert.strictEqual(hidden.message.replace(ofClaude.id, nowhere), absent.message)
        }
        yield* World.refused(Sessions.complete(mate, ofClaude.id), "unknown-session")
      })
    )
  )

  it.effect("lists auth sessions without their proofs", () =>
    World.within(
      Effect.gen(function* () {
        const { claude, claudeProof, subProof, owner } = yield* scene
        const listed = yield* Sessions.auth(claude)
        assert.sameMembers(idsOf(listed), [claudeProof.session, subProof.session])
        assert.notProperty(listed[0], "proof")
        assert.strictEqual((yield* Sessions.auth(owner)).length, 5)
      })
    )
  )

  it.effect("completes a session at the end of its run, at the cloud too", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { claude, sub, ofClaude } = yield* scene
        yield* World.refused(Sessions.complete(sub, ofClaude.id), "unknown-session")
        const ended = yield* Sessions.complete(claude, ofClaude.id)
        assert.deepStrictEqual(idsOf(ended.credentials), [ofClaude.id])
        assert.strictEqual((yield* Sessions.show(claude, ofClaude.id)).status, "completed")
        assert.deepStrictEqual(cloud.revoked, [ofClaude.id])
        yield* World.refused(Issue.renew({ caller: claude, session: ofClaude.id }), "ended")
      })
    )
  )

  it.effect("shows nothing to a caller that has ended", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.login()
        yield* Login.close(caller)
        yield* World.refused(Sessions.list(caller), "session-unusable")
        yield* World.refused(Delegations.list(caller), "session-unusable")
      })
    )
  )
})

describe("Delegations", () => {
  it.effect("shows a person their own, an owner all, and an agent those that it acts under", () =>
    World.within(
      Effect.gen(function* () {
        const { claude, mate, owner } = yield* scene
        const pairs = (listed: ReadonlyArray<Delegations.Delegation>) =>
          listed.map(({ record, sessions }) => [record.human, record.agent, sessions])
        assert.deepStrictEqual(pairs(yield* Delegations.list(claude)), [[World.you, World.claude, 2]])
        assert.deepStrictEqual(pairs(yield* Delegations.list(mate)), [[World.mate, World.other, 1]])
        assert.deepStrictEqual(pairs(yield* Delegations.list(owner)), [
          [World.you, World.claude, 2],
          [World.you, World.other, 0],
          [World.you, World.you, 0],
          [World.mate, World.other, 1]
        ])
      })
    )
  )
})
