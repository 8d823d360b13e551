import * as Actions from "@bailiwick/provider-aws/Actions"
import * as Denial from "@bailiwick/provider-aws/Denial"
import * as CredentialSessionId from "@bailiwick/core/CredentialSessionId"
import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const role = "arn:aws:iam::111122223333:role/team/agent"
const session = "arn:aws:sts::111122223333:assumed-role/agent/bw-claude-1"
const bucket = "arn:aws:s3:::acme"

const call = (service: string, api: string, more: Partial<Denial.FailedCall> = {}): Denial.FailedCall => ({
  service,
  api,
  code: "AccessDenied",
  message: "Access Denied",
  ...more
})

const sentence = (action: string, resource: string | undefined, more: object = {}) => ({
  principal: session,
  action,
  explicit: false,
  ...(resource === undefined ? {} : { resource }),
  ...more
})

const collect = (heard: Partial<Parameters<typeof Denial.collect>[0]>) =>
  Effect.map(Actions.load, (table) => Denial.collect({ table, session: { role }, sentences: [], calls: [], ...heard }))

const told = (heard: Partial<Parameters<typeof Denial.collect>[0]>) =>
  Effect.map(collect(heard), (denials) => denials.map(({ action, resource }) => `${action.text} ${resource ?? "?"}`))

const policy = (source: Policy.Source) => Result.getOrThrow(Policy.parse("aws", source))
const granted = policy({ allow: "s3:GetObject,s3:ListBucket", resource: "s3://acme/team/*" })

const judged = (given: Policy.Policy, action: string, resource?: string) =>
  Effect.map(collect({ sentences: [sentence(action, resource)] }), ([denial]) => {
    assert.isDefined(denial)
    return Denial.judge(denial, given)
  })

describe("collect", () => {
  it.effect("names actions as AWS does, however a service writes them, each refusal once and in order", () =>
    Effect.gen(function* () {
      const sentences = [
        sentence("sqs:sendmessage", "arn:aws:sqs:eu-west-1:111122223333:q"),
        sentence("s3:PutObject", `${bucket}/b`),
        sentence("s3:PutObject", `${bucket}/a`),
        sentence("s3:PutObject", `${bucket}/b`)
      ]
      assert.deepStrictEqual(yield* told({ sentences }), [
        "s3:PutObject arn:aws:s3:::acme/a",
        "s3:PutObject arn:aws:s3:::acme/b",
        "sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:q"
      ])
    })
  )

  it.effect("says nothing of an action that is not known", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told({ sentences: [sentence("s3:GetObjekt", bucket)] }), [])
      assert.deepStrictEqual(yield* told({ sentences: [sentence("__proto__:toString", bucket)] }), [])
    })
  )

  it.effect.each([
    ["another role's session", "arn:aws:sts::111122223333:assumed-role/agent2/bw-claude-1", 0],
    ["the same role's of another account", "arn:aws:sts::999999999999:assumed-role/agent/x", 0],
    ["another partition's", "arn:aws-cn:sts::111122223333:assumed-role/agent/x", 0],
    ["a user's", "arn:aws:iam::111122223333:user/agent", 0],
    ["nobody's", "alice", 0],
    ["its own session's", session, 1],
    ["one without an account, as some gateways write it", "arn:aws:sts:::assumed-role/agent/x", 1]
  ] as const)("hears a refusal of %s: %s %d", ([, who, count]) =>
    Effect.gen(function* () {
      const sentences = [sentence("s3:GetObject", `${bucket}/x`, { principal: who })]
      assert.lengthOf(yield* collect({ sentences }), count)
    })
  )

  it.effect("tells its own session from others of the role, where the broker has named it", () =>
    Effect.gen(function* () {
      const id = CredentialSessionId.CredentialSessionId.make("0197f3a0-1c2d-7e3f-8a4b-5c6d7e8f9a0b")
      const of = (name: string) => [
        sentence("s3:GetObject", bucket, { principal: `arn:aws:sts::111122223333:assumed-role/agent/${name}` })
      ]
      assert.lengthOf(yield* collect({ session: { role, id }, sentences: of(`bw-claude-${id}`) }), 1)
      assert.lengthOf(yield* collect({ session: { role, id }, sentences: of("bw-claude-1") }), 0)
      assert.lengthOf(yield* collect({ session: { role }, sentences: of("bw-claude-1") }), 1)
    })
  )

  it.effect("takes only ARNs and * for resources", () =>
    Effect.gen(function* () {
      const sentences = ["*", "role", "/etc/passwd"].map((resource) => sentence("iam:GetRole", resource))
      assert.deepStrictEqual(yield* told({ sentences }), ["iam:GetRole *"])
      assert.deepStrictEqual(yield* told({ sentences: sentences.slice(1) }), ["iam:GetRole ?"])
    })
  )

  it.effect.each([
    ["S3", "GetObject", "s3:GetObject"],
    ["S3", "HeadObject", "s3:GetObject"],
    ["S3", "ListObjectsV2", "s3:ListBucket"],
    ["S3", "ListBuckets", "s3:ListAllMyBuckets"],
    ["S3", "UploadPart", "s3:PutObject"],
    ["Lambda", "Invoke", "lambda:InvokeFunction"],
    ["CloudWatch Logs", "GetLogEvents", "logs:GetLogEvents"],
    ["SFN", "StartExecution", "states:StartExecution"],
    ["EC2", "DescribeInstances", "ec2:DescribeInstances"]
  ] as const)("knows the action behind a bare refusal of %s %s: %s", ([service, api, action]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told({ calls: [call(service, api)] }), [`${action} ?`])
    })
  )

  it.effect.each([
    ["S3", "CopyObject"],
    ["S3", "GetBucketEncryption"],
    ["Unheard Of", "GetObject"],
    ["S3", "*"],
    ["s3", "GetObject"],
    ["toString", "constructor"]
  ] as const)("says nothing of %s %s, whose action is not certain", ([service, api]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* told({ calls: [call(service, api)] }), [])
    })
  )

  it.effect.each(["ExpiredToken", "SignatureDoesNotMatch", "NoSuchKey", "Throttling", "InvalidClientTokenId", "400"])(
    "takes %s for no refusal",
    (code) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* told({ calls: [call("S3", "GetObject", { code })] }), [])
      })
  )

  it.effect("reads the sentence in a call's message, and tells the same refusal once", () =>
    Effect.gen(function* () {
      const message = `User: ${session} is not authorized to perform: s3:PutObject on resource: "${bucket}/x" because no session policy allows the s3:PutObject action`
      const calls = [call("S3", "PutObject"), call("S3", "PutObject", { message })]
      const [denial, ...more] = yield* collect({ calls, sentences: [sentence("s3:PutObject", `${bucket}/x`)] })
      assert.deepStrictEqual(more, [])
      assert.deepInclude(denial, { resource: `${bucket}/x`, by: "session policy", explicit: false, guarded: false })
    })
  )

  it.effect("leaves out a resource that the SDK has cut off", () =>
    Effect.gen(function* () {
      const lead = `User: ${session} is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/`
      const message = lead.padEnd(512, "t")
      assert.deepStrictEqual(yield* told({ calls: [call("DynamoDB", "GetItem", { message })] }), ["dynamodb:GetItem ?"])
    })
  )

  it.effect("knows what no target hands out by itself", () =>
    Effect.gen(function* () {
      const [denial] = yield* collect({ sentences: [sentence("s3:PutBucketPolicy", bucket)] })
      assert.isTrue(denial?.guarded)
    })
  )
})

describe("judge", () => {
  it.effect("finds what was not given, and where the action was", () =>
    Effect.gen(function* () {
      const elsewhere = ["arn:aws:s3:::acme/team/*"]
      assert.deepStrictEqual(yield* judged(granted, "s3:PutObject", `${bucket}/team/x`), {
        _tag: "NotGiven",
        elsewhere: []
      })
      assert.deepStrictEqual(yield* judged(granted, "s3:GetObject", `${bucket}/x`), { _tag: "NotGiven", elsewhere })
      assert.deepStrictEqual(yield* judged(granted, "s3:PutObject"), { _tag: "NotGiven", elsewhere: [] })
      assert.deepStrictEqual(yield* judged(granted, "s3:GetObject"), { _tag: "Unplaced", elsewhere })
    })
  )

  it.effect("finds what was given all the same", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* judged(granted, "s3:GetObject", `${bucket}/team/x`), { _tag: "Given" })
      const wide = policy({ allow: "S3:get*", resource: "*" })
      assert.deepStrictEqual(yield* judged(wide, "s3:GetObject", `${bucket}/team/x`), { _tag: "Given" })
    })
  )

  it.effect("tells the policy's own denials and conditions apart", () =>
    Effect.gen(function* () {
      const denying = policy({ allow: "s3:*", resource: "*", deny: "s3:DeleteObject" })
      assert.deepStrictEqual(yield* judged(denying, "s3:DeleteObject", `${bucket}/x`), { _tag: "Withheld" })
      const inside = policy({ allow: "s3:*", resource: "*", conditions: { source_ip: ["192.0.2.0/24"] } })
      assert.deepStrictEqual(yield* judged(inside, "s3:GetObject", `${bucket}/x`), { _tag: "Conditional" })
    })
  )

  it.effect("takes nothing that another cloud's statement allows for given", () =>
    Effect.gen(function* () {
      const other = Result.getOrThrow(Policy.parse("gcp", { allow: "storage.objects.get", resource: "*" }))
      assert.deepStrictEqual(yield* judged(other, "s3:GetObject", `${bucket}/x`), { _tag: "NotGiven", elsewhere: [] })
    })
  )
})

describe("isWithin", () => {
  it.effect("asks whether a limit above would ever allow it", () =>
    Effect.gen(function* () {
      const [denial] = yield* collect({ sentences: [sentence("s3:PutObject", `${bucket}/x`)] })
      assert.isDefined(denial)
      assert.isFalse(Denial.isWithin(denial, granted))
      assert.isTrue(Denial.isWithin(denial, policy({ allow: "s3:*", resource: "*" })))
      const inside = { allow: "s3:*", resource: "*", conditions: { source_ip: ["192.0.2.0/24"] } }
      assert.isTrue(Denial.isWithin(denial, policy(inside)))
      assert.isFalse(Denial.isWithin(denial, policy({ allow: "s3:*", resource: "*", deny: "s3:PutObject" })))
    })
  )
})
