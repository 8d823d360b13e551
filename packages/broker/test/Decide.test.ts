import type * as Authority from "@bailiwick/core/Authority"
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { AuthorityView } from "../src/AuthorityView.ts"
import type * as BrokerError from "../src/BrokerError.ts"
import * as Decide from "../src/Decide.ts"
import * as Issue from "../src/Issue.ts"
import * as World from "./support/World.ts"

/** Decides for a caller as things stand. */
const decide = Effect.fnUntraced(function* (subject: Decide.Subject, request: Partial<Decide.Request>) {
  const { registry } = yield* (yield* AuthorityView).current
  const now = yield* UnixTime.now
  return yield* Effect.fromResult(
    Decide.decide({ subject, project: registry.now(now), request: World.request(request), now })
  )
})

const excessOf = ({ reason }: BrokerError.BrokerError) => (reason._tag === "Denied" ? reason.excess : [])

const denials = (...actions: ReadonlyArray<string>): Policy.Deny => World.scopes(...actions).statements

describe("Decide", () => {
  it.effect("gives what was asked for when it lies inside everything", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const decision = yield* decide(caller, { ttl: 300 })
        assert.deepStrictEqual(decision.policy, World.scopes("read"))
        assert.strictEqual(decision.ttl, 300)
        assert.strictEqual(decision.not_after, caller.expires)
        assert.isEmpty(decision.narrowed)
      })
    )
  )

  it.effect("asks for all that the chain holds when no policy is named", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const { policy: _, ...request } = World.request()
        const { registry } = yield* (yield* AuthorityView).current
        const now = yield* UnixTime.now
        const decision = yield* Effect.fromResult(
          Decide.decide({ subject: caller, project: registry.now(now), request, now })
        )
        assert.deepStrictEqual(decision.policy, World.scopes("read", "write"))
        assert.strictEqual(decision.ttl, 900)
      })
    )
  )

  it.effect("names every ceiling that refuses, and what sticks out of it", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.enrol(World.claude, "claude", { ceiling: World.scopes("read") })
        yield* World.enrol(World.you, "you", { ceiling: World.scopes("read", "admin") })
        const { caller } = yield* World.agentSession()
        const error = yield* World.refused(
          decide(caller, { policy: World.scopes("write", "delete"), ttl: 7200 }),
          "denied"
        )
        const refusals = excessOf(error).map(({ ceiling, what }) => `${ceiling}: ${what}`)
        const refusedBy = (action: string) =>
          refusals.filter((text) => text.includes(` ${action} on `)).map((text) => text.split(": ")[0])
        assert.deepStrictEqual(refusedBy("write"), [World.you, World.claude])
        assert.deepStrictEqual(refusedBy("delete"), ["the chain", World.you, World.claude, "the project's ceiling"])
        assert.include(refusals.join(), "the project's lifetime for credentials: 7200 s, where 3600 s are allowed")
      })
    )
  )

  it.effect("takes the intersection with narrow, and tells what was cut", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const decision = yield* decide(caller, {
          policy: World.scopes("read", "admin"),
          ttl: 24 * 3600,
          narrow: true
        })
        assert.deepStrictEqual(decision.policy, World.scopes("read"))
        assert.strictEqual(decision.ttl, 3600)
        assert.isTrue(decision.narrowed.some(({ what }) => what.includes("admin")))
        assert.isTrue(decision.narrowed.some(({ what }) => what.includes("86400 s")))
      })
    )
  )

  it.effect("refuses with narrow where nothing is left", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* World.refused(decide(caller, { policy: World.scopes("admin"), narrow: true }), "denied")
      })
    )
  )

  it.effect("holds a sub-agent to its NAME's ceiling and to that of every name above it", () =>
    World.within(
      Effect.gen(function* () {
        const above = yield* World.agentSession()
        const chain = yield* World.hop(
          yield* World.grant(above.chain, {
            agent: World.other,
            holder: "other",
            policy: World.scopes("read", "write")
          }),
          "other session",
          "other"
        )
        const caller = yield* World.redeemed(chain, "other session")
        assert.deepStrictEqual((yield* decide(caller, { policy: World.scopes("write") })).policy, World.scopes("write"))
        yield* World.enrol(World.claude, "claude", { ceiling: World.scopes("read") })
        const error = yield* World.refused(decide(caller, { policy: World.scopes("write") }), "denied")
        assert.deepStrictEqual(
          excessOf(error).map(({ ceiling }) => ceiling),
          [World.claude]
        )
      })
    )
  )

  it.effect("refuses what the project denies, and takes a request that leaves it out itself", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.applyProject({ deny: denials("write") })
        const { caller } = yield* World.agentSession()
        const error = yield* World.refused(decide(caller, { policy: World.scopes("*") }), "denied")
        assert.isTrue(excessOf(error).some(({ ceiling }) => ceiling === "the project's denials"))
        yield* World.refused(decide(caller, { policy: World.scopes("write") }), "denied")
        // What meets no denial needs to say nothing about it.
        assert.deepStrictEqual((yield* decide(caller, {})).policy, World.scopes("read"))
        const careful = { ...World.scopes("read", "write"), deny: denials("write") }
        assert.deepStrictEqual((yield* decide(caller, { policy: careful })).policy, careful)
      })
    )
  )

  it.effect("adds the denial with narrow, and tells so", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.applyProject({ deny: denials("write") })
        const { caller } = yield* World.agentSession()
        const { policy, narrowed } = yield* decide(caller, { policy: World.scopes("read", "write"), narrow: true })
        const covers = (action: string) =>
          Policy.covers(policy, { provider: "oidc", action, resource: "https://api.example.com" }).allowed
        assert.isTrue(covers("read"))
        assert.isFalse(covers("write"))
        assert.isNotEmpty(narrowed)
      })
    )
  )

  it.effect("refuses a target that the project does not have, and lists those that it has", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const target = World.dev
        const error = yield* World.refused(
          decide(caller, { target: Schema.decodeSync(Decide.Request.fields.target)("staging") }),
          "unknown-target"
        )
        assert.include(error.hint, target)
      })
    )
  )

  it.effect("refuses a target outside the chain, the human's or the agent's, and narrow does not help", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* World.refused(decide(caller, { target: World.prod }), "denied")
        yield* World.refused(decide(caller, { target: World.prod, narrow: true }), "denied")

        const both = { targets: [World.entry(World.dev), World.entry(World.prod)] }
        const wide = yield* World.agentSession({ name: "wide", session: "wide session", edits: both })
        yield* decide(wide.caller, { target: World.prod })
        yield* World.enrol(World.claude, "claude", { targets: [World.dev] })
        yield* World.refused(decide(wide.caller, { target: World.prod }), "denied")
        yield* World.enrol(World.claude, "claude")
        yield* World.enrol(World.you, "you", { targets: [World.dev] })
        yield* World.refused(decide(wide.caller, { target: World.prod }), "denied")
      })
    )
  )

  it.effect("names no chain to a person who has none: the project's lifetime alone refuses", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.agentSession()
        const error = yield* World.refused(
          decide({ human: World.you }, { policy: World.scopes("read"), ttl: 46_800 }),
          "denied"
        )
        assert.deepStrictEqual(
          excessOf(error).map(({ ceiling }) => ceiling),
          ["the project's lifetime for credentials"]
        )
      })
    )
  )

  it.effect("refuses a lifetime beyond the chain's end, and takes what is left when none is named", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* TestClock.adjust("28200 seconds")
        const error = yield* World.refused(decide(caller, { ttl: 601 }), "denied")
        assert.deepStrictEqual(
          excessOf(error).map(({ ceiling }) => ceiling),
          ["the end of the chain"]
        )
        const decision = yield* decide(caller, {})
        assert.strictEqual(decision.ttl, 600)
        assert.strictEqual(decision.lifetime, 900)
        assert.strictEqual(decision.not_after, caller.expires)
      })
    )
  )

  it.effect("refuses a statement of another provider than the target's", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const policy: Policy.Policy = {
          statements: [{ provider: "aws", actions: ["s3:*"], resources: ["*"] }],
          deny: []
        }
        yield* World.refused(decide(caller, { policy }), "bad-request")
      })
    )
  )

  it("bounds the tags of a request", () => {
    const tags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag ${index}`, "x"]))
    const read = Schema.decodeUnknownResult(Decide.Request)
    assert.isTrue(Result.isSuccess(read({ target: "dev", tags: tags(50), narrow: false })))
    assert.isTrue(Result.isFailure(read({ target: "dev", tags: tags(51), narrow: false })))
  })
})

const actions = ["read", "read:logs", "write", "write:logs", "admin", "delete"]
const Narrow = Schema.Array(Schema.Literals(["read", "read:logs", "write*", "*:logs", "admin", "*"]))
const Wide = Schema.Array(Schema.Literals(["*", "read*", "write*", "re*", "*:logs"]))
const Denied = Narrow.check(Schema.isMaxLength(1))
const Limit = Schema.Struct({ allow: Wide.check(Schema.isMinLength(1), Schema.isMaxLength(3)), deny: Denied })
const Asked = Schema.Struct({ allow: Narrow.check(Schema.isMinLength(1), Schema.isMaxLength(3)), deny: Denied })

const policyOf = ({ allow, deny }: typeof Limit.Type | typeof Asked.Type): Policy.Policy => ({
  ...World.scopes(...new Set(allow)),
  deny: denialsOf(deny)
})

const denialsOf = (deny: ReadonlyArray<string>) => (deny.length === 0 ? [] : denials(...new Set(deny)))

describe("an agent", () => {
  it.effect.prop(
    "never gets more than its chain, its own and its human's ceiling, and the project leave it",
    { chain: Limit, agent: Limit, human: Limit, project: Limit, denied: Denied, asked: Asked },
    ({ chain, agent, human, project, denied, asked }) =>
      World.within(
        Effect.gen(function* () {
          yield* World.applyProject({ ceiling: policyOf(project), deny: denialsOf(denied) })
          yield* World.enrol(World.claude, "claude", { ceiling: policyOf(agent) })
          yield* World.enrol(World.you, "you", { ceiling: policyOf(human) })
          const edits: Partial<Authority.Grant> = { policy: policyOf(chain) }
          const { caller } = yield* World.agentSession({ edits })
          const ask = (narrow: boolean) =>
            Issue.issue({ caller, request: World.request({ policy: policyOf(asked), narrow }) })
          const exit = yield* Effect.exit(Effect.catchTag(ask(false), "BrokerError", () => ask(true)))
          if (Exit.isFailure(exit)) return
          const given = exit.value.session.policy
          for (const action of actions) {
            const on = { provider: "oidc" as const, action, resource: "https://api.example.com" }
            if (!Policy.covers(given, on).allowed) continue
            for (const limit of [chain, agent, human, project, asked]) {
              assert.isTrue(Policy.covers(policyOf(limit), on).allowed, action)
            }
            const isDenied = denied.length > 0 && Policy.covers(World.scopes(...new Set(denied)), on).allowed
            assert.isFalse(isDenied, action)
          }
        })
      ),
    { arbitrary: { runs: 80 } }
  )
})
