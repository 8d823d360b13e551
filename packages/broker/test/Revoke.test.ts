import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as MemberId from "@bailiwick/core/MemberId"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import { RevocationList } from "@bailiwick/core/ports/RevocationList"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import type * as BrokerError from "../src/BrokerError.ts"
import * as Issue from "../src/Issue.ts"
import * as Redeem from "../src/Redeem.ts"
import * as Revoke from "../src/Revoke.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

/** Claude with a sub-agent beneath, a credential session each, and who may look on. */
const scene = Effect.gen(function* () {
  const { above, caller: sub, proof: subProof } = yield* World.subAgentSession
  const owner = yield* World.login()
  const mate = yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })
  return {
    claude: above.caller,
    claudeProof: above.proof,
    sub,
    subProof,
    owner: owner.caller,
    mate: mate.caller,
    ofClaude: (yield* Issue.issue({ caller: above.caller, request: World.request() })).session,
    ofSub: (yield* Issue.issue({ caller: sub, request: World.request() })).session
  }
})

/** The record of a credential session as it stands. */
const recorded = Effect.fnUntraced(function* (id: CredentialSessionId) {
  return Option.getOrThrow(yield* (yield* CredentialSessionStore).find(id))
})

describe("Revoke", () => {
  it.effect("ends a session with its sub-agents and all their credentials, and says how at the cloud", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, claudeProof, subProof, ofClaude, ofSub } = yield* scene
        const ended = yield* Revoke.revoke({
          caller: owner,
          subject: { kind: "session", session: claudeProof.session },
          reason: "done"
        })
        assert.sameMembers([...ended.sessions], [claudeProof.session, subProof.session])
        assert.sameMembers(
          ended.credentials.map(({ id }) => id),
          [ofClaude.id, ofSub.id]
        )
        assert.deepStrictEqual(
          ended.credentials.map((one) => [one.ended, one.how, one.worst]),
          [
            [true, "it is not renewed", 60],
            [true, "it is not renewed", 60]
          ]
        )
        const { lines } = yield* TestStore
        const line = lines.find(({ type }) => type === "revoked")
        assert.deepStrictEqual(line?.detail, { kind: "session", reason: "done", sessions: 2, credentials: 2 })
        assert.strictEqual(line?.actor.human, World.you)
        yield* World.refused(Authenticate.authenticate(subProof), "session-unusable")
      })
    )
  )

  it.effect("ends one credential session and leaves its auth session", () =>
    World.within(
      Effect.gen(function* () {
        const { claude, claudeProof, ofClaude, ofSub } = yield* scene
        const ended = yield* Revoke.revoke({
          caller: claude,
          subject: { kind: "credential-session", credential: ofClaude.id }
        })
        assert.deepStrictEqual(
          ended.credentials.map(({ id }) => id),
          [ofClaude.id]
        )
        assert.isEmpty(ended.sessions)
        const caller = yield* Authenticate.authenticate(claudeProof)
        const fresh = yield* Issue.issue({ caller, request: World.request() })
        assert.notInclude([ofClaude.id, ofSub.id], fresh.session.id)
      })
    )
  )

  it.effect("ends by token, delegation, agent and human alike", () =>
    Effect.forEach(
      [
        { kind: "token", jti: World.jti("root") },
        { kind: "delegation", human: World.you, agent: World.claude },
        { kind: "agent", agent: World.claude }
      ] satisfies ReadonlyArray<Revoke.Subject>,
      (subject) =>
        World.within(
          Effect.gen(function* () {
            const { owner, claudeProof, subProof } = yield* scene
            const ended = yield* Revoke.revoke({ caller: owner, subject })
            assert.sameMembers([...ended.sessions], [claudeProof.session, subProof.session])
            assert.strictEqual(ended.credentials.length, 2)
          })
        )
    )
  )

  it.effect("does not spare a session whose proof is damaged", () =>
    World.within(
      Effect.gen(function* () {
        const { owner } = yield* scene
        const damaged = StorageId.make("d".repeat(24))
        yield* (yield* AuthSessionStore).save({
          id: damaged,
          kind: "agent",
          human: World.you,
          agent: World.claude,
          proof: "not what was written",
          lineage: [],
          created: World.start,
          expires: World.ahead,
          used: World.start,
          status: "active"
        })
        const ended = yield* Revoke.revoke({ caller: owner, subject: { kind: "agent", agent: World.claude } })
        assert.include(ended.sessions, damaged)
      })
    )
  )

  it.effect("ends all of one's own, the session that asks included", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, claude, mate } = yield* scene
        const ended = yield* Revoke.revoke({ caller: owner, subject: Revoke.mine(owner) })
        assert.strictEqual(ended.sessions.length, 3)
        yield* World.refused(Issue.issue({ caller: claude, request: World.request() }), "session-unusable")
        yield* World.refused(Revoke.revoke({ caller: owner, subject: Revoke.mine(owner) }), "session-unusable")
        yield* Revoke.revoke({ caller: mate, subject: Revoke.mine(mate) })
      })
    )
  )

  it.effect("lets everything of a later second live, and what was signed before it die unredeemed", () =>
    World.within(
      Effect.gen(function* () {
        const { owner } = yield* scene
        const early = yield* World.hop(yield* World.root({ name: "early" }), "early session")
        yield* Revoke.revoke({ caller: owner, subject: { kind: "agent", agent: World.claude } })
        yield* TestClock.adjust("1 second")
        yield* World.refused(Redeem.redeem({ chain: early }), "revoked")
        yield* World.agentSession({ name: "later", session: "later session" })
      })
    )
  )

  it.effect("reports the remaining life when the cloud fails, and the session is ended all the same", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { owner, ofSub, subProof, sub } = yield* scene
        cloud.refuses = World.outage
        yield* TestClock.adjust("100 seconds")
        const ended = yield* Revoke.revoke({ caller: owner, subject: { kind: "session", session: subProof.session } })
        assert.deepStrictEqual(
          ended.credentials.map((one) => [one.id, one.ended, one.worst]),
          [[ofSub.id, false, 800]]
        )
        assert.include(ended.credentials[0]?.how, "did not answer")
        assert.strictEqual(ended.credentials[0]?.hint, "try again")
        const { lines } = yield* TestStore
        const how = ended.credentials[0]?.how ?? assert.fail("nothing was told")
        const until = ofSub.expires_at
        assert.strictEqual(lines.at(-1)?.type, "credentials.ended")
        assert.strictEqual(lines.at(-1)?.outcome, "failed")
        assert.deepStrictEqual(lines.at(-1)?.detail, {
          provider: "oidc",
          ended: false,
          how,
          worst: 800,
          until
        })
        const { cloud_end } = yield* recorded(ofSub.id)
        assert.deepStrictEqual(cloud_end, {
          time: UnixTime.plus(World.start, 100),
          ended: false,
          how,
          until
        })
        yield* World.refused(Issue.renew({ caller: sub, session: ofSub.id }), "session-unusable")
      })
    )
  )

  it.effect("says the same the second time, and asks no cloud again", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { owner, claudeProof, ofClaude, ofSub } = yield* scene
        const subject = { kind: "session", session: claudeProof.session } as const
        const first = yield* Revoke.revoke({ caller: owner, subject })
        assert.deepStrictEqual(cloud.revoked.toSorted(), [ofClaude.id, ofSub.id].toSorted())
        yield* TestClock.adjust("20 seconds")
        const again = yield* Revoke.revoke({ caller: owner, subject })
        assert.isEmpty(again.sessions)
        assert.sameDeepMembers(
          [...again.credentials],
          first.credentials.map((end) => ({ ...end, worst: 40 }))
        )
        yield* TestClock.adjust("40 seconds")
        assert.deepStrictEqual(yield* Revoke.revoke({ caller: owner, subject }), { sessions: [], credentials: [] })
        assert.lengthOf(cloud.revoked, 2)
        assert.strictEqual((yield* (yield* RevocationList).live).length, 1)
      })
    )
  )

  it.effect("tells a cloud again that failed, for as long as the credentials may be alive", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { owner, ofClaude } = yield* scene
        const subject = { kind: "credential-session", credential: ofClaude.id } as const
        const revoke = Effect.map(Revoke.revoke({ caller: owner, subject }), ({ credentials }) =>
          credentials.map(({ ended, id }) => [id, ended])
        )
        cloud.refuses = World.outage
        assert.deepStrictEqual(yield* revoke, [[ofClaude.id, false]])
        assert.deepStrictEqual(yield* revoke, [[ofClaude.id, false]])
        cloud.refuses = undefined
        assert.deepStrictEqual(yield* revoke, [[ofClaude.id, true]])
        assert.deepStrictEqual(cloud.revoked, [ofClaude.id])
        assert.strictEqual((yield* recorded(ofClaude.id)).cloud_end?.ended, true)
        assert.deepStrictEqual(yield* revoke, [[ofClaude.id, true]])
        assert.deepStrictEqual(cloud.revoked, [ofClaude.id])
        yield* TestClock.adjust("900 seconds")
        assert.deepStrictEqual(yield* revoke, [])
      })
    )
  )

  it.effect("tells a cloud again that could only wait, and one that a killed process never told", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { owner, ofClaude, ofSub } = yield* scene
        cloud.ends = false
        const credential = (credential: CredentialSessionId) =>
          Revoke.revoke({ caller: owner, subject: { kind: "credential-session", credential } })
        assert.deepStrictEqual(
          (yield* credential(ofClaude.id)).credentials.map(({ ended, until }) => [ended, until]),
          [[false, UnixTime.plus(World.start, 60)]]
        )
        const store = yield* CredentialSessionStore
        yield* store.update({ ...ofSub, status: "revoked" })
        cloud.ends = true
        for (const { id } of [ofClaude, ofSub]) {
          assert.deepStrictEqual(
            (yield* credential(id)).credentials.map(({ ended }) => ended),
            [true]
          )
        }
        assert.deepStrictEqual(cloud.revoked, [ofClaude.id, ofClaude.id, ofSub.id])
      })
    )
  )

  it.effect("answers a stranger's id as an unknown one", () =>
    World.within(
      Effect.gen(function* () {
        const { mate, claudeProof, ofClaude } = yield* scene
        const nobody = MemberId.AgentId.make("ai:nobody@acme")
        const pairs: ReadonlyArray<readonly [BrokerError.Code, foreign: Revoke.Subject, nowhere: Revoke.Subject]> = [
          [
            "unknown-session",
            { kind: "session", session: claudeProof.session },
            { kind: "session", session: StorageId.make("0".repeat(24)) }
          ],
          [
            "unknown-session",
            { kind: "credential-session", credential: ofClaude.id },
            { kind: "credential-session", credential: CredentialSessionId.make("00000000-0000-4000-8000-000000000000") }
          ],
          ["unknown-token", { kind: "token", jti: World.jti("root") }, { kind: "token", jti: World.jti("nowhere") }],
          [
            "unknown-delegation",
            { kind: "delegation", human: World.you, agent: World.claude },
            { kind: "delegation", human: World.you, agent: nobody }
          ]
        ]
        for (const [code, foreign, nowhere] of pairs) {
          const hidden = yield* World.refused(Revoke.revoke({ caller: mate, subject: foreign }), code)
          const absent = yield* World.refused(Revoke.revoke({ caller: mate, subject: nowhere }), code)
          assert.strictEqual(hidden.hint, absent.hint)
        }
        assert.notInclude(yield* World.logged, "revoked")
      })
    )
  )

  it.effect("lets a member end only their own, and an owner everything", () =>
    World.within(
      Effect.gen(function* () {
        const { mate, owner } = yield* scene
        const theirs: ReadonlyArray<Revoke.Subject> = [
          { kind: "human", human: World.you },
          { kind: "agent", agent: World.claude }
        ]
        for (const subject of theirs) {
          yield* World.refused(Revoke.revoke({ caller: mate, subject }), "not-permitted")
        }
        yield* World.refused(
          Revoke.revoke({
            caller: owner,
            subject: { kind: "human", human: MemberId.HumanId.make("nobody@example.com") }
          }),
          "unknown-member"
        )
        yield* Revoke.revoke({ caller: owner, subject: { kind: "human", human: World.mate } })
        yield* World.refused(Revoke.revoke({ caller: mate, subject: Revoke.mine(mate) }), "session-unusable")
      })
    )
  )

  it.effect("lets an agent end itself and what it granted, and nothing above or beside it", () =>
    World.within(
      Effect.gen(function* () {
        const { claude, claudeProof, sub, subProof, ofClaude } = yield* scene
        const above: ReadonlyArray<readonly [Revoke.Subject, "unknown-session" | "unknown-token"]> = [
          [{ kind: "session", session: claudeProof.session }, "unknown-session"],
          [{ kind: "credential-session", credential: ofClaude.id }, "unknown-session"],
          [{ kind: "token", jti: World.jti("grant") }, "unknown-token"],
          [{ kind: "token", jti: World.jti("root") }, "unknown-token"]
        ]
        for (const [subject, code] of above) {
          yield* World.refused(Revoke.revoke({ caller: sub, subject }), code)
        }
        yield* World.refused(
          Revoke.revoke({ caller: sub, subject: { kind: "human", human: World.you } }),
          "not-permitted"
        )
        yield* World.refused(
          Revoke.revoke({ caller: claude, subject: { kind: "delegation", human: World.you, agent: World.claude } }),
          "unknown-delegation"
        )
        const ended = yield* Revoke.revoke({ caller: claude, subject: { kind: "token", jti: World.jti("grant") } })
        assert.deepStrictEqual(ended.sessions, [subProof.session])
        yield* Revoke.revoke({ caller: claude, subject: Revoke.mine(claude) })
        yield* World.refused(Authenticate.authenticate(claudeProof), "session-unusable")
      })
    )
  )

  it.effect("lets an auditor change nothing", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.enrol(World.mate, "mate", { role: "auditor" })
        yield* TestClock.adjust("1 second")
        const { mate, claudeProof } = yield* scene
        assert.strictEqual(mate.standing, "auditor")
        const subjects: ReadonlyArray<Revoke.Subject> = [
          { kind: "session", session: claudeProof.session },
          { kind: "agent", agent: World.claude },
          Revoke.mine(mate)
        ]
        for (const subject of subjects) {
          yield* World.refused(Revoke.revoke({ caller: mate, subject }), "not-permitted")
        }
      })
    )
  )

  it.effect("ends a token that nobody has redeemed, shown by whoever signed it", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, mate, claude, sub } = yield* scene
        const chain = yield* World.root({ name: "waiting" })
        yield* World.refused(
          Revoke.revoke({ caller: owner, subject: { kind: "token", jti: World.jti("waiting") } }),
          "unknown-token"
        )
        for (const caller of [mate, claude, sub]) {
          yield* World.refused(Revoke.unredeemed({ caller, chain }), "unknown-token")
        }
        yield* Revoke.unredeemed({ caller: owner, chain })
        yield* World.refused(Redeem.redeem({ chain: yield* World.hop(chain, "waiting session") }), "revoked")
      })
    )
  )

  it.effect("lets an agent end a grant of its own that nobody has redeemed", () =>
    World.within(
      Effect.gen(function* () {
        const above = yield* World.agentSession()
        const chain = yield* World.grant(above.chain)
        yield* Revoke.unredeemed({ caller: above.caller, chain })
        yield* World.refused(Redeem.redeem({ chain: yield* World.hop(chain, "sub session", "tests") }), "revoked")
      })
    )
  )
})
