import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as Issue from "../src/Issue.ts"
import { Minted } from "../src/Minted.ts"
import * as Revoke from "../src/Revoke.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const secretOf = ({ credentials }: Issue.Issued) => Redacted.value(credentials.secret).token

const asksOfTheCloud = Effect.map(TestStore, ({ calls }) => calls.filter((call) => call === "cloud.issue"))

/** Runs `meanwhile` after the cloud was asked and before it answers. */
const during = Effect.fnUntraced(function* <A, E, R, B, E2, R2>(
  asking: Effect.Effect<A, E, R>,
  meanwhile: Effect.Effect<B, E2, R2>
) {
  const cloud = yield* World.TheCloud
  const asked = yield* Deferred.make<void>()
  const answer = yield* Deferred.make<void>()
  cloud.meanwhile = Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(answer))
  const waiting = yield* Effect.forkChild(asking)
  yield* Deferred.await(asked)
  const done = yield* meanwhile
  yield* Deferred.succeed(answer, undefined)
  return { done, answer: yield* Fiber.join(waiting) }
})

/** Runs an effect so often at once, and lets the cloud answer when all have arrived and wait for its answer. */
const together = Effect.fnUntraced(function* <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) {
  const cloud = yield* World.TheCloud
  const minted = yield* Minted
  const everybody = yield* Latch.make(false)
  let arrived = 0
  cloud.meanwhile = Effect.andThen(everybody.await, Effect.yieldNow)
  const counting = Minted.of({
    ...minted,
    alone: (reuse, flight) => {
      arrived += 1
      const arrival = arrived < count ? Effect.void : Effect.asVoid(Effect.forkChild(everybody.open))
      return Effect.andThen(arrival, minted.alone(reuse, flight))
    }
  })
  return yield* Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  ).pipe(Effect.provideService(Minted, counting))
})

describe("Issue", () => {
  it.effect("writes ahead, issues, and records the cloud's own expiry", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const issued = yield* Issue.issue({ caller, request: World.request({ ttl: 600, tags: { run: "7" } }) })
        assert.strictEqual(secretOf(issued), "token 1")
        const kept = Option.getOrThrow(yield* (yield* CredentialSessionStore).find(issued.session.id))
        assert.deepStrictEqual(kept, issued.session)
        assert.strictEqual(kept.expires_at, issued.credentials.expires)
        assert.strictEqual(kept.issue_count, 1)
        assert.deepStrictEqual(kept.tags, { run: "7" })
        assert.strictEqual(kept.auth_session_id, caller.session)
        assert.deepStrictEqual((yield* World.logged).slice(-2), ["issue.intended", "credentials.issued"])
        const { lines } = yield* TestStore
        assert.notInclude(JSON.stringify(lines), "token 1")
        assert.strictEqual(lines.at(-1)?.actor.chain, caller.chain?.hashes.at(-1))
      })
    )
  )

  it.effect("shares one mint among a thousand identical requests at the same time", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const issued = yield* together(1000, Issue.issue({ caller, request: World.request() }))
        assert.strictEqual(cloud.issued, 1)
        assert.strictEqual(new Set(issued.map(secretOf)).size, 1)
        assert.strictEqual(new Set(issued.map(({ session }) => session.id)).size, 1)
        // The control: whoever asks for something else is not given this.
        const other = yield* Issue.issue({ caller, request: World.request({ tags: { run: "7" } }) })
        assert.strictEqual(cloud.issued, 2)
        assert.notInclude(issued.map(secretOf), secretOf(other))
      })
    )
  )

  it.effect("shares the cloud's refusal among them too, and asks again for whoever comes later", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        cloud.refuses = World.outage
        const ask = Issue.issue({ caller, request: World.request() })
        yield* together(1000, World.refused(ask, "provider-failed"))
        assert.lengthOf(yield* asksOfTheCloud, 1)
        cloud.refuses = undefined
        assert.strictEqual(secretOf(yield* ask), "token 1")
        assert.lengthOf(yield* asksOfTheCloud, 2)
      })
    )
  )

  it.effect("shares it also while the chain that asks has less left than the usual life", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        yield* TestClock.adjust("28200 seconds")
        const ask = Issue.issue({ caller, request: World.request() })
        const first = yield* ask
        assert.strictEqual(first.session.ttl_seconds, 600)
        assert.strictEqual(first.credentials.expires, caller.expires)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* ask).credentials, first.credentials)
        assert.strictEqual(cloud.issued, 1)
      })
    )
  )

  it.effect("asks the cloud anew, for the same session, once the generation has changed", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const ask = Issue.issue({ caller, request: World.request() })
        const first = yield* ask
        assert.strictEqual((yield* ask).credentials, first.credentials)
        yield* World.enrol(World.mate, "mate again")
        const anew = yield* ask
        assert.strictEqual(anew.session.id, first.session.id)
        assert.isAbove(anew.generation, first.generation)
        assert.strictEqual(secretOf(anew), "token 2")
        assert.strictEqual(cloud.issued, 2)
      })
    )
  )

  it.effect("asks the cloud again only when a third of the life is left, and keeps the session", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const ask = Issue.issue({ caller, request: World.request({ ttl: 900 }) })
        const first = yield* ask
        yield* TestClock.adjust("599 seconds")
        assert.strictEqual(secretOf(yield* ask), "token 1")
        yield* TestClock.adjust("1 second")
        const renewed = yield* ask
        assert.strictEqual(secretOf(renewed), "token 2")
        assert.strictEqual(renewed.session.id, first.session.id)
        assert.strictEqual(renewed.session.issue_count, 2)
        assert.strictEqual(renewed.session.renewed_at, World.start + 600)
        assert.strictEqual(cloud.issued, 2)
        assert.strictEqual((yield* World.logged).at(-1), "credentials.renewed")
      })
    )
  )

  it.effect("shares nothing between two leaves, two requests or two tags", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { above, caller } = yield* World.subAgentSession
        yield* Issue.issue({ caller: above.caller, request: World.request() })
        yield* Issue.issue({ caller, request: World.request() })
        yield* Issue.issue({ caller: above.caller, request: World.request({ policy: World.scopes("write") }) })
        yield* Issue.issue({ caller: above.caller, request: World.request({ tags: { run: "7" } }) })
        assert.strictEqual(cloud.issued, 4)
      })
    )
  )

  it.effect("renews a session of its own, and of nobody else", () =>
    World.within(
      Effect.gen(function* () {
        const { above, caller } = yield* World.subAgentSession
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        yield* World.refused(Issue.renew({ caller: above.caller, session: session.id }), "unknown-session")
        yield* TestClock.adjust("14 minutes")
        const renewed = yield* Issue.renew({ caller, session: session.id })
        assert.strictEqual(renewed.session.id, session.id)
        assert.strictEqual(renewed.session.expires_at, World.start + 14 * 60 + 900)
        assert.strictEqual(renewed.session.issue_count, 2)
      })
    )
  )

  it.effect("renews no longer than the chain lasts, and nothing that has ended", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const person = yield* World.login()
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        yield* TestClock.adjust("28500 seconds")
        const last = yield* Issue.renew({ caller, session: session.id })
        assert.strictEqual(last.session.expires_at, caller.expires)
        yield* TestClock.adjust("300 seconds")
        yield* World.refused(Issue.renew({ caller, session: session.id }), "expired")

        const fresh = yield* World.agentSession({ name: "fresh", session: "fresh session" })
        const ended = yield* Issue.issue({ caller: fresh.caller, request: World.request() })
        const owner = yield* World.login({ session: "owner login" })
        yield* Revoke.revoke({
          caller: owner.caller,
          subject: { kind: "credential-session", credential: ended.session.id }
        })
        yield* World.refused(Issue.renew({ caller: fresh.caller, session: ended.session.id }), "revoked")
        assert.isDefined(person)
      })
    )
  )

  it.effect("gives a person nothing without a terminal grant, and within it what it holds", () =>
    World.within(
      Effect.gen(function* () {
        const bare = yield* World.login()
        yield* World.refused(Issue.issue({ caller: bare.caller, request: World.request() }), "login-needed")
        const granted = yield* World.login({ session: "granted login", grant: World.scopes("read") })
        const issued = yield* Issue.issue({ caller: granted.caller, request: World.request() })
        assert.isUndefined(issued.session.agent)
        yield* World.refused(
          Issue.issue({ caller: granted.caller, request: World.request({ policy: World.scopes("write") }) }),
          "denied"
        )
      })
    )
  )

  it.effect("logs what it refuses, with what sticks out", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        yield* World.refused(
          Issue.issue({ caller, request: World.request({ policy: World.scopes("admin") }) }),
          "denied"
        )
        const { lines } = yield* TestStore
        const line = lines.at(-1)
        assert.strictEqual(line?.type, "issue.refused")
        assert.strictEqual(line?.subject, "dev")
        assert.include(JSON.stringify(line?.detail), "admin")
        assert.isEmpty(yield* (yield* CredentialSessionStore).list({}))
      })
    )
  )

  it.effect("refuses what nobody would hold, unless the signed chain accepts exactly that", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        cloud.held = "none"
        const { caller } = yield* World.agentSession()
        const error = yield* World.refused(Issue.issue({ caller, request: World.request() }), "unheld")
        assert.include(error.message, "actions")
        assert.strictEqual(cloud.issued, 0)

        const other = yield* World.agentSession({
          name: "other dimension",
          session: "other session",
          edits: { accept_unenforced: ["network"] }
        })
        yield* World.refused(Issue.issue({ caller: other.caller, request: World.request() }), "unheld")

        const accepting = yield* World.agentSession({
          name: "accepting",
          session: "accepting session",
          edits: { accept_unenforced: ["actions"] }
        })
        const issued = yield* Issue.issue({ caller: accepting.caller, request: World.request() })
        assert.strictEqual(issued.session.enforcement.actions.held, "none")
      })
    )
  )

  it.effect("ends an intended session as failed when the cloud refuses, and issues when it answers again", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        cloud.refuses = World.outage
        const error = yield* World.refused(Issue.issue({ caller, request: World.request() }), "provider-failed")
        assert.include(error.message, "did not answer")
        const [failed] = yield* (yield* CredentialSessionStore).list({})
        assert.strictEqual(failed?.status, "failed")
        assert.deepStrictEqual((yield* World.logged).slice(-2), ["issue.intended", "issue.failed"])
        cloud.refuses = undefined
        const issued = yield* Issue.issue({ caller, request: World.request() })
        assert.notStrictEqual(issued.session.id, failed?.id)
      })
    )
  )

  it.effect("keeps a session whose renewal failed: its credentials live on", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        yield* TestClock.adjust("11 minutes")
        cloud.refuses = World.outage
        yield* World.refused(Issue.renew({ caller, session: session.id }), "provider-failed")
        const kept = Option.getOrThrow(yield* (yield* CredentialSessionStore).find(session.id))
        assert.deepStrictEqual(kept, session)
      })
    )
  )

  it.effect("withholds credentials whose session was revoked while the cloud was asked", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller, proof } = yield* World.agentSession()
        const person = yield* World.login()
        const { done, answer } = yield* during(
          Effect.flip(Issue.issue({ caller, request: World.request() })),
          Revoke.revoke({ caller: person.caller, subject: { kind: "session", session: proof.session } })
        )
        assert.strictEqual(done.credentials.length, 1)
        assert.propertyVal(answer, "code", "session-unusable")
        assert.include(yield* World.logged, "credentials.withheld")
        const [session] = yield* (yield* CredentialSessionStore).list({})
        assert.strictEqual(session?.status, "revoked")
        assert.include(cloud.revoked, session?.id)
      })
    )
  )

  it.effect("tells the cloud until when withheld credentials live, not until when those before them did", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller, proof } = yield* World.agentSession()
        const person = yield* World.login()
        const { session } = yield* Issue.issue({ caller, request: World.request() })
        yield* TestClock.adjust("11 minutes")
        const { answer } = yield* during(
          Effect.flip(Issue.renew({ caller, session: session.id })),
          Revoke.revoke({ caller: person.caller, subject: { kind: "session", session: proof.session } })
        )
        assert.propertyVal(answer, "code", "session-unusable")
        assert.deepStrictEqual(cloud.revoked, [session.id, session.id])
        assert.deepStrictEqual(cloud.until, [session.expires_at, UnixTime.plus(session.expires_at, 11 * 60)])
      })
    )
  )

  it.effect("withholds credentials when the project's ceiling shrank while the cloud was asked", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const { answer } = yield* during(
          Effect.flip(Issue.issue({ caller, request: World.request() })),
          World.applyProject({ ceiling: World.scopes("write") })
        )
        assert.propertyVal(answer, "code", "denied")
        const [session] = yield* (yield* CredentialSessionStore).list({})
        assert.strictEqual(session?.status, "revoked")
      })
    )
  )

  it.effect(
    "gives the credentials when an unrelated record came while the cloud was asked, with the new generation",
    () =>
      World.within(
        Effect.gen(function* () {
          const { caller } = yield* World.agentSession()
          const { answer, done } = yield* during(
            Issue.issue({ caller, request: World.request() }),
            World.enrol(World.mate, "mate")
          )
          assert.strictEqual(answer.generation, done.generation)
          assert.isAbove(answer.generation, caller.checked.generation)
        })
      )
  )

  it.effect("keeps nothing that was planned by a project record which changed while the cloud was asked", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const issue = Issue.issue({ caller, request: World.request() })
        const { alias: _, ...dev } = World.entry(World.dev)
        const targets = { ...World.limits.targets, [World.dev]: { ...dev, region: "elsewhere" } }
        const { answer, done } = yield* during(issue, World.applyProject({ targets }))
        assert.isBelow(answer.generation, done.generation)
        const next = yield* issue
        assert.notStrictEqual(secretOf(next), secretOf(answer))
        assert.strictEqual(next.generation, done.generation)
        assert.strictEqual(secretOf(yield* issue), secretOf(next))
      })
    )
  )

  it.effect("gives nothing for a target that became another principal's while the cloud was asked", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.agentSession()
        const dev = { provider: "oidc" as const, principal: "https://other.example.com" }
        const { answer } = yield* during(
          Effect.flip(Issue.issue({ caller, request: World.request() })),
          World.applyProject({ targets: { ...World.limits.targets, [World.dev]: dev } })
        )
        assert.propertyVal(answer, "code", "token-refused")
        const [session] = yield* (yield* CredentialSessionStore).list({})
        assert.strictEqual(session?.status, "revoked")
      })
    )
  )

  it.effect(
    "decides again when records change while the plan is made, and asks no cloud for what is refused then",
    () =>
      World.within(
        Effect.gen(function* () {
          const cloud = yield* World.TheCloud
          const { caller } = yield* World.agentSession()
          const services = yield* Effect.context<World.Services>()
          const once = yield* Effect.cached(World.applyProject({ ceiling: World.scopes("write") }))
          cloud.planning = Effect.orDie(Effect.provideContext(once, services))
          yield* World.refused(Issue.issue({ caller, request: World.request() }), "denied")
          assert.strictEqual(cloud.issued, 0)
          assert.notInclude(yield* World.logged, "issue.intended")
        })
      )
  )

  it.effect("gives up when the records never stop changing", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const services = yield* Effect.context<World.Services>()
        cloud.planning = Effect.orDie(Effect.provideContext(World.enrol(World.mate, "mate"), services))
        const error = yield* Effect.flip(Issue.issue({ caller, request: World.request() }))
        assert.propertyVal(error, "reason", "Busy")
        assert.strictEqual(cloud.issued, 0)
      })
    )
  )

  it.effect("ends the intent when the caller goes away while the cloud is asked", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        const { caller } = yield* World.agentSession()
        const asked = yield* Deferred.make<void>()
        cloud.meanwhile = Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
        const waiting = yield* Effect.forkChild(Issue.issue({ caller, request: World.request() }))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(waiting)
        const [session] = yield* (yield* CredentialSessionStore).list({})
        assert.strictEqual(session?.status, "failed")
        assert.strictEqual((yield* World.logged).at(-1), "issue.failed")
      })
    )
  )

  it.effect("refuses a target whose provider this broker does not have", () =>
    World.within(
      Effect.gen(function* () {
        const policy = {
          statements: [{ provider: "aws" as const, actions: ["s3:GetObject"], resources: ["*"] }],
          deny: []
        }
        const target = { provider: "aws" as const, principal: "arn:aws:iam::111122223333:role/agent" }
        yield* World.applyProject({ targets: { [World.dev]: target }, ceiling: policy })
        const edits = { policy, targets: [{ alias: World.dev, ...target }] }
        const { caller } = yield* World.agentSession({ edits, project: { targets: { [World.dev]: target } } })
        yield* World.refused(Issue.issue({ caller, request: World.request({ policy }) }), "provider-missing")
      })
    )
  )

  it.effect("shows a plan without issuing anything or writing a line", () =>
    World.within(
      Effect.gen(function* () {
        const cloud = yield* World.TheCloud
        cloud.held = "none"
        const { caller } = yield* World.agentSession()
        const before = yield* World.logged
        const { plan, unaccepted } = yield* Issue.plan({ subject: caller, request: World.request() })
        assert.deepStrictEqual(plan.request.policy, World.scopes("read"))
        assert.deepStrictEqual(unaccepted, ["actions"])
        yield* Issue.plan({ subject: { human: World.you }, request: World.request({ target: World.prod }) })
        yield* World.refused(
          Issue.plan({ subject: { human: World.you }, request: World.request({ policy: World.scopes("delete") }) }),
          "denied"
        )
        assert.strictEqual(cloud.issued, 0)
        assert.deepStrictEqual(yield* World.logged, before)
      })
    )
  )
})
