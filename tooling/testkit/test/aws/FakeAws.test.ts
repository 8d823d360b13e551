import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} from "@aws-sdk/client-s3"
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from "@aws-sdk/client-sts"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const region = "us-east-1"

const s3 = (aws: FakeAws.FakeAws, credentials: FakeAws.Key, maxAttempts = 1) =>
  new S3Client({ endpoint: aws.url, region, forcePathStyle: true, maxAttempts, credentials })

const sts = (aws: FakeAws.FakeAws, credentials: FakeAws.Key) =>
  new STSClient({ endpoint: aws.url, region, maxAttempts: 1, credentials })

const outcome = <A>(run: () => Promise<A>) =>
  Effect.promise(() =>
    run().then(
      () => "done",
      (error: unknown) => String(Object(error).name)
    )
  )

const get = (aws: FakeAws.FakeAws, key: FakeAws.Key, Key: string, Bucket = "acme") =>
  outcome(() => s3(aws, key).send(new GetObjectCommand({ Bucket, Key })))

const assume = (aws: FakeAws.FakeAws, key: FakeAws.Key, input: Partial<AssumeRoleCommandInput> = {}) =>
  outcome(() =>
    sts(aws, key).send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::111122223333:role/agent", RoleSessionName: "one", ...input })
    )
  )

const session = (aws: FakeAws.FakeAws, input: Partial<AssumeRoleCommandInput> = {}) =>
  Effect.promise(async () => {
    const { Credentials: given } = await sts(aws, aws.broker).send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::111122223333:role/agent", RoleSessionName: "one", ...input })
    )
    return {
      accessKeyId: given?.AccessKeyId ?? "",
      secretAccessKey: given?.SecretAccessKey ?? "",
      sessionToken: given?.SessionToken ?? ""
    }
  })

const started = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent" })
  aws.put("acme", "team/x", "hello")
  aws.put("acme", "other/x", "secret")
  return aws
})

const policy = (...statements: ReadonlyArray<object>) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements.map((each) => ({ Effect: "Allow", ...each })) })

const team = policy({ Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/team/*" })

describe("FakeAws", () => {
  it.effect("holds a session to its session policy, and without one to its role alone", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const narrowed = yield* session(aws, { Policy: team })
      assert.strictEqual(yield* get(aws, narrowed, "team/x"), "done")
      assert.strictEqual(yield* get(aws, narrowed, "other/x"), "AccessDenied")
      assert.strictEqual(yield* get(aws, yield* session(aws), "other/x"), "done")
    })
  )

  it.effect("reads, writes, deletes and lists for who may, and for nobody else", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const each = (key: FakeAws.Key) =>
        Effect.all([
          outcome(() => s3(aws, key).send(new PutObjectCommand({ Bucket: "acme", Key: "team/y", Body: "new" }))),
          outcome(() => s3(aws, key).send(new ListObjectsV2Command({ Bucket: "acme", Prefix: "team/" }))),
          outcome(() => s3(aws, key).send(new DeleteObjectCommand({ Bucket: "acme", Key: "team/y" })))
        ])
      assert.deepStrictEqual(yield* each(yield* session(aws)), ["done", "done", "done"])
      const refused = ["AccessDenied", "AccessDenied", "AccessDenied"]
      assert.deepStrictEqual(yield* each(yield* session(aws, { Policy: team })), refused)
      assert.strictEqual(yield* get(aws, aws.broker, "team/missing"), "NoSuchKey")
    })
  )

  it.effect("lists under a prefix for who may list that prefix", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const Policy = policy({
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::acme",
        Condition: { StringLike: { "s3:prefix": "team/*" } }
      })
      const key = yield* session(aws, { Policy })
      const list = (Prefix?: string) =>
        outcome(() => s3(aws, key).send(new ListObjectsV2Command({ Bucket: "acme", ...(Prefix && { Prefix }) })))
      assert.strictEqual(yield* list("team/"), "done")
      assert.strictEqual(yield* list("other/"), "AccessDenied")
      assert.strictEqual(yield* list(), "AccessDenied")
    })
  )

  it.effect("refuses a wrong secret, a changed token, a token left out, an unknown key and a clock far off", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws)
      const { sessionToken: _, ...bare } = key
      assert.strictEqual(yield* get(aws, key, "team/x"), "done")
      assert.strictEqual(yield* get(aws, { ...key, secretAccessKey: "x" }, "team/x"), "SignatureDoesNotMatch")
      assert.strictEqual(yield* get(aws, { ...key, sessionToken: `${key.sessionToken}x` }, "team/x"), "InvalidToken")
      assert.strictEqual(yield* get(aws, bare, "team/x"), "InvalidToken")
      assert.strictEqual(yield* get(aws, { ...key, accessKeyId: "ASIAUNKNOWN" }, "team/x"), "InvalidAccessKeyId")
      aws.ahead(3000)
      assert.strictEqual(yield* get(aws, key, "team/x"), "RequestTimeTooSkewed")
    })
  )

  it.effect("takes no request whose body, path or query is not the one that was signed", () =>
    Effect.gen(function* () {
      const aws = yield* started
      let seen: { readonly headers: Record<string, string>; readonly path: string } | undefined
      const client = s3(aws, yield* session(aws))
      client.middlewareStack.add(
        (next) => (input) => {
          const { headers, path } = Object(input.request)
          seen = { headers, path }
          return next(input)
        },
        { step: "finalizeRequest", priority: "low" }
      )
      yield* Effect.promise(() => client.send(new PutObjectCommand({ Bucket: "acme", Key: "team/y", Body: "one" })))
      const { headers = {}, path = "" } = seen ?? {}
      const { host: _, ...others } = headers
      const put = (url: string, body: string) =>
        Effect.promise(async () => (await fetch(aws.url + url, { method: "PUT", headers: others, body })).status)
      assert.strictEqual(yield* put(`${path}?x-id=PutObject`, "one"), 200)
      assert.strictEqual(yield* put(`${path}?x-id=PutObject`, "two"), 400)
      assert.strictEqual(yield* put(`${path}z?x-id=PutObject`, "one"), 403)
      assert.strictEqual(yield* put(path, "one"), 403)
    })
  )

  it.effect("refuses sessions as STS does", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const other = aws.role({
        name: "careful",
        externalId: "id-1",
        allowsTags: false,
        allowsSourceIdentity: false,
        maximum: 3600
      })
      const careful = (input: Partial<AssumeRoleCommandInput>) =>
        assume(aws, aws.broker, { RoleArn: other, ExternalId: "id-1", ...input })
      assert.strictEqual(yield* assume(aws, aws.broker), "done")
      assert.strictEqual(yield* assume(aws, aws.stranger), "AccessDenied")
      assert.strictEqual(yield* assume(aws, aws.broker, { RoleArn: `${other}x` }), "AccessDenied")
      assert.strictEqual(yield* careful({}), "done")
      assert.strictEqual(yield* careful({ ExternalId: "id-2" }), "AccessDenied")
      assert.strictEqual(yield* careful({ Tags: [{ Key: "a", Value: "b" }] }), "AccessDenied")
      assert.strictEqual(yield* careful({ SourceIdentity: "you" }), "AccessDenied")
      assert.strictEqual(yield* careful({ DurationSeconds: 3601 }), "ValidationError")
      assert.strictEqual(yield* careful({ DurationSeconds: 899 }), "ValidationError")
      assert.strictEqual(yield* careful({ RoleSessionName: "a b" }), "ValidationError")
      assert.strictEqual(yield* careful({ Policy: `${team}${" ".repeat(2048)}` }), "ValidationError")
      assert.strictEqual(yield* careful({ Policy: "Ω" }), "ValidationError")
      assert.strictEqual(yield* careful({ Policy: "{}" }), "MalformedPolicyDocumentException")
      assert.strictEqual(
        yield* careful({ PolicyArns: [{ arn: "arn:aws:iam::111122223333:policy/none" }] }),
        "ValidationError"
      )
    })
  )

  it.effect("limits a session that a session opens to an hour, and keeps its source identity and transitive tags", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const second = aws.role({
        name: "second",
        trusted: ["arn:aws:iam::111122223333:role/agent"],
        policy: policy({ Action: "s3:*", Resource: "arn:aws:s3:::acme/${aws:PrincipalTag/team}/*" })
      })
      const Tags = [{ Key: "team", Value: "team" }]
      const key = yield* session(aws, { Tags, TransitiveTagKeys: ["team"], SourceIdentity: "you" })
      const chain = (input: Partial<AssumeRoleCommandInput>) => assume(aws, key, { RoleArn: second, ...input })
      assert.strictEqual(yield* chain({ DurationSeconds: 3601 }), "ValidationError")
      assert.strictEqual(yield* chain({ SourceIdentity: "me" }), "AccessDenied")
      assert.strictEqual(yield* chain({ DurationSeconds: 3600 }), "done")
      const opened = [...aws.world.callers.values()].at(-1)
      assert.deepStrictEqual([...(opened?.session?.tags ?? [])], [["team", "team"]])
      assert.strictEqual(opened?.session?.sourceIdentity, "you")
    })
  )

  it.effect("lets managed session policies add to the inline one, as AWS does", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const arn = aws.managed("other", policy({ Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/other/*" }))
      const key = yield* session(aws, { Policy: team, PolicyArns: [{ arn }] })
      assert.strictEqual(yield* get(aws, key, "team/x"), "done")
      assert.strictEqual(yield* get(aws, key, "other/x"), "done")
      assert.strictEqual(yield* get(aws, key, "third/x"), "AccessDenied")
    })
  )

  it.effect("ends a session by its own clock", () =>
    Effect.gen(function* () {
      const aws = yield* started
      const key = yield* session(aws, { DurationSeconds: 900 })
      // The client corrects its clock and asks once more.
      const get = outcome(() => s3(aws, key, 2).send(new GetObjectCommand({ Bucket: "acme", Key: "team/x" })))
      assert.strictEqual(yield* get, "done")
      aws.ahead(895)
      assert.strictEqual(yield* get, "done")
      aws.ahead(901)
      assert.strictEqual(yield* get, "ExpiredToken")
    })
  )

  it.effect("fails as often as it was told, and notes every call", () =>
    Effect.gen(function* () {
      const aws = yield* started
      aws.fail("AssumeRole", { status: 400, code: "Throttling", times: 2 })
      assert.strictEqual(yield* assume(aws, aws.broker), "Throttling")
      assert.strictEqual(yield* assume(aws, aws.broker), "Throttling")
      assert.strictEqual(yield* assume(aws, aws.broker), "done")
      assert.deepStrictEqual(
        aws.calls.map(({ action }) => action),
        ["AssumeRole", "AssumeRole", "AssumeRole"]
      )
    })
  )
})
