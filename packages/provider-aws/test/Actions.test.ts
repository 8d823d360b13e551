import * as Actions from "@bailiwick/provider-aws/Actions"
import * as ApiNames from "@bailiwick/provider-aws/ApiNames"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const matching = (pattern: string) => Effect.map(Actions.load, (table) => Actions.matching(table, pattern))
const names = (pattern: string) => Effect.map(matching(pattern), (actions) => actions.map(({ text }) => text))

describe("Actions", () => {
  it.effect("knows the services and actions of AWS, with what the list says of each", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      assert.isAbove(table.services.length, 400)
      assert.isAbove((yield* matching("*")).length, 20_000)
      const [get] = yield* matching("s3:GetObject")
      assert.deepInclude(get, { level: "read", takes: ["s3:*:*:accesspoint/*/object/*", "s3:::*/*"] })
      const [describeInstances] = yield* matching("ec2:DescribeInstances")
      assert.deepInclude(describeInstances, { level: "list", takes: [], knowsTag: false })
      const [start] = yield* matching("ec2:StartInstances")
      assert.deepInclude(start, { level: "write", knowsTag: true })
      assert.include(start?.takes ?? [], "ec2:*:*:instance/*")
      const [put] = yield* matching("s3:PutBucketPolicy")
      assert.deepInclude(put, { level: "permissions" })
    })
  )

  it.effect("matches as IAM does: without case, * any run, ? one character, a service never by a part", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* names("S3:getobject"), ["s3:GetObject"])
      assert.deepStrictEqual(yield* names("sqs:?endMessage"), ["sqs:SendMessage"])
      assert.deepStrictEqual(yield* names("sqs:*Visibility"), ["sqs:ChangeMessageVisibility"])
      assert.deepStrictEqual(yield* names("s3:GetObjec"), [])
      assert.deepStrictEqual(yield* names("__proto__:toString"), [])
    })
  )

  it.effect("reaches everything by both wildcards for everything", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* names("*:*")).length, (yield* names("*")).length)
      assert.isAbove((yield* names("*:GetObject")).length, 1)
    })
  )

  it.effect.each([
    ["s3:GetObjct", "s3:GetObject"],
    ["S3:getobjects", "s3:GetObject"],
    ["s4:GetObject", "s3:GetObject"],
    ["dynamo:GetItem", "dynamodb:GetItem"],
    ["dynamo:GetItm", "dynamodb:GetItem"],
    ["s3:getobj", "s3:GetObject"],
    ["s3:HeadBucket", "s3:ListBucket"],
    ["s3:listobjectsv2", "s3:ListBucket"],
    ["s3:CopyObject", "s3:PutObject"],
    ["s3.GetObject", "s3:GetObject"],
    ["lambda:Invoke", "lambda:InvokeFunction"],
    ["ec2:ListInstances", "ec2:DescribeInstances"],
    ["secretsmanager:GetSecret", "secretsmanager:GetSecretValue"],
    ["secrets:GetSecretValue", "secretsmanager:GetSecretValue"],
    ["cloudwatch:PutLogEvents", "logs:PutLogEvents"],
    ["stepfunctions:StartExecution", "states:StartExecution"],
    ["elbv2:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"]
  ] as const)("takes %s for %s", ([typed, meant]) =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      assert.include(Actions.suggest(table, typed), meant)
    })
  )

  it.effect("suggests no writing for what reads", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      assert.deepStrictEqual(Actions.suggest(table, "ec2:ListInstances"), ["ec2:DescribeInstances"])
      assert.deepStrictEqual(Actions.suggest(table, "s3:CreateMultipartUpload"), ["s3:PutObject"])
    })
  )

  it.effect("names APIs by actions that AWS has", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      for (const action of [...ApiNames.renamed.values(), ...[...ApiNames.meant.values()].flat()]) {
        assert.lengthOf(Actions.matching(table, action), 1, action)
      }
      for (const prefix of [...ApiNames.prefixes.values(), ...ApiNames.aliases.values()]) {
        assert.isNotEmpty(table.of(prefix), prefix)
      }
      for (const api of ApiNames.meant.keys()) assert.isEmpty(Actions.matching(table, api), api)
    })
  )

  it.effect("suggests nothing for what is near to nothing", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      assert.deepStrictEqual(Actions.suggest(table, "s3:Xyzzyxyzzy"), [])
      assert.deepStrictEqual(Actions.suggest(table, `${"q".repeat(5000)}:Get`), [])
    })
  )
})
