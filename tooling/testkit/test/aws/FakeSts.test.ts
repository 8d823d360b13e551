import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Query from "./support/Query.ts"
import * as S3 from "./support/S3.ts"

const role = "arn:aws:iam::111122223333:role/agent"

const started = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent" })
  aws.put("acme", "team/x", "hello")
  aws.put("acme", "other/x", "secret")
  return aws
})

const allow = (Action: string, Resource: string): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action, Resource } })

const team = allow("s3:*", "arn:aws:s3:::acme/team/*")
const reads = allow("s3:GetObject", "arn:aws:s3:::acme/*")

const assume = (aws: FakeAws.FakeAws, parameters: Readonly<Record<string, string>> = {}, key = aws.broker) =>
  Query.call(aws, key, { Action: "AssumeRole", RoleArn: role, RoleSessionName: "one", ...parameters })

const scope = (aws: FakeAws.FakeAws, key: FakeAws.Key, parameters: Readonly<Record<string, string>>, host?: string) =>
  Query.call(aws, key, { Action: "GetScopedCredentials", ...parameters }, host === undefined ? {} : { host })

describe("the packed size", () => {
  it.effect("is said as a percentage, and grows with what is sent", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const sizeOf = (parameters: Readonly<Record<string, string>>) =>
        Effect.map(assume(aws, parameters), ({ text }) => Number(text("PackedPolicySize")))
      const small = yield* sizeOf({ Policy: team })
      assert.isAbove(small, 0)
      assert.strictEqual(yield* sizeOf({ Policy: team }), small)
      const tag = { "Tags.member.1.Key": "session", "Tags.member.1.Value": "0123456789abcdef".repeat(8) }
      assert.isAbove(yield* sizeOf({ Policy: team, ...tag }), small)
      assert.notInclude((yield* assume(aws)).body, "PackedPolicySize")
    })
  )

  it.effect("refuses more than all of it, by its own or as the test asked, with what AWS says", () =>
    Effect.gen(function* () {
      const aws = yield* started
      aws.packs(80)
      assert.strictEqual((yield* assume(aws, { Policy: team })).text("PackedPolicySize"), "80")
      aws.packs(157)
      const policy = yield* assume(aws, { Policy: team })
      assert.deepStrictEqual([policy.status, policy.code], [400, "PackedPolicyTooLarge"])
      assert.strictEqual(policy.message, "Packed policy consumes 157% of allotted space, please use smaller policy.")
      const tags = yield* assume(aws, { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" })
      assert.strictEqual(tags.message, "Packed size of session tags consumes 157% of allotted space.")
      aws.packs(undefined)
      assert.strictEqual((yield* assume(aws, { Policy: team })).status, 200)
    })
  )
})

describe("managed session policies", () => {
  it.effect("are united with the inline one, by their own ARN where AWS wrote them, ten at most", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const arn = aws.managed("arn:aws:iam::aws:policy/Others", allow("s3:GetObject", "arn:aws:s3:::acme/other/*"))
      assert.strictEqual(arn, "arn:aws:iam::aws:policy/Others")
      const key = Query.keyIn(yield* assume(aws, { Policy: team, "PolicyArns.member.1.arn": arn }))
      assert.strictEqual(yield* S3.get(aws, key, "team/x"), "hello")
      assert.strictEqual(yield* S3.get(aws, key, "other/x"), "secret")
      const alone = Query.keyIn(yield* assume(aws, { "PolicyArns.member.1.arn": arn }))
      assert.strictEqual(yield* S3.get(aws, alone, "team/x"), "AccessDenied")
      assert.strictEqual(yield* S3.get(aws, alone, "other/x"), "secret")
      const arns = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`PolicyArns.member.${index + 1}.arn`, arn]))
      assert.strictEqual((yield* assume(aws, arns(10))).status, 200)
      assert.strictEqual((yield* assume(aws, arns(11))).code, "ValidationError")
    })
  )
})

describe("GetScopedCredentials", () => {
  it.effect("narrows a session that is held, again and again, and keeps its identity", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const first = Query.keyIn(yield* assume(aws))
      const second = yield* scope(aws, first, { Policy: team, DurationSeconds: "600" })
      const third = yield* scope(aws, Query.keyIn(second), { Policy: reads, DurationSeconds: "60" })
      assert.match(second.text("ScopedSessionId"), /^[\w+=,.@:-]{2,193}$/u)
      assert.strictEqual(second.text("Arn"), "arn:aws:sts::111122223333:assumed-role/agent/one")
      assert.strictEqual(third.text("Arn"), second.text("Arn"))
      const { get, put } = S3
      assert.strictEqual(yield* get(aws, first, "other/x"), "secret")
      assert.deepStrictEqual(
        yield* Effect.all([
          put(aws, Query.keyIn(second), "team/y"),
          get(aws, Query.keyIn(second), "team/x"),
          get(aws, Query.keyIn(second), "other/x")
        ]),
        ["done", "hello", "AccessDenied"]
      )
      // What the third may do is in every policy before it.
      assert.deepStrictEqual(
        yield* Effect.all([
          get(aws, Query.keyIn(third), "team/x"),
          get(aws, Query.keyIn(third), "other/x"),
          put(aws, Query.keyIn(third), "team/y")
        ]),
        ["hello", "AccessDenied", "AccessDenied"]
      )
    })
  )

  it.effect("lives from a second to its caller's own end, and no longer", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const caller = Query.keyIn(yield* assume(aws, { DurationSeconds: "900" }))
      const lasting = (DurationSeconds: string) => scope(aws, caller, { Policy: team, DurationSeconds })
      const ends = (answer: Query.Answer) => Date.parse(answer.text("Expiration")) - aws.world.now()
      assert.closeTo(ends(yield* lasting("1")), 500, 500)
      assert.isAtMost(ends(yield* scope(aws, caller, { Policy: team })), 900_000)
      assert.strictEqual((yield* lasting("0")).code, "ValidationError")
      assert.strictEqual((yield* lasting("901")).code, "ValidationError")
      const short = Query.keyIn(yield* lasting("60"))
      assert.strictEqual((yield* scope(aws, short, { Policy: team, DurationSeconds: "61" })).code, "ValidationError")
      assert.strictEqual((yield* scope(aws, short, { Policy: team, DurationSeconds: "30" })).status, 200)
      aws.ahead(62)
      assert.strictEqual((yield* scope(aws, short, { Policy: team, DurationSeconds: "1" })).code, "ExpiredToken")
    })
  )

  it.effect(
    "is refused to lasting keys, without anything narrower, at the global endpoint, and where it is unknown",
    () =>
      Effect.gen(function* () {
        const aws = yield* started
        const caller = Query.keyIn(yield* assume(aws))
        const asked = { Policy: team, DurationSeconds: "60" }
        assert.strictEqual((yield* scope(aws, caller, asked)).status, 200)
        assert.strictEqual((yield* scope(aws, aws.broker, asked)).code, "AccessDenied")
        assert.strictEqual((yield* scope(aws, caller, {})).code, "ValidationError")
        assert.strictEqual((yield* scope(aws, caller, asked, "sts.us-east-1.amazonaws.com")).status, 200)
        assert.strictEqual((yield* scope(aws, caller, asked, "sts.amazonaws.com")).code, "InvalidAction")
        aws.world.scoped = false
        assert.strictEqual((yield* scope(aws, caller, asked)).code, "InvalidAction")
      })
  )
})

describe("the clock of a fake AWS", () => {
  it.effect("stands in every answer, refusals too, and is the test's to set", () =>
    Effect.gen(function* () {
      const aws = yield* started
      aws.ahead(-7200)
      const answered = yield* assume(aws)
      assert.closeTo(Date.parse(answered.date), aws.world.now(), 2000)
      assert.closeTo(Date.parse(answered.text("Expiration")) - aws.world.now(), 3_600_000, 2000)
      aws.fail("AssumeRole", { status: 400, code: "Throttling", message: "Rate exceeded", times: 3 })
      for (const _ of [1, 2, 3]) {
        const refused = yield* assume(aws)
        assert.deepStrictEqual([refused.status, refused.code, refused.message], [400, "Throttling", "Rate exceeded"])
        assert.closeTo(Date.parse(refused.date), aws.world.now(), 2000)
      }
      assert.strictEqual((yield* assume(aws)).status, 200)
    })
  )
})
