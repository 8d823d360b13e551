import { assert, describe, it } from "@effect/vitest"
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as Enforcement from "@bailiwick/core/Enforcement"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AgentIssuer from "@bailiwick/provider-oidc/AgentIssuer"
import { OidcProvider } from "@bailiwick/provider-oidc/OidcProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { createLocalJWKSet, jwtVerify } from "jose"
import { allow, api, issuer, leaf, policy, request, services, start } from "./support/Fixtures.ts"

const begin = TestClock.setTime(start * 1000)

const plan = (asked: CredentialRequest) => OidcProvider.use((provider) => provider.plan(asked))
const issue = (asked: CredentialRequest) =>
  OidcProvider.use((provider) => Effect.flatMap(provider.plan(asked), provider.issue))
const refusal = (asked: CredentialRequest) => Effect.flip(plan(asked))

/** The claims, as the independent library reads them at the time of the test. */
const claims = (token: string, audience = api) =>
  Effect.gen(function* () {
    const agents = yield* AgentIssuer.AgentIssuer
    const keys = createLocalJWKSet(JSON.parse(yield* agents.jwks))
    const currentDate = new Date((yield* UnixTime.now) * 1000)
    const options = { issuer, audience, typ: "at+jwt", algorithms: ["Ed25519"], currentDate }
    return yield* Effect.tryPromise(() => jwtVerify(token, keys, options).then(({ payload }) => payload))
  })

const tokenOf = (credentials: { readonly secret: Redacted.Redacted<Readonly<Record<string, string>>> }) =>
  Redacted.value(credentials.secret).token ?? ""

describe("OidcProvider", () => {
  it.effect("issues a token that says who acts for whom, where, with what, until when", () =>
    Effect.gen(function* () {
      yield* begin
      const credentials = yield* issue(request())
      const { jti, ...others } = yield* claims(tokenOf(credentials))
      assert.match(String(jti), /^[\w-]{22}$/u)
      assert.deepStrictEqual(others, {
        iss: issuer,
        sub: "you@example.com",
        act: { sub: "ai:claude@acme" },
        client_id: "ai:claude@acme",
        aud: api,
        scope: "orders:list orders:read",
        cnf: { jkt: leaf },
        iat: start,
        exp: start + 900,
        bailiwick: { project: "acme", session: "01980000-0000-7000-8000-000000000001" }
      })
      assert.strictEqual(credentials.expires, start + 900)
      assert.strictEqual(credentials.provider, "oidc")
    }).pipe(Effect.provide(services))
  )

  it.effect("names no actor where the human acts in person", () =>
    Effect.gen(function* () {
      yield* begin
      const { agent: _, ...personal } = request()
      const payload = yield* claims(tokenOf(yield* issue(personal)))
      assert.notProperty(payload, "act")
      assert.strictEqual(payload.client_id, "you@example.com")
    }).pipe(Effect.provide(services))
  )

  it.effect("is refused by other audiences, after its end and with any part changed", () =>
    Effect.gen(function* () {
      yield* begin
      const token = tokenOf(yield* issue(request()))
      assert.isTrue((yield* Effect.exit(claims(token)))._tag === "Success")
      assert.isTrue((yield* Effect.exit(claims(token, "reports")))._tag === "Failure")
      const [header = "", payload = "", signature = ""] = token.split(".")
      const widened = JSON.stringify({ ...JSON.parse(Buffer.from(payload, "base64url").toString()), scope: "admin" })
      const forged = [header, Buffer.from(widened).toString("base64url"), signature].join(".")
      assert.isTrue((yield* Effect.exit(claims(forged)))._tag === "Failure")
      yield* TestClock.adjust("900 seconds")
      assert.isTrue((yield* Effect.exit(claims(token)))._tag === "Failure")
    }).pipe(Effect.provide(services))
  )

  it.effect("never issues past the end of the chain or of the policy", () =>
    Effect.gen(function* () {
      yield* begin
      assert.strictEqual((yield* issue(request({ not_after: start + 100 }))).expires, start + 100)
      const conditional = policy([allow(["a"], [api], { not_after: UnixTime.UnixTime.make(start + 50) })])
      assert.strictEqual((yield* issue(request({ policy: conditional }))).expires, start + 50)
      assert.strictEqual((yield* issue(request({ policy: conditional, ttl: 7 }))).expires, start + 7)
      assert.strictEqual((yield* issue(request({ policy: conditional, not_after: start + 20 }))).expires, start + 20)
    }).pipe(Effect.provide(services))
  )

  it.effect("issues nothing once the chain has ended between plan and issue", () =>
    Effect.gen(function* () {
      yield* begin
      const provider = yield* OidcProvider
      const planned = yield* provider.plan(request({ not_after: start + 10 }))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Effect.flip(provider.issue(planned))).reason, "ExpiredSource")
    }).pipe(Effect.provide(services))
  )

  it.effect("plans the same bytes for equal requests at any time, and others for others", () =>
    Effect.gen(function* () {
      yield* begin
      const { document } = yield* plan(request())
      assert.strictEqual(
        document,
        `{"iss":"${issuer}","sub":"you@example.com","act":{"sub":"ai:claude@acme"},"client_id":"ai:claude@acme",` +
          `"aud":"${api}","scope":"orders:list orders:read","cnf":{"jkt":"${leaf}"},"project":"acme","lifetime":900}`
      )
      yield* TestClock.adjust("61 seconds")
      const again = request({
        session: "01980000-0000-7000-8000-000000000002",
        policy: policy([allow(["orders:list"]), allow(["orders:read"])])
      })
      assert.strictEqual((yield* plan(again)).document, document)
      const others = [
        request({ human: "me@example.com" }),
        request({ agent: "ai:claude/tests@acme" }),
        request({ ttl: 60 }),
        request({ policy: policy([allow(["orders:read"])]) }),
        request({ policy: policy([allow(["orders:list", "orders:read"], ["reports"])]) }),
        request({ leaf: "A".repeat(43) })
      ]
      for (const other of others) assert.notStrictEqual((yield* plan(other)).document, document)
    }).pipe(Effect.provide(services))
  )

  it.effect("reports what the token holds, what nobody holds, and how fast a revoke bites", () =>
    Effect.gen(function* () {
      yield* begin
      const { report } = yield* plan(request())
      assert.deepStrictEqual(Enforcement.unheld(report), [])
      assert.deepStrictEqual(
        [report.actions.held, report.resources.held, report.expiry.held, report.network.held, report.isolation],
        ["token", "token", "token", "not-asked", "same-user"]
      )
      assert.strictEqual(report.revocation.worst, 900)
      assert.isTrue(Schema.is(Enforcement.Report)(report))
      const tied = yield* plan(request({ policy: policy([allow(["a"], [api], { source_ip: ["192.0.2.0/24"] })]) }))
      assert.deepStrictEqual(Enforcement.unheld(tied.report), ["network"])
      assert.strictEqual((yield* plan(request({ not_after: start + 10 }))).report.revocation.worst, 10)
    }).pipe(Effect.provide(services))
  )

  it.effect.each([
    ["an audience of a target without any", { target: { provider: "oidc", principal: "the API" } }, "AccessDenied"],
    [
      "a target that names a cloud's exchange",
      { target: { provider: "oidc", principal: "sts.amazonaws.com" } },
      "Misconfigured"
    ],
    [
      "a target that names one among its audiences",
      { target: { provider: "oidc", principal: api, settings: { audiences: "reports api://AzureADTokenExchange" } } },
      "Misconfigured"
    ],
    [
      "a target that names one in percent",
      { target: { provider: "oidc", principal: api, settings: { audiences: "https://sts%2Eamazonaws.com" } } },
      "Misconfigured"
    ],
    [
      "a target that names one in letters that look alike",
      { target: { provider: "oidc", principal: api, settings: { audiences: "sts.amazon\u0430ws.com" } } },
      "Misconfigured"
    ],
    ["a chain that has ended", { not_after: start }, "ExpiredSource"],
    ["a life longer than any token's", { ttl: 3601 }, "PolicyRefused"],
    ["what does not fit one token", { policy: policy([allow(["*"])]) }, "PolicyRefused"]
  ] as const)("refuses, with what to do: %s", ([, changes, reason]) =>
    Effect.gen(function* () {
      yield* begin
      const error = yield* refusal(request(changes))
      assert.strictEqual(error.reason, reason)
      assert.isNotEmpty(error.hint)
      assert.isTrue(error.message.startsWith("oidc: "))
    }).pipe(Effect.provide(services))
  )

  it.effect("issues nothing from a plan of somebody else's", () =>
    Effect.gen(function* () {
      yield* begin
      const provider = yield* OidcProvider
      const planned = yield* provider.plan(request())
      const elsewhere = (audience: string) => planned.document.replace(JSON.stringify(api), JSON.stringify(audience))
      const others = [elsewhere("sts.amazonaws.com"), elsewhere("https://stranger.example.com")]
      const foreign = ["", "{}", planned.document.replace("{", `{"admin":true,`), ...others]
      for (const document of foreign) {
        assert.notStrictEqual(document, planned.document)
        assert.strictEqual((yield* Effect.flip(provider.issue({ ...planned, document }))).reason, "Misconfigured")
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("gives every token an id of its own", () =>
    Effect.gen(function* () {
      yield* begin
      const ids = yield* Effect.forEach([1, 2], () => Effect.flatMap(issue(request()), (one) => claims(tokenOf(one))))
      assert.notStrictEqual(ids[0]?.jti, ids[1]?.jti)
    }).pipe(Effect.provide(services))
  )

  it.effect("says of a revoke that tokens already out live to their end", () =>
    Effect.gen(function* () {
      yield* begin
      const provider = yield* OidcProvider
      const session = { expires_at: start + 400 } as unknown as CredentialSession
      assert.strictEqual((yield* provider.revoke(session)).worst, 400)
      yield* TestClock.adjust("500 seconds")
      assert.strictEqual((yield* provider.revoke(session)).worst, 0)
    }).pipe(Effect.provide(services))
  )

  it.effect("delivers by one variable, and shows the token in no text of its own", () =>
    Effect.gen(function* () {
      yield* begin
      const provider = yield* OidcProvider
      const credentials = yield* issue(request())
      assert.deepStrictEqual(provider.environment(credentials), { BAILIWICK_TOKEN: tokenOf(credentials) })
      assert.deepStrictEqual(provider.environment({ ...credentials, secret: Redacted.make({}) }), {})
      assert.notInclude(`${JSON.stringify(credentials)}${String(credentials.secret)}`, tokenOf(credentials))
    }).pipe(Effect.provide(services))
  )
})
