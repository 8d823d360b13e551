import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as Policy from "@bailiwick/core/Policy"
import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as BailiwickMembers from "@bailiwick/storage/audex/BailiwickMembers"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { UnixTime } from "@bailiwick/core/UnixTime"
import { AgentId } from "@bailiwick/core/MemberId"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Sample from "./Sample.ts"

const policy: Policy.Policy = Result.getOrThrow(
  Policy.parse("aws", { allow: "s3:GetObject,s3:ListBucket", resource: "arn:aws:s3:::acme-logs/*", deny: "s3:Delete*" })
)

const { agent: _, ...ours }: CredentialSession = Samples.credentialSession(1, {
  provider: "aws",
  role_arn: "arn:aws:iam::123456789012:role/agent",
  policy,
  tags: { team: "data" },
  command: ["aws", "s3", "ls"],
  renewed_at: UnixTime.make(1_760_000_300)
})

const write = (session: CredentialSession = ours): AudexSession => Result.getOrThrow(BailiwickMembers.toAudex(session))

/** What another reader of the file has of it. */
const reread = (session: AudexSession): AudexSession => Result.getOrThrow(AudexCodec.decode(AudexCodec.encode(session)))

describe("BailiwickMembers", () => {
  it("writes a session of ours in the original's form, with its policy and members beside it", () => {
    const written = write()
    assert.deepStrictEqual(reread(written), written)
    assert.deepStrictEqual(written.policy, {
      actions: [
        { service: "s3", action: "GetObject" },
        { service: "s3", action: "ListBucket" }
      ],
      resources: ["arn:aws:s3:::acme-logs/*"]
    })
    const members = AudexJson.toJson(written.unknown)
    assert.deepInclude(members, {
      bailiwick_policy: policy,
      project_id: ours.project_id,
      member: ours.human,
      delegation_id: ours.delegation_id,
      auth_session_id: ours.auth_session_id,
      target: ours.target,
      enforcement: ours.enforcement,
      isolation: ours.isolation,
      renewed_at: "2025-10-09T08:58:20Z",
      issue_count: ours.issue_count
    })
    assert.isUndefined(written.agent_id)
    assert.deepStrictEqual([...written.tags], [["team", "data"]])
  })

  it("names the agent that acts as the member, where one does", () => {
    const agent = AgentId.make("ai:claude@acme")
    assert.deepInclude(AudexJson.toJson(write({ ...ours, agent }).unknown), { member: "ai:claude@acme" })
  })

  it("reads back the very policy that was granted", () => {
    assert.deepStrictEqual(Result.getOrThrow(BailiwickMembers.policy(reread(write()))), Option.some(policy))
    assert.deepStrictEqual(Result.getOrThrow(BailiwickMembers.policy(Sample.session)), Option.none())
  })

  it("refuses a policy that cannot be read, that breaks a rule, or that stands twice", () => {
    const holding = (...values: ReadonlyArray<AudexJson.Value>): AudexSession => ({
      ...Sample.session,
      unknown: new AudexJson.Members(values.map((value) => ["bailiwick_policy", value]))
    })
    const good = AudexJson.fromJson(JSON.parse(JSON.stringify(policy)))
    assert.isTrue(Result.isSuccess(BailiwickMembers.policy(holding(good))))
    const bad = [
      "all",
      null,
      AudexJson.fromJson({ statements: [], deny: [] }),
      AudexJson.fromJson({ ...policy, more: 1 })
    ]
    for (const value of bad) assert.isTrue(Result.isFailure(BailiwickMembers.policy(holding(value))))
    assert.isTrue(Result.isFailure(BailiwickMembers.policy(holding(good, good))))
  })

  it("says whether the flat form alone would claim more than was granted", () => {
    assert.isTrue(BailiwickMembers.isFlat(Sample.session))
    assert.isFalse(BailiwickMembers.isFlat(write()))
    assert.isTrue(BailiwickMembers.isFlat(write({ ...ours, policy: { ...policy, deny: [] } })))
  })

  it("never writes an oidc session, nor an action that has no form there", () => {
    const refused = (session: CredentialSession) => {
      const written = BailiwickMembers.toAudex(session)
      return Result.isFailure(written) && written.failure.reason._tag
    }
    const statements = [{ provider: "aws", actions: ["*"], resources: ["*"] }] as const
    assert.strictEqual(refused({ ...ours, provider: "oidc" }), "Unwritable")
    assert.strictEqual(refused({ ...ours, policy: { statements, deny: [] } }), "Unwritable")
    assert.isFalse(refused(ours))
  })
})
