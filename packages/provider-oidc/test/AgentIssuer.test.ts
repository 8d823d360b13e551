import { assert, describe, it } from "@effect/vitest"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { StoreError } from "@bailiwick/core/StoreError"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AgentIssuer from "@bailiwick/provider-oidc/AgentIssuer"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose"
import { issuer, issuers, start, store } from "./support/Fixtures.ts"

const at = (seconds: number) => TestClock.setTime((start + seconds) * 1000)
const { rotation, overlap, longestToken } = AgentIssuer

const state = Effect.gen(function* () {
  const agents = yield* AgentIssuer.AgentIssuer
  const token = yield* agents.sign({ iss: issuer })
  const { keys } = JSON.parse(yield* agents.jwks)
  return { token, signer: decodeProtectedHeader(token).kid, kids: keys.map((key: { readonly kid: string }) => key.kid) }
})

/** Whether the independent library accepts the token under the key set as it is now. */
const verified = (token: string) =>
  Effect.gen(function* () {
    const agents = yield* AgentIssuer.AgentIssuer
    const keys = createLocalJWKSet(JSON.parse(yield* agents.jwks))
    return yield* Effect.promise(() =>
      jwtVerify(token, keys, { issuer, typ: "at+jwt", algorithms: ["Ed25519"] }).then(
        () => true,
        () => false
      )
    )
  })

describe("AgentIssuer", () => {
  it.effect("signs at once in a fresh store, with a key that it publishes", () =>
    Effect.gen(function* () {
      yield* at(0)
      const { token, signer, kids } = yield* state
      assert.deepStrictEqual(kids, [signer])
      assert.strictEqual(
        Buffer.from(token.split(".")[0] ?? "", "base64url").toString(),
        `{"alg":"Ed25519","typ":"at+jwt","kid":"${signer}"}`
      )
      assert.isTrue(yield* verified(token))
    }).pipe(Effect.provide(issuers))
  )

  it.effect("publishes a key that any JWT library reads, and no private member", () =>
    Effect.gen(function* () {
      yield* at(0)
      const { keys } = JSON.parse(yield* (yield* AgentIssuer.AgentIssuer).jwks)
      assert.lengthOf(keys, 1)
      assert.deepStrictEqual(Object.keys(keys[0]), ["kty", "crv", "x", "kid", "use", "alg"])
      assert.deepStrictEqual(
        { ...keys[0], x: "", kid: "" },
        { kty: "OKP", crv: "Ed25519", x: "", kid: "", use: "sig", alg: "Ed25519" }
      )
    }).pipe(Effect.provide(issuers))
  )

  it.effect("keeps its key for 89 days, then publishes the next for a day before it signs", () =>
    Effect.gen(function* () {
      yield* at(0)
      const first = yield* state
      yield* at(rotation - overlap - 1)
      assert.deepStrictEqual((yield* state).kids, first.kids)
      yield* at(rotation - overlap)
      const published = yield* state
      assert.strictEqual(published.signer, first.signer)
      assert.lengthOf(published.kids, 2)
      yield* at(rotation - 1)
      assert.strictEqual((yield* state).signer, first.signer)
      yield* at(rotation)
      const turned = yield* state
      assert.notStrictEqual(turned.signer, first.signer)
      assert.deepStrictEqual(turned.kids, published.kids)
    }).pipe(Effect.provide(issuers))
  )

  it.effect("publishes a retired key until the last token that it signed is dead, and no longer", () =>
    Effect.gen(function* () {
      yield* at(0)
      const first = yield* state
      yield* at(rotation - overlap)
      yield* state
      yield* at(rotation - 1)
      const last = yield* state
      assert.strictEqual(last.signer, first.signer)
      yield* at(rotation + longestToken - 1)
      assert.isTrue(yield* verified(last.token))
      yield* at(rotation + longestToken)
      assert.isFalse(yield* verified(last.token))
      assert.lengthOf((yield* state).kids, 1)
    }).pipe(Effect.provide(issuers))
  )

  it.effect("still publishes the next key for a day after a long sleep", () =>
    Effect.gen(function* () {
      yield* at(0)
      const first = yield* state
      yield* at(2 * rotation)
      assert.strictEqual((yield* state).signer, first.signer)
      yield* at(2 * rotation + overlap - 1)
      assert.strictEqual((yield* state).signer, first.signer)
      yield* at(2 * rotation + overlap)
      assert.notStrictEqual((yield* state).signer, first.signer)
    }).pipe(Effect.provide(issuers))
  )

  it.effect("turns again and again, each key once", () =>
    Effect.gen(function* () {
      const signers = new Set<string | undefined>()
      for (let day = 0; day < 400; day++) {
        yield* at(day * 24 * 3600)
        const { kids, signer } = yield* state
        signers.add(signer)
        assert.isAtMost(kids.length, 2)
      }
      assert.strictEqual(signers.size, 5)
    }).pipe(Effect.provide(issuers))
  )

  it.effect("makes one key, however many ask at once", () =>
    Effect.gen(function* () {
      yield* at(0)
      yield* Effect.all(
        Array.from({ length: 20 }, () => state),
        { concurrency: "unbounded" }
      )
      assert.lengthOf((yield* state).kids, 1)
      yield* at(rotation - overlap)
      yield* Effect.all(
        Array.from({ length: 20 }, () => state),
        { concurrency: "unbounded" }
      )
      assert.lengthOf((yield* state).kids, 2)
    }).pipe(Effect.provide(issuers))
  )

  it.effect("signs with a key of its own when the clock stands before every key that it has", () =>
    Effect.gen(function* () {
      yield* at(rotation)
      const future = yield* state
      yield* at(0)
      const now = yield* state
      assert.notStrictEqual(now.signer, future.signer)
      assert.isTrue(yield* verified(now.token))
    }).pipe(Effect.provide(issuers))
  )

  it.effect("opens a key once, and the next one when the keys turn", () => {
    const seeds = new Set<object>()
    const noting = Layer.effect(
      Ed25519,
      Effect.map(Ed25519, (real) =>
        Ed25519.of({ ...real, sign: (seed, message) => (seeds.add(seed), real.sign(seed, message)) })
      )
    )
    return Effect.gen(function* () {
      yield* at(0)
      for (const _ of [1, 2, 3]) assert.isTrue(yield* verified((yield* state).token))
      assert.strictEqual(seeds.size, 1)
      yield* at(rotation - overlap)
      yield* state
      yield* at(rotation)
      for (const _ of [1, 2, 3]) assert.isTrue(yield* verified((yield* state).token))
      assert.strictEqual(seeds.size, 2)
    }).pipe(
      Effect.provide(
        AgentIssuer.AgentIssuer.layer({ issuer: Effect.succeed(issuer) }).pipe(
          Layer.provide(noting),
          Layer.provide(store)
        )
      )
    )
  })

  it.effect("uses keys of its own purpose alone", () =>
    Effect.gen(function* () {
      yield* at(0)
      const ring = yield* KeyRing.KeyRing
      const now = yield* UnixTime.now
      yield* ring.create("authority", now)
      yield* ring.create("log", now)
      const { kids } = yield* state
      const own = yield* ring.keys("agents-oidc")
      assert.deepStrictEqual(
        kids,
        own.map(({ kid }) => kid)
      )
    }).pipe(Effect.provide(issuers))
  )

  it.effect("describes itself under both names, wherever it is served", () =>
    Effect.gen(function* () {
      yield* at(0)
      const base = "http://127.0.0.1:4242"
      const documents = (yield* AgentIssuer.AgentIssuer).documents(base)
      assert.deepStrictEqual(Object.keys(documents), [
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server"
      ])
      for (const path of AgentIssuer.discoveryPaths) {
        const document = documents[path]
        assert.isDefined(document)
        if (document === undefined) continue
        const discovery = JSON.parse(yield* document)
        assert.strictEqual(discovery.issuer, issuer)
        assert.strictEqual(discovery.jwks_uri, `${base}/.well-known/jwks.json`)
        assert.deepStrictEqual(discovery.id_token_signing_alg_values_supported, ["Ed25519"])
      }
    }).pipe(Effect.provide(issuers))
  )

  it("has a name for a project without an issuer of its own", () => {
    assert.strictEqual(AgentIssuer.defaultIssuer(ProjectId.ProjectId.make("acme")), "urn:bailiwick:acme:agents")
  })

  it.effect("signs nothing when the ring cannot be read", () =>
    Effect.gen(function* () {
      yield* at(0)
      const failure = yield* Effect.flip((yield* AgentIssuer.AgentIssuer).sign({}))
      assert.strictEqual(failure._tag, "StoreError")
    }).pipe(
      Effect.provide(
        AgentIssuer.AgentIssuer.layer({ issuer: Effect.succeed(issuer) }).pipe(
          Layer.provide(
            Layer.mock(KeyRing.KeyRing, {
              keys: () => Effect.fail(new StoreError({ reason: "Damaged", detail: "a wrapped key does not open" }))
            })
          ),
          Layer.provide(store)
        )
      )
    )
  )
})
