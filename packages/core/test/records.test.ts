import * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import * as LogHead from "@bailiwick/core/LogHead"
import * as MemberRecord from "@bailiwick/core/MemberRecord"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const strict = { onExcessProperty: "error" } as const
const accepts = (schema: Schema.ConstraintDecoder<unknown>, value: unknown): boolean =>
  Result.isSuccess(Schema.decodeUnknownResult(schema, strict)(value))

const key32 = "A".repeat(43)
const jwk = { kty: "OKP", crv: "Ed25519", x: key32 }
const policy = {
  statements: [{ provider: "oidc", actions: ["read"], resources: ["https://api.example.com"] }],
  deny: []
}
const { log, project } = { log: LogHead.empty, project: "acme" }

const projectRecord = {
  v: 1,
  project,
  name: "Acme",
  seq: 0,
  iat: 1_800_000_000,
  owners: [key32],
  targets: { api: { provider: "oidc", principal: "https://api.example.com" } },
  profiles: { read: policy },
  ceiling: policy,
  deny: [],
  ttl: { token: 3600 },
  require_terminal: false,
  log
}

const human = {
  v: 1,
  project,
  member: "you@example.com",
  kind: "human",
  role: "member",
  jwk,
  seq: 0,
  iat: 1,
  valid_from: 1,
  log
}
const agent = {
  v: 1,
  project,
  member: "ai:claude@acme",
  kind: "agent",
  role: "member",
  seq: 0,
  iat: 1,
  valid_from: 1,
  log
}
const delegation = {
  v: 1,
  project,
  human: "you@example.com",
  agent: "ai:claude@acme",
  verifier: jwk,
  salt: key32,
  seq: 0,
  iat: 1,
  log
}

describe("ProjectRecord", () => {
  it("accepts a whole record and refuses what the format does not know", () => {
    assert.isTrue(accepts(ProjectRecord.ProjectRecord, projectRecord))
    const refused: Record<string, unknown> = {
      "an unknown member": { ...projectRecord, extra: 1 },
      "no owner": { ...projectRecord, owners: [] },
      "an owner twice": { ...projectRecord, owners: [key32, key32] },
      "an alias with upper case": { ...projectRecord, targets: { API: projectRecord.targets.api } },
      "an alias that is a prototype": {
        ...projectRecord,
        targets: JSON.parse(`{"__proto__":{"provider":"oidc","principal":"x"}}`)
      },
      "a cap above the format's": { ...projectRecord, ttl: { token: 24 * 3600 + 1 } },
      "an unknown cap": { ...projectRecord, ttl: { forever: 1 } },
      "a cap of nothing": { ...projectRecord, ttl: { token: 0 } },
      "plain http beyond loopback": {
        ...projectRecord,
        targets: { api: { provider: "aws", principal: "x", endpoint: "http://example.com" } }
      },
      "an endpoint with a password": {
        ...projectRecord,
        targets: { api: { provider: "aws", principal: "x", endpoint: "https://u:p@example.com" } }
      },
      "an endpoint of another scheme": {
        ...projectRecord,
        targets: { api: { provider: "aws", principal: "x", endpoint: "file:///etc/passwd" } }
      },
      "an empty name": { ...projectRecord, name: "" },
      "a control character in the name": { ...projectRecord, name: "a\u001b[2J" },
      "a fraction of a second": { ...projectRecord, iat: 1.5 },
      "a ceiling without statements": { ...projectRecord, ceiling: { statements: [], deny: [] } }
    }
    for (const [why, record] of Object.entries(refused))
      assert.isFalse(accepts(ProjectRecord.ProjectRecord, record), why)
  })

  it("takes http for loopback alone", () => {
    for (const endpoint of ["http://localhost:1", "http://127.0.0.1", "http://[::1]:9000", "https://sts.example.com"]) {
      const targets = { api: { provider: "aws", principal: "x", endpoint } }
      assert.isTrue(accepts(ProjectRecord.ProjectRecord, { ...projectRecord, targets }), endpoint)
    }
    const targets = { api: { provider: "aws", principal: "x", endpoint: "http://127.0.0.1.example.com" } }
    assert.isFalse(accepts(ProjectRecord.ProjectRecord, { ...projectRecord, targets }))
  })

  it("lets no session outlive its token's cap", () => {
    const record = Schema.decodeUnknownSync(ProjectRecord.ProjectRecord)({
      ...projectRecord,
      ttl: { token: 60, session: 120 }
    })
    assert.strictEqual(ProjectRecord.ttlCap(record, "session"), 60)
    assert.strictEqual(ProjectRecord.ttlCap(record, "credentials"), 3600)
  })
})

describe("MemberRecord", () => {
  it("accepts humans with a key and agents with or without", () => {
    for (const record of [human, agent, { ...agent, jwk }, { ...human, role: "auditor" }]) {
      assert.isTrue(accepts(MemberRecord.MemberRecord, record))
    }
  })

  it("refuses records that contradict themselves", () => {
    const { jwk: _, ...keyless } = human
    const refused: Record<string, unknown> = {
      "a human without a key": keyless,
      "a human called an agent": { ...human, kind: "agent" },
      "an agent called a human": { ...agent, kind: "human", jwk },
      "an agent with a label": { ...agent, member: "ai:claude/x@acme" },
      "an agent of another project": { ...agent, member: "ai:claude@other" },
      "an agent as auditor": { ...agent, role: "auditor" },
      "an unknown role": { ...human, role: "owner" }
    }
    for (const [why, record] of Object.entries(refused)) assert.isFalse(accepts(MemberRecord.MemberRecord, record), why)
  })

  it("is in force from valid_from until just before revoked_at", () => {
    const record = Schema.decodeUnknownSync(MemberRecord.MemberRecord)({ ...human, valid_from: 10, revoked_at: 20 })
    const at = (time: number) => MemberRecord.isInForce(record, UnixTime.UnixTime.make(time))
    assert.deepStrictEqual([9, 10, 19, 20].map(at), [false, true, true, false])
  })
})

describe("DelegationRecord", () => {
  it("accepts a human's relation to an agent and to their own terminal", () => {
    assert.isTrue(accepts(DelegationRecord.DelegationRecord, delegation))
    assert.isTrue(accepts(DelegationRecord.DelegationRecord, { ...delegation, agent: "you@example.com" }))
    assert.isTrue(accepts(DelegationRecord.DelegationRecord, { ...delegation, ended: true }))
  })

  it("refuses other humans, labels, foreign projects and an end that is not true", () => {
    for (const change of [
      { agent: "someone@example.com" },
      { agent: "ai:claude/x@acme" },
      { agent: "ai:claude@other" },
      { ended: false },
      { salt: "AAAA" }
    ]) {
      assert.isFalse(accepts(DelegationRecord.DelegationRecord, { ...delegation, ...change }), JSON.stringify(change))
    }
  })
})
