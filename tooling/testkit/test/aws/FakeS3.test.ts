import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Query from "./support/Query.ts"
import * as S3 from "./support/S3.ts"
import * as SignedCall from "./support/SignedCall.ts"

const bucket = "arn:aws:s3:::acme"

type Statement = Readonly<Record<string, unknown>>

const document = (...statements: ReadonlyArray<Statement>) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements.map((each) => ({ Effect: "Allow", ...each })) })

const session = Effect.fnUntraced(function* (aws: FakeAws.FakeAws, ...statements: ReadonlyArray<Statement>) {
  const RoleArn = "arn:aws:iam::111122223333:role/agent"
  const asked = { Action: "AssumeRole", RoleArn, RoleSessionName: "one", Policy: document(...statements) }
  return Query.keyIn(yield* Query.call(aws, aws.broker, asked))
})

const started = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent" })
  for (const key of ["team/a", "team/b&<c", "team/deep/d", "other/x"]) aws.put("acme", key, `of ${key}`)
  return aws
})

const whyNot = (aws: FakeAws.FakeAws, credentials: FakeAws.Key, Key: string) =>
  Effect.promise(() =>
    new S3Client({ endpoint: aws.url, region: "us-east-1", forcePathStyle: true, credentials })
      .send(new GetObjectCommand({ Bucket: "acme", Key }))
      .then(
        () => "allowed",
        (error: unknown) => String(Object(error).message)
      )
  )

it.effect("what has an action of its own is not taken for what its method says", () =>
  Effect.gen(function* () {
    const aws = yield* started
    const send = (call: Omit<SignedCall.Call, "service">) =>
      Effect.promise(() => SignedCall.send(aws.url, aws.broker, { service: "s3", ...call }))
    const path = "/acme/team/a"
    assert.strictEqual((yield* send({ method: "GET", path })).body, "of team/a")
    for (const call of [
      { method: "GET", path: "/acme/", query: { policy: "" } },
      { method: "GET", path, query: { acl: "" } },
      { method: "PUT", path, query: { tagging: "" }, body: "<Tagging/>" },
      { method: "PUT", path, headers: { "x-amz-copy-source": "/acme/other/x" } },
      { method: "PUT", path, query: { partNumber: "1", uploadId: "u" }, body: "part" },
      { method: "GET", path, query: { versionId: "1" } }
    ]) {
      assert.strictEqual((yield* send(call)).status, 501, JSON.stringify(call))
    }
    assert.strictEqual((yield* send({ method: "GET", path })).body, "of team/a")
  })
)

describe("what a refusal says", () => {
  const by = "User: arn:aws:sts::111122223333:assumed-role/agent/one is not authorized to perform: "
  const reading = { Action: "s3:GetObject", Resource: `${bucket}/team/*` }

  it.effect("is which kind of policy did not allow it, or denied it, as AWS words it", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws, reading, { ...reading, Effect: "Deny", Resource: `${bucket}/team/b*` })
      assert.strictEqual(yield* whyNot(aws, key, "team/a"), "allowed")
      assert.strictEqual(
        yield* whyNot(aws, key, "other/x"),
        `${by}s3:GetObject on resource: "${bucket}/other/x" because no session policy allows the s3:GetObject action`
      )
      assert.strictEqual(
        yield* whyNot(aws, key, "team/b"),
        `${by}s3:GetObject on resource: "${bucket}/team/b" with an explicit deny in a session policy`
      )
      aws.role({ name: "agent", policy: document({ Action: "s3:List*", Resource: "*" }) })
      assert.strictEqual(
        yield* whyNot(aws, yield* session(aws, reading), "team/a"),
        `${by}s3:GetObject on resource: "${bucket}/team/a" because no identity-based policy allows the s3:GetObject action`
      )
      const everything = { Action: "*", Resource: "*" }
      aws.role({ name: "agent", policy: document(everything, { ...everything, Effect: "Deny" }) })
      assert.strictEqual(
        yield* whyNot(aws, yield* session(aws, reading), "team/a"),
        `${by}s3:GetObject on resource: "${bucket}/team/a" with an explicit deny in an identity-based policy`
      )
    })
  )

  it.effect("hides from who may not list whether there is an object", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws, reading)
      assert.strictEqual(
        yield* whyNot(aws, key, "team/none"),
        `${by}s3:ListBucket on resource: "${bucket}" because no session policy allows the s3:ListBucket action`
      )
      const lister = yield* session(aws, reading, { Action: "s3:ListBucket", Resource: bucket })
      assert.strictEqual(yield* S3.get(aws, lister, "team/none"), "NoSuchKey")
    })
  )
})

describe("objects", () => {
  it.effect("are read, headed, listed by folder and deleted", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws, { Action: "s3:*", Resource: [bucket, `${bucket}/*`] })
      assert.strictEqual(yield* S3.head(aws, key, "team/a"), "9 bytes")
      assert.strictEqual(yield* S3.list(aws, key, "team/", "/"), "team/a, team/b&<c, team/deep/")
      assert.strictEqual(yield* S3.list(aws, key, "team/"), "team/a, team/b&<c, team/deep/d")
      assert.strictEqual(yield* S3.remove(aws, key, "team/a"), "done")
      assert.strictEqual(yield* S3.head(aws, key, "team/a"), "NotFound")
      const blind = yield* session(aws, { Action: "s3:PutObject", Resource: `${bucket}/*` })
      assert.strictEqual(yield* S3.head(aws, blind, "team/deep/d"), "403")
    })
  )

  it.effect("are deleted together, each as it is allowed for itself", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws, { Action: "s3:DeleteObject", Resource: `${bucket}/team/*` })
      const removed = yield* S3.removeMany(aws, key, ["team/b&<c", "other/x"])
      assert.strictEqual(removed, "team/b&<c, !other/x AccessDenied")
      assert.deepStrictEqual([...(aws.world.buckets.get("acme")?.keys() ?? [])], ["team/a", "team/deep/d", "other/x"])
    })
  )

  it.effect("are listed under the conditions of a listing", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const listing = { Action: "s3:ListBucket", Resource: bucket }
      const folders = yield* session(aws, { ...listing, Condition: { StringEquals: { "s3:delimiter": "/" } } })
      assert.strictEqual(yield* S3.list(aws, folders, "", "/"), "other/, team/")
      assert.strictEqual(yield* S3.list(aws, folders, ""), "AccessDenied")
    })
  )
})
