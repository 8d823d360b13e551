import * as Actions from "@bailiwick/provider-aws/Actions"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ResourceKind from "../../src/document/ResourceKind.ts"
import { compile, parsed } from "../support/Policies.ts"

const beginning = "of no use with these resources, for they are of another kind: "

/** What is said of them, without its beginning; undefined for nothing. */
const told = (...asked: Parameters<typeof parsed>) =>
  Effect.map(compile(parsed(...asked)), ({ notes }) =>
    notes.find((note) => note.startsWith(beginning))?.slice(beginning.length)
  )

const key = "arn:aws:kms:eu-west-1:111122223333"

describe("ResourceKind", () => {
  it.effect.each([
    [
      "an object's action on a bucket",
      "s3:GetObject",
      "s3://acme",
      "s3:GetObject takes arn:aws:s3:::*/*, arn:aws:s3:*:*:accesspoint/*/object/*"
    ],
    [
      "a pattern all of whose actions are of objects",
      "s3:*MultipartUploadParts",
      "s3://acme",
      "s3:*MultipartUploadParts takes arn:aws:s3:::*/*, arn:aws:s3:*:*:accesspoint/*/object/*"
    ],
    [
      "a bucket's action on objects",
      "s3:GetBucketWebsite",
      "s3://acme/team/*",
      "s3:GetBucketWebsite takes arn:aws:s3:::*"
    ],
    [
      "a resource of another service",
      "sqs:SendMessage",
      "arn:aws:sns:eu-west-1:111122223333:x",
      "sqs:SendMessage takes arn:aws:sqs:*:*:*"
    ],
    ["the alias of a key", "kms:Decrypt", `${key}:alias/a`, "kms:Decrypt takes arn:aws:kms:*:*:key/*"]
  ] as const)("tells of %s", ([, allow, resource, note]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* told(allow, resource), note)
    })
  )

  it.effect.each([
    ["s3:GetObject", "s3://acme/*"],
    ["s3:GetObject", "s3://acme/team/x"],
    ["s3:GetObject", "arn:aws:s3:::acme*"],
    ["s3:GetObject", "s3://acme,s3://acme/*"],
    ["s3:ListBucket", "s3://acme/team/*"],
    ["s3:GetBucketWebsite", "arn:aws:s3:::acme*"],
    ["s3:Get*", "s3://acme"],
    ["s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/*"],
    ["kms:Decrypt", `${key}:key/*`],
    ["kms:Decrypt", "*"],
    ["logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:a:*"],
    ["dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/t"]
  ] as const)("is silent about %s on %s", ([allow, resource]) =>
    Effect.gen(function* () {
      assert.isUndefined(yield* told(allow, resource))
    })
  )

  it.effect("shows two of each, in the target's partition, and of many actions a few", () =>
    Effect.gen(function* () {
      const resource = "arn:aws-cn:sns:cn-north-1:111122223333:x"
      const { notes } = yield* compile(parsed("s3:ListTagsForResource", resource), { partition: "aws-cn" })
      assert.match(notes.join("\n"), /takes arn:aws-cn:[^ ]+, arn:aws-cn:[^ ]+ and 4 more$/u)
      const many = "sqs:SendMessage,sqs:DeleteMessage,sqs:PurgeQueue,sqs:DeleteQueue,sqs:ReceiveMessage"
      assert.match(
        (yield* told(many, "s3://acme")) ?? "",
        /^(?:sqs:\w+ takes arn:aws:sqs:\*:\*:\*(?:, | and )){4}1 more$/u
      )
    })
  )

  it.effect("lets every action be of use on what the list says that it takes, and none on what nobody takes", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      const of = (action: Actions.Action, resources: ReadonlyArray<string>) =>
        ResourceKind.notes([{ effect: "Allow", actions: [action.text], resources, condition: {} }], {
          table: Actions.remembering(table),
          partition: "aws"
        })
      const taking = Actions.matching(table, "*").filter(({ takes }) => takes.length > 0)
      assert.isAbove(taking.length, 10_000)
      for (const action of taking) {
        for (const shape of action.takes) {
          const named = `arn:aws:${shape.replaceAll("*", "x").replace(/\+$/u, "x")}`
          assert.isEmpty(of(action, [named]), `${action.text} on ${named}`)
        }
        assert.lengthOf(of(action, ["arn:aws:nothing:::x"]), 1, action.text)
      }
      const everything = { effect: "Allow", actions: ["*"], resources: ["arn:aws:nothing:::x"], condition: {} } as const
      assert.isEmpty(ResourceKind.notes([everything], { table, partition: "aws" }))
    })
  )
})
