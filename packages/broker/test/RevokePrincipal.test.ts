import * as Alias from "@bailiwick/core/Alias"
import type * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import type * as Policy from "@bailiwick/core/Policy"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { Generation } from "@bailiwick/core/ports/Generation"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Authenticate from "../src/Authenticate.ts"
import type * as Caller from "../src/Caller.ts"
import * as Issue from "../src/Issue.ts"
import * as RevokePrincipal from "../src/RevokePrincipal.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const elsewhere = Alias.Alias.make("elsewhere")
const other = "https://other.example.com"

type Cuts = NonNullable<CredentialProvider.CredentialProvider["revokePrincipal"]>

/** A cloud that can end everything of a principal, and did so at the moment `before`. */
const cuts =
  (outcome: Effect.Effect<CredentialProvider.PrincipalOutcome, CredentialProvider.ProviderError>): Cuts =>
  () =>
    Effect.succeed({ reach: "everybody's sessions of the API", revoke: outcome })

const done = Effect.map(UnixTime.now, (now) => ({ ended: true, how: "all are denied", worst: 300, before: now }))

const anywhere = (resources: ReadonlyArray<string>): Policy.Policy => ({
  statements: [{ provider: "oidc", actions: ["read"], resources }],
  deny: []
})

/** Claude with credentials for two targets of one principal and one of another; you, and who may look on. */
const scene = Effect.gen(function* () {
  const cloud = yield* World.TheCloud
  cloud.cuts = cuts(done)
  const project = {
    targets: { ...World.limits.targets, [elsewhere]: { provider: "oidc" as const, principal: other } },
    ceiling: anywhere(["*"])
  }
  yield* World.applyProject(project)
  const targets = [
    World.entry(World.dev),
    World.entry(World.prod),
    { alias: elsewhere, provider: "oidc", principal: other } as const
  ]
  const { caller: claude, proof } = yield* World.agentSession({ edits: { targets, policy: anywhere(["*"]) }, project })
  const issue = (target: Alias.Alias, resource = World.entry(World.dev).principal) =>
    Issue.issue({ caller: claude, request: World.request({ target, policy: anywhere([resource]) }) })
  return {
    cloud,
    claude,
    proof,
    issue,
    owner: (yield* World.login()).caller,
    mate: (yield* World.login({ human: World.mate, identity: "mate", session: "mate login" })).caller,
    onDev: (yield* issue(World.dev)).session,
    onProd: (yield* issue(World.prod)).session,
    onOther: (yield* issue(elsewhere, other)).session
  }
})

const find = (id: CredentialSessionId) =>
  Effect.flatMap(CredentialSessionStore, (store) => Effect.map(store.find(id), Option.getOrThrow))

const revoke = (caller: Caller.Caller, target = World.dev) =>
  RevokePrincipal.revoke({ caller, target, reason: "laptop lost" })

const generation = Effect.flatMap(StoreTransaction, (store) =>
  store.run(Effect.flatMap(Generation, (generations) => generations.current))
)

describe("RevokePrincipal", () => {
  it.effect("ends every session of the principal, whatever its target, and none of another principal", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, onDev, onProd, onOther } = yield* scene
        const before = yield* generation
        const ended = yield* revoke(owner)
        const until = UnixTime.plus(yield* UnixTime.now, 300)
        const principal = "https://api.example.com"
        assert.deepInclude(ended, { target: World.dev, provider: "oidc", principal, ended: true, until })
        assert.sameMembers(
          ended.credentials.map(({ id }) => id),
          [onDev.id, onProd.id]
        )
        for (const { id } of [onDev, onProd]) {
          const { cloud_end, status } = yield* find(id)
          assert.strictEqual(status, "revoked")
          assert.deepStrictEqual(cloud_end, { time: World.start, ended: true, how: "all are denied", until })
        }
        assert.strictEqual((yield* find(onOther.id)).status, "active")
        assert.isAbove(yield* generation, before)
      })
    )
  )

  it.effect("takes no authority away: what is issued from then on is good", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, proof, onDev, issue } = yield* scene
        yield* revoke(owner)
        const claude = yield* Authenticate.authenticate(proof)
        yield* World.refused(Issue.renew({ caller: claude, session: onDev.id }), "revoked")
        yield* TestClock.adjust("1 second")
        const { session } = yield* issue(World.dev)
        assert.notStrictEqual(session.id, onDev.id)
        assert.strictEqual(session.status, "active")
      })
    )
  )

  it.effect(
    "ends what another process issued while the cloud was asked, and nothing that was issued after its cut",
    () =>
      World.within(
        Effect.gen(function* () {
          const { cloud, owner, onOther, issue } = yield* scene
          let meanwhile: ReadonlyArray<CredentialSessionId> = []
          cloud.cuts = cuts(
            Effect.gen(function* () {
              const early = yield* issue(World.dev)
              yield* TestClock.adjust("1 second")
              const before = yield* UnixTime.now
              const late = yield* issue(World.prod)
              meanwhile = [early.session.id, late.session.id]
              return { ended: true, how: "all are denied", worst: 300, before }
            }).pipe(Effect.provide(yield* Effect.context<World.Services>()), Effect.orDie)
          )
          const ended = yield* revoke(owner)
          const statuses = yield* Effect.forEach(meanwhile, (id) => Effect.map(find(id), ({ status }) => status))
          assert.deepStrictEqual(statuses, ["revoked", "active"])
          // Whether its cloud had dated it before the cut nobody here knows: so it was told of this one by itself.
          assert.deepStrictEqual(cloud.revoked, meanwhile.slice(0, 1))
          assert.strictEqual(ended.credentials.at(-1)?.how, "it is not renewed")
          assert.strictEqual((yield* find(onOther.id)).status, "active")
        })
      )
  )

  it.effect("says so where what was issued meanwhile could not be ended", () =>
    World.within(
      Effect.gen(function* () {
        const { cloud, owner, issue } = yield* scene
        cloud.cuts = cuts(
          Effect.gen(function* () {
            yield* issue(World.dev)
            cloud.refuses = World.outage
            yield* TestClock.adjust("1 second")
            return { ended: true, how: "all are denied", worst: 300, before: yield* UnixTime.now }
          }).pipe(Effect.provide(yield* Effect.context<World.Services>()), Effect.orDie)
        )
        const ended = yield* revoke(owner)
        assert.isTrue(ended.ended)
        assert.match(ended.how, /all are denied; but of what was issued meanwhile, .*did not answer/u)
        assert.strictEqual(ended.hint, "try again")
        assert.isFalse(ended.credentials.at(-1)?.ended)
      })
    )
  )

  it.effect("writes who did it, why, and what the cloud said", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, onDev, onProd } = yield* scene
        const { lines } = yield* TestStore
        yield* revoke(owner)
        const written = (yield* TestStore).lines.slice(lines.length)
        assert.deepStrictEqual(
          written.map(({ type }) => type),
          ["revoked", "principal.ended", "credentials.ended", "credentials.ended"]
        )
        const [revoked, ended, ...each] = written
        assert.strictEqual(revoked?.actor.human, World.you)
        assert.strictEqual(revoked?.subject, "https://api.example.com")
        assert.deepInclude(revoked?.detail, {
          kind: "principal",
          target: World.dev,
          reason: "laptop lost",
          credentials: 2
        })
        assert.deepInclude(ended?.detail, { ended: true, how: "all are denied", credentials: 2 })
        assert.sameMembers(
          each.map(({ subject }) => subject),
          [onDev.id, onProd.id]
        )
      })
    )
  )

  it.effect("says before it happens whom it reaches, and changes nothing by that", () =>
    World.within(
      Effect.gen(function* () {
        const { owner, onDev } = yield* scene
        const before = (yield* TestStore).lines.length
        const planned = yield* RevokePrincipal.plan({ caller: owner, target: World.prod })
        assert.deepStrictEqual(planned, {
          target: World.prod,
          provider: "oidc",
          principal: "https://api.example.com",
          reach: "everybody's sessions of the API",
          active: 2
        })
        assert.strictEqual((yield* find(onDev.id)).status, "active")
        assert.lengthOf((yield* TestStore).lines, before)
      })
    )
  )

  it.effect("ends the sessions also where the cloud fails, and says when they are over and what to do", () =>
    World.within(
      Effect.gen(function* () {
        const { cloud, owner, onDev } = yield* scene
        cloud.cuts = cuts(Effect.fail(World.outage))
        const ended = yield* revoke(owner)
        assert.isFalse(ended.ended)
        assert.strictEqual(ended.hint, "try again")
        assert.strictEqual(ended.until, onDev.expires_at)
        assert.include(ended.how, "did not answer")
        assert.include(ended.how, UnixTime.toText(onDev.expires_at))
        const { cloud_end, status } = yield* find(onDev.id)
        assert.strictEqual(status, "revoked")
        assert.deepInclude(cloud_end, { ended: false, until: onDev.expires_at })
        const { lines } = yield* TestStore
        const outcomes = lines.slice(-3).map(({ type, outcome }) => [type, outcome])
        assert.deepStrictEqual(outcomes, [
          ["principal.ended", "failed"],
          ["credentials.ended", "failed"],
          ["credentials.ended", "failed"]
        ])
      })
    )
  )

  it.effect("says when everything is over where the cloud can only wait", () =>
    World.within(
      Effect.gen(function* () {
        const { cloud, owner, onDev } = yield* scene
        cloud.cuts = cuts(Effect.succeed({ ended: false, how: "nobody may write there", worst: 43_200 }))
        const ended = yield* revoke(owner)
        assert.isFalse(ended.ended)
        assert.isUndefined(ended.hint)
        assert.strictEqual(ended.until, onDev.expires_at)
        assert.include(ended.how, UnixTime.toText(onDev.expires_at))
        assert.strictEqual((yield* TestStore).lines.at(-1)?.outcome, "ok")
      })
    )
  )

  const nobody: ReadonlyArray<readonly [string, keyof Pick<Effect.Success<typeof scene>, "mate" | "claude">]> = [
    ["a member who is no owner", "mate"],
    ["an agent", "claude"]
  ]
  for (const [who, name] of nobody) {
    it.effect(`is refused to ${who}, and changes nothing`, () =>
      World.within(
        Effect.gen(function* () {
          const { onDev, ...callers } = yield* scene
          const before = (yield* TestStore).lines.length
          const asked = { caller: callers[name], target: World.dev }
          yield* World.refused(RevokePrincipal.revoke(asked), "not-permitted")
          yield* World.refused(RevokePrincipal.plan(asked), "not-permitted")
          assert.strictEqual((yield* find(onDev.id)).status, "active")
          assert.lengthOf((yield* TestStore).lines, before)
          yield* revoke(callers.owner)
        })
      )
    )
  }

  it.effect("is refused to an auditor", () =>
    World.within(
      Effect.gen(function* () {
        yield* World.enrol(World.mate, "mate", { role: "auditor" })
        yield* TestClock.adjust("1 second")
        const { mate, owner } = yield* scene
        const error = yield* World.refused(revoke(mate), "not-permitted")
        assert.include(error.message, "an auditor reads everything and changes nothing")
        yield* revoke(owner)
      })
    )
  )

  it.effect("is refused for a target that is none, with those that are", () =>
    World.within(
      Effect.gen(function* () {
        const { owner } = yield* scene
        for (const name of ["nowhere", "constructor"]) {
          const error = yield* World.refused(revoke(owner, Alias.Alias.make(name)), "unknown-target")
          assert.include(error.hint, "dev")
        }
      })
    )
  )

  it.effect("is refused where the cloud has no such thing or would end more than was meant, before anything ends", () =>
    World.within(
      Effect.gen(function* () {
        const { cloud, owner, onDev } = yield* scene
        const before = (yield* TestStore).lines.length
        cloud.cuts = undefined
        const none = yield* World.refused(revoke(owner), "provider-failed")
        assert.include(none.message, "nothing ends everything of a principal")
        cloud.cuts = () => Effect.fail(World.outage)
        yield* World.refused(revoke(owner), "provider-failed")
        assert.strictEqual((yield* find(onDev.id)).status, "active")
        assert.lengthOf((yield* TestStore).lines, before)
      })
    )
  )
})
