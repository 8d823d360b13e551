import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Query from "./support/Query.ts"
import * as S3 from "./support/S3.ts"
import * as SignedCall from "./support/SignedCall.ts"

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

describe("a signed call", () => {
  const identity = "Action=GetCallerIdentity&Version=2011-06-15"
  const post = { service: "sts", method: "POST", path: "/", body: identity } as const
  const send = (aws: FakeAws.FakeAws, call: Partial<SignedCall.Call> = {}) =>
    Effect.promise(() => SignedCall.send(aws.url, aws.broker, { ...post, ...call }))

  it.effect("of STS covers its body, whatever stands for a digest", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const unsigned = { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }
      const sent = "Action=AssumeRole"
      assert.strictEqual((yield* send(aws)).status, 200)
      for (const changes of [{ sent }, unsigned, { ...unsigned, sent }]) {
        const { body, status } = yield* send(aws, changes)
        assert.strictEqual(status, 403)
        assert.include(body, "SignatureDoesNotMatch")
      }
    })
  )

  it.effect("has no header of AWS that was not signed, and may have others", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const adding =
        (name: string): SignedCall.Call["change"] =>
        (signed) => ({ ...signed, headers: { ...signed.headers, [name]: "x" } })
      const outcomes = yield* Effect.forEach(["x-amz-meta-a", "X-Amz-Security-Token", "x-other"], (name) => {
        const change = adding(name)
        return Effect.map(send(aws, change === undefined ? {} : { change }), ({ status }) => status)
      })
      assert.deepStrictEqual(outcomes, [403, 403, 200])
    })
  )
})

describe("the tags of a session", () => {
  const tags = (...list: ReadonlyArray<readonly [key: string, value: string]>) =>
    Object.fromEntries(
      list.flatMap(([key, value], index) => [
        [`Tags.member.${index + 1}.Key`, key],
        [`Tags.member.${index + 1}.Value`, value]
      ])
    )

  it.effect("have the form and the number that STS takes", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const codeOf = (parameters: Readonly<Record<string, string>>) =>
        Effect.map(assume(aws, parameters), ({ code }) => code)
      const numbered = (count: number) =>
        tags(...Array.from({ length: count }, (_, index) => [`k${index}`, "v"] as const))
      for (const good of [
        tags(["k".repeat(128), "v".repeat(256)]),
        tags(["a", ""]),
        tags(["a b", "ä@/"]),
        numbered(50)
      ]) {
        assert.strictEqual(yield* codeOf(good), "")
      }
      for (const bad of [
        tags(["k".repeat(129), "v"]),
        tags(["a", "v".repeat(257)]),
        tags(["aws:a", "v"]),
        tags(["AWS:a", "v"]),
        tags(["a", "v"], ["A", "w"]),
        tags(["a*", "v"]),
        tags(["", "v"]),
        numbered(51)
      ]) {
        assert.strictEqual(yield* codeOf(bad), "ValidationError", JSON.stringify(bad))
      }
      assert.strictEqual(yield* codeOf({ ExternalId: "a b" }), "ValidationError")
    })
  )

  it.effect("that follow into further roles are nobody's to set anew there", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const next = aws.role({ name: "next", trusted: [role] })
      const first = yield* assume(aws, {
        ...tags(["lease", "1"], ["team", "a"]),
        "TransitiveTagKeys.member.1": "lease"
      })
      const chain = (parameters: Readonly<Record<string, string>>) =>
        assume(aws, { RoleArn: next, ...parameters }, Query.keyIn(first))
      assert.strictEqual((yield* chain(tags(["team", "b"]))).status, 200)
      for (const key of ["lease", "Lease"]) {
        assert.strictEqual((yield* chain(tags([key, "2"]))).code, "ValidationError")
      }
    })
  )

  it.effect("and a source identity need rights of their own", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const caller = (...Action: ReadonlyArray<string>) => {
        const key = aws.user(
          JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action, Resource: "*" } })
        )
        const arn = aws.world.callers.get(key.accessKeyId)?.arn ?? ""
        aws.role({ name: "agent", trusted: [arn] })
        return key
      }
      const tagged = tags(["a", "b"])
      const identified = { SourceIdentity: "you@example.com" }
      const plain = caller("sts:AssumeRole")
      assert.strictEqual((yield* assume(aws, {}, plain)).status, 200)
      assert.include((yield* assume(aws, tagged, plain)).message, "sts:TagSession")
      assert.include((yield* assume(aws, identified, plain)).message, "sts:SetSourceIdentity")
      const full = caller("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
      assert.strictEqual((yield* assume(aws, { ...tagged, ...identified }, full)).status, 200)
    })
  )
})

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
