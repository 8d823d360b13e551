import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexSession from "@bailiwick/storage/audex/AudexSession"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Sample from "./Sample.ts"

const request: AudexSession.Request = {
  ttlSeconds: 900,
  policy: Sample.session.policy,
  principal: "arn:aws:iam::123456789012:role/agent",
  command: ["aws", "s3", "ls"]
}

const at = (seconds: number, nanos = 0): AudexSession.Time => ({
  seconds: Sample.session.expires_at.seconds + seconds,
  nanos
})

describe("AudexSession", () => {
  it.effect("is made for each provider, active, with a new id and its lifetime", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_760_000_000_250)
      const session = yield* AudexSession.aws(request)
      assert.isTrue(Schema.is(CredentialSessionId)(session.id))
      assert.deepStrictEqual(
        { ...session, id: "" },
        {
          ...Sample.session,
          id: "",
          created_at: { seconds: 1_760_000_000, nanos: 250_000_000 },
          expires_at: { seconds: 1_760_000_900, nanos: 250_000_000 }
        }
      )
      const gcp = yield* AudexSession.gcp({ ...request, principal: "agent@acme.iam.gserviceaccount.com" })
      assert.deepStrictEqual([gcp.provider, gcp.role_arn], ["gcp", "agent@acme.iam.gserviceaccount.com"])
      const azure = yield* AudexSession.azure({ ...request, principal: "subscription", client: "c", tenant: "t" })
      assert.deepStrictEqual(
        [azure.provider, azure.role_arn, azure.principal_id, azure.tags.get("azure:tenant_id")],
        ["azure", "subscription", "c", "t"]
      )
      assert.strictEqual(AudexSession.defaultProvider, "aws")
      assert.notStrictEqual(gcp.id, azure.id)
    }).pipe(Effect.provide(NodeCrypto.layerSecureRandom))
  )

  it.effect("carries what the agent says of itself as a tag, never as a member or in agent_id", () =>
    Effect.gen(function* () {
      const session = yield* AudexSession.aws({ ...request, claimedAgent: "ai:claude@acme" })
      assert.isUndefined(session.agent_id)
      assert.deepStrictEqual([...session.tags], [["claimed_agent", "ai:claude@acme"]])
      assert.isUndefined(AudexSession.unknownMember(session, "member"))
      const theirs = { ...Sample.session, agent_id: "bot" }
      assert.deepStrictEqual([...AudexSession.tagsWithClaim(theirs)], [["claimed_agent", "bot"]])
      assert.strictEqual(AudexSession.tagsWithClaim(Sample.session), Sample.session.tags)
    }).pipe(Effect.provide(NodeCrypto.layerSecureRandom))
  )

  for (const budget of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    it.effect(`refuses a budget of ${budget}, which would be written as no limit or as none to spend`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(AudexSession.aws({ ...request, budget }))
        assert.strictEqual(error.reason._tag, "Unwritable")
        assert.strictEqual((yield* AudexSession.aws({ ...request, budget: 5 })).budget, 5)
      }).pipe(Effect.provide(NodeCrypto.layerSecureRandom))
    )
  }

  for (const ttlSeconds of [0, -1, 1.5, Number.NaN]) {
    it.effect(`refuses a lifetime of ${ttlSeconds} seconds`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(AudexSession.aws({ ...request, ttlSeconds }))
        assert.strictEqual(error.reason._tag, "Unwritable")
      }).pipe(Effect.provide(NodeCrypto.layerSecureRandom))
    )
  }

  it("ends once, in one way", () => {
    for (const status of ["completed", "expired", "revoked", "budget_exceeded", "failed"] as const) {
      const ended = Result.getOrThrow(AudexSession.end(Sample.session, status))
      assert.strictEqual(ended.status, status)
      assert.strictEqual(Result.getOrThrow(AudexSession.end(ended, status)), ended)
      const again = AudexSession.end(ended, status === "failed" ? "revoked" : "failed")
      assert.strictEqual(Result.isFailure(again) && again.failure.reason._tag, "AlreadyEnded")
    }
  })

  it("has expired only after its last nanosecond, and has whole seconds left before it", () => {
    assert.deepStrictEqual(
      [at(0), at(0, 1), at(1)].map((now) => AudexSession.isExpired(Sample.session, now)),
      [false, true, true]
    )
    assert.deepStrictEqual(
      [at(-900), at(-60), at(-60, 1), at(-1, 999_999_999), at(0), at(10)].map((now) =>
        AudexSession.remainingSeconds(Sample.session, now)
      ),
      [900, 60, 59, 0, 0, 0]
    )
  })

  it("is shown by eight bytes of its id, and never by half a character", () => {
    assert.deepStrictEqual(
      ["0123456789", "0123456", "", "éééééé", "aéééééé", "0123456\u{1F680}"].map((id) =>
        AudexSession.shortId({ ...Sample.session, id })
      ),
      ["01234567", "0123456", "", "éééé", "aéééééé", "0123456\u{1F680}"]
    )
  })

  it("acts as its principal, as exactly as it is known", () => {
    assert.strictEqual(AudexSession.principalId(Sample.session), Sample.session.role_arn)
    assert.strictEqual(AudexSession.principalId({ ...Sample.session, principal_id: "client" }), "client")
  })

  it("is written as the original writes it", () => {
    assert.strictEqual(
      AudexCodec.encode({ ...Sample.session, budget: 5, agent_id: "", tags: new Map([["team", "data"]]) }),
      `{
  "id": "5f0c1d9e-7f4e-4a64-9a52-0f1f3f1d7c11",
  "created_at": "2025-10-09T08:53:20Z",
  "expires_at": "2025-10-09T09:08:20Z",
  "ttl_seconds": 900,
  "budget": 5.0,
  "policy": {
    "actions": [
      {
        "service": "s3",
        "action": "GetObject"
      }
    ],
    "resources": [
      "*"
    ]
  },
  "status": "active",
  "role_arn": "arn:aws:iam::123456789012:role/agent",
  "command": [
    "aws",
    "s3",
    "ls"
  ],
  "access_key_id": null,
  "provider": "aws",
  "agent_id": "",
  "tags": {
    "team": "data"
  }
}`
    )
  })
})
