import * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const held = { held: "token", note: "the issuer" }
const session = Schema.decodeUnknownSync(CredentialSession.CredentialSession, { onExcessProperty: "error" })({
  id: "01936b4e-7a3c-7def-8123-456789abcdef",
  created_at: 100,
  expires_at: 200,
  ttl_seconds: 100,
  status: "active",
  provider: "oidc",
  role_arn: "https://api.example.com",
  policy: { statements: [{ provider: "oidc", actions: ["read"], resources: ["https://api.example.com"] }], deny: [] },
  tags: {},
  command: ["true"],
  project_id: "acme",
  human: "you@example.com",
  delegation_id: "A".repeat(43),
  auth_session_id: "0".repeat(24),
  target: "api",
  enforcement: {
    actions: held,
    resources: held,
    expiry: held,
    network: { held: "not-asked", note: "no network condition" },
    revocation: { how: "dies at expiry", worst: 100 },
    isolation: "same-user"
  },
  isolation: "same-user",
  reuse: "A".repeat(43),
  issue_count: 1
})

const finals = ["completed", "expired", "revoked", "budget_exceeded", "failed"] as const

describe("CredentialSession", () => {
  it("ends an active session in every final way, and never leaves a final status", () => {
    for (const status of finals) {
      const ended = Result.getOrThrow(CredentialSession.end(session, status))
      assert.strictEqual(ended.status, status)
      for (const other of finals) {
        const again = CredentialSession.end(ended, other)
        assert.strictEqual(Result.isSuccess(again), other === status)
      }
    }
    assert.strictEqual(session.status, "active")
  })

  it("is expired from the second that its expiry names", () => {
    assert.isFalse(CredentialSession.isExpired(session, UnixTime.UnixTime.make(199)))
    assert.isTrue(CredentialSession.isExpired(session, UnixTime.UnixTime.make(200)))
    assert.strictEqual(CredentialSession.remainingSeconds(session, UnixTime.UnixTime.make(150)), 50)
    assert.strictEqual(CredentialSession.remainingSeconds(session, UnixTime.UnixTime.make(900)), 0)
  })

  it("shows eight characters of the id, and the principal before the role", () => {
    assert.strictEqual(CredentialSession.shortId(session), "01936b4e")
    assert.strictEqual(CredentialSession.principalId(session), "https://api.example.com")
    assert.strictEqual(CredentialSession.principalId({ ...session, principal_id: "p" }), "p")
  })
})
