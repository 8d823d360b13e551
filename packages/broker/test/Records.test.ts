import * as MemberId from "@bailiwick/core/MemberId"
import { delegationChain, RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Record from "@bailiwick/tokens/Record"
import { assert, describe, it } from "@effect/vitest"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import * as Issue from "../src/Issue.ts"
import * as Records from "../src/Records.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const newcomer = MemberId.AgentId.make("ai:newcomer@acme")

/** The reason of a failure of the store. */
const conflict = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => (error instanceof StoreError ? error.reason : String(error)))

describe("Records", () => {
  it.effect("accepts what an owner signs, with its line and a new generation", () =>
    World.within(
      Effect.gen(function* () {
        const before = yield* World.applyProject({})
        const accepted = yield* World.enrol(newcomer, "newcomer")
        assert.strictEqual(accepted.generation, before.generation + 1)
        const { lines } = yield* TestStore
        const line = lines.at(-1)
        assert.strictEqual(line?.seq, accepted.place)
        assert.deepStrictEqual(line?.actor, { human: World.you })
        assert.deepStrictEqual(line?.detail, { kind: "member", chain: newcomer, seq: 0 })
        const records = yield* (yield* RecordRegistry).all
        assert.strictEqual(records.at(-1)?.hash, line?.subject)
      })
    )
  )

  it.effect("refuses what somebody else than an owner signs, and leaves no line", () =>
    World.within(
      Effect.gen(function* () {
        const before = (yield* TestStore).lines
        yield* World.refused(World.enrol(newcomer, "newcomer", {}, "mate"), "token-refused")
        yield* World.refused(World.enrol(newcomer, "newcomer", {}, "stranger"), "token-refused")
        yield* World.refused(World.applyProject({}, "mate"), "token-refused")
        const delegation = yield* World.delegationRecord(World.claude)
        const jws = yield* Record.sign({ kind: "delegation", payload: delegation, seed: World.seed("mate") })
        yield* World.refused(Records.accept("delegation", jws), "token-refused")
        assert.deepStrictEqual((yield* TestStore).lines, before)
        yield* World.enrol(newcomer, "newcomer")
      })
    )
  )

  it.effect("refuses a gap, and a place that is taken as somebody else's who came first", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.refused(World.enrol(World.claude, "claude", { seq: 2 }), "token-refused")
        assert.strictEqual(yield* conflict(World.enrol(World.claude, "claude", { seq: 0 })), "Conflict")
        const payload = {
          ...(yield* World.memberRecord(newcomer, "newcomer")),
          ...(yield* Records.next("member", newcomer))
        }
        const jws = yield* Record.sign({ kind: "member", payload, seed: World.seed("you") })
        yield* Records.accept("member", jws)
        const before = (yield* World.logged).length
        assert.strictEqual(yield* conflict(Records.accept("member", jws)), "Conflict")
        assert.strictEqual((yield* World.logged).length, before)
      })
    )
  )

  it.effect("refuses a key that belongs to another member or is a verifier", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.refused(World.enrol(newcomer, "mate"), "token-refused")
        const { verifier } = yield* World.delegationRecord(World.claude)
        yield* World.refused(World.enrol(newcomer, "newcomer", { jwk: verifier }), "token-refused")
      })
    )
  )

  it.effect("refuses a key that the store has bound to another owner, even if no record shows it", () =>
    World.within(
      Effect.gen(function* () {
        const { kid } = yield* World.keyOf("newcomer")
        assert.isTrue(yield* (yield* RecordRegistry).claimKey(kid, "somebody else"))
        yield* World.refused(World.enrol(newcomer, "newcomer"), "token-refused")
      })
    )
  )

  it.effect("never leaves the project without an owner", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.refused(World.enrol(World.you, "you", { revoked_at: World.start }), "token-refused")
        yield* World.refused(World.applyProject({ owners: [(yield* World.keyOf("stranger")).kid] }), "token-refused")
      })
    )
  )

  it.effect("tells the next signer seq, predecessor, head and a time not before the last", () =>
    World.within(
      Effect.gen(function* () {
        assert.strictEqual((yield* Records.next("member", newcomer)).seq, 0)
        const relation = delegationChain(World.you, World.claude)
        yield* TestClock.adjust("1 hour")
        const next = yield* Records.next("delegation", relation)
        const all = yield* (yield* RecordRegistry).all
        const last = all.find(({ chain }) => chain === relation)
        assert.strictEqual(next.seq, 1)
        assert.strictEqual(next.prev, last?.hash)
        assert.strictEqual(next.iat, World.start + 3600)
        assert.strictEqual(next.log.size, (yield* TestStore).lines.length)
      })
    )
  )

  it.effect("ends everything beneath a rotated delegation, and nothing beside it", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { above, caller, proof } = yield* World.subAgentSession
        const other = yield* World.agentSession({
          name: "other",
          session: "other session",
          agent: World.other,
          holder: "other"
        })
        const mine = yield* Issue.issue({ caller: above.caller, request: World.request() })
        const beneath = yield* Issue.issue({ caller, request: World.request() })
        const beside = yield* Issue.issue({ caller: other.caller, request: World.request() })
        const { ended } = yield* World.delegateTo(World.claude, { salt: "rotated" })
        assert.sameMembers([...ended.sessions], [above.proof.session, proof.session])
        assert.sameMembers(
          ended.credentials.map(({ id }) => id),
          [mine.session.id, beneath.session.id]
        )
        assert.sameMembers(cloud.revoked, [mine.session.id, beneath.session.id])
        yield* World.refused(Authenticate.authenticate(proof), "session-unusable")
        const held = yield* Issue.renew({ caller: other.caller, session: beside.session.id })
        assert.strictEqual(held.session.status, "active")
      })
    )
  )

  it.effect("ends an agent's and a person's sessions with their member record, and a new auditor's", () =>
    World.within(
      Effect.gen(function* () {
        const agent = yield* World.agentSession()
        const revoked = yield* World.enrol(World.claude, "claude", { revoked_at: World.start })
        assert.deepStrictEqual(revoked.ended.sessions, [agent.proof.session])
        const person = yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })
        const demoted = yield* World.enrol(World.mate, "mate", { role: "auditor" })
        assert.deepStrictEqual(demoted.ended.sessions, [person.proof.session])
      })
    )
  )

  it.effect("ends nothing for a delegation that only says the same again, or a revocation still to come", () =>
    World.within(
      Effect.gen(function* () {
        const { proof } = yield* World.agentSession()
        assert.isEmpty((yield* World.delegateTo(World.claude)).ended.sessions)
        const revokedAt = UnixTime.plus(World.start, 60)
        assert.isEmpty((yield* World.enrol(World.claude, "claude", { revoked_at: revokedAt })).ended.sessions)
        yield* Authenticate.authenticate(proof)
        yield* TestClock.adjust("1 minute")
        yield* World.refused(Authenticate.authenticate(proof), "token-refused")
      })
    )
  )
})
