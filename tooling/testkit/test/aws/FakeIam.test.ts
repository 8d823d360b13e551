import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Query from "./support/Query.ts"
import * as S3 from "./support/S3.ts"

const started = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent" })
  aws.put("acme", "team/x", "hello")
  const call = (Action: string, PolicyName: string, PolicyDocument?: string, key = aws.broker) =>
    Query.call(
      aws,
      key,
      { Action, RoleName: "agent", PolicyName, ...(PolicyDocument === undefined ? {} : { PolicyDocument }) },
      { service: "iam" }
    )
  const key = Query.keyIn(
    yield* Query.call(aws, aws.broker, {
      Action: "AssumeRole",
      RoleArn: "arn:aws:iam::111122223333:role/agent",
      RoleSessionName: "one",
      "Tags.member.1.Key": "lease",
      "Tags.member.1.Value": "l-1"
    })
  )
  return { aws, call, key }
})

const deny = (Condition: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Deny", Action: "*", Resource: "*", Condition } })

const iso = (millis: number) => new Date(millis).toISOString()

describe("inline policies of a role", () => {
  it.effect("are written, read and deleted by their names", () =>
    Effect.gen(function* () {
      const { call } = yield* started
      const document = deny({ StringEquals: { "aws:PrincipalTag/lease": "l-2" } })
      assert.strictEqual((yield* call("GetRolePolicy", "one")).code, "NoSuchEntity")
      assert.strictEqual((yield* call("DeleteRolePolicy", "one")).code, "NoSuchEntity")
      assert.strictEqual((yield* call("PutRolePolicy", "one", document)).status, 200)
      const read = yield* call("GetRolePolicy", "one")
      assert.strictEqual(decodeURIComponent(read.text("PolicyDocument")), document)
      assert.strictEqual((yield* call("DeleteRolePolicy", "one")).status, 200)
      assert.strictEqual((yield* call("GetRolePolicy", "one")).status, 404)
      assert.strictEqual((yield* call("PutRolePolicy", "one", "{}")).code, "MalformedPolicyDocument")
    })
  )

  it.effect("hold 10,240 characters together, white space apart", () =>
    Effect.gen(function* () {
      const { call } = yield* started
      const sized = (length: number) => {
        const empty = deny({ StringEquals: { "aws:userid": "" } })
        return deny({ StringEquals: { "aws:userid": "x".repeat(length - empty.length) } })
      }
      assert.strictEqual((yield* call("PutRolePolicy", "one", sized(5120))).status, 200)
      assert.strictEqual((yield* call("PutRolePolicy", "two", `${" ".repeat(500)}${sized(5120)}`)).status, 200)
      const over = yield* call("PutRolePolicy", "two", sized(5121))
      assert.deepStrictEqual([over.status, over.code], [409, "LimitExceeded"])
      assert.strictEqual(over.message, "Maximum policy size of 10240 bytes exceeded for role agent")
      // A policy in the place of another counts once.
      assert.strictEqual((yield* call("PutRolePolicy", "one", sized(5120))).status, 200)
    })
  )

  it.effect("end sessions that are open, by a tag, by the session and by the time of their token", () =>
    Effect.gen(function* () {
      const { aws, call, key } = yield* started
      const issued = [...aws.world.callers.values()].at(-1)?.session?.issued ?? 0
      const userId = [...aws.world.callers.values()].at(-1)?.userId ?? ""
      const under = (condition: object) =>
        Effect.andThen(call("PutRolePolicy", "revoked", deny(condition)), S3.get(aws, key, "team/x"))
      assert.strictEqual(yield* S3.get(aws, key, "team/x"), "hello")
      for (const [ends, spares] of [
        [
          { StringEquals: { "aws:PrincipalTag/lease": ["l-0", "l-1"] } },
          { StringEquals: { "aws:PrincipalTag/lease": ["l-0", "l-2"] } }
        ],
        [{ StringLike: { "aws:userid": userId } }, { StringLike: { "aws:userid": `${userId}x` } }],
        [
          { DateLessThan: { "aws:TokenIssueTime": iso(issued + 1000) } },
          { DateLessThan: { "aws:TokenIssueTime": iso(issued) } }
        ]
      ] as const) {
        assert.strictEqual(yield* under(ends), "AccessDenied")
        assert.strictEqual(yield* under(spares), "hello")
      }
    })
  )

  it.effect("are nobody's to write who may not", () =>
    Effect.gen(function* () {
      const { aws, call } = yield* started
      const reader = aws.user(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}'
      )
      const refused = yield* call("PutRolePolicy", "one", deny({}), reader)
      assert.strictEqual(refused.code, "AccessDenied")
      assert.match(
        refused.message,
        /^User: arn:aws:iam::111122223333:user\/\w+ is not authorized to perform: iam:PutRolePolicy on resource: role agent because no identity-based policy allows the iam:PutRolePolicy action$/u
      )
      assert.strictEqual((yield* call("GetRolePolicy", "one", undefined, reader)).code, "NoSuchEntity")
    })
  )
})
