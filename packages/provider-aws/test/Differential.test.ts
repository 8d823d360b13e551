import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as IamDocument from "@bailiwick/provider-aws/IamDocument"
import * as PolicyDocument from "@bailiwick/provider-aws/PolicyDocument"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { compile, policy } from "./support/Policies.ts"

const some = <const L extends ReadonlyArray<string>>(values: L, maximum = 3) =>
  Schema.Array(Schema.Literals(values)).check(Schema.isMinLength(1), Schema.isMaxLength(maximum))

const tags = ["env", "Env", "team"] as const
const words = ["dev", "prod", "${aws:username}", 'a"b'] as const
const times = [10, 20, 30] as const

const ConditionsOf = Schema.Struct({
  source_ip: Schema.optionalKey(some(["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32"], 2)),
  vpc: Schema.optionalKey(some(["vpc-1", "vpc-2"], 2)),
  vpc_endpoint: Schema.optionalKey(some(["vpce-1"], 1)),
  not_after: Schema.optionalKey(Schema.Literals(times)),
  tag: Schema.optionalKey(Schema.Struct({ key: Schema.Literals(tags), values: some(words, 2) }))
})

const actions = [
  "s3:*",
  "s3:Get*",
  "S3:get?bject",
  "s3:GetObject",
  "s3:PutObject",
  "s3:ListBucket",
  "s3:List*",
  "logs:GetLogEvents",
  "logs:*Events",
  "dynamodb:GetItem"
] as const

const resources = some([
  "*",
  "arn:aws:s3:::*",
  "arn:aws:s3:::b",
  "arn:aws:s3:::b/*",
  "arn:aws:s3:::b/team/*",
  "arn:aws:s3:::b/team/?.txt",
  "arn:aws:s3:::b/secret/",
  "arn:aws:s3:::b/*/",
  "arn:aws:s3:::b/${aws:username}/*",
  'arn:aws:s3:::b/a"b',
  "arn:aws:s3:::c/x",
  "arn:aws:logs:*:111122223333:log-group:app*",
  "arn:aws:logs:us-*:111122223333:log-group:app:*",
  "arn:aws:dynamodb:us-east-1:111122223333:table/t"
])

const StatementOf = Schema.Struct({
  actions: some(actions),
  resources,
  conditions: Schema.optionalKey(ConditionsOf)
})

const DenialOf = Schema.Struct({ ...StatementOf.fields, actions: some(["*", ...actions]) })

const PolicyOf = Schema.Struct({
  statements: Schema.Array(StatementOf).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
  deny: Schema.Array(DenialOf).check(Schema.isMaxLength(2))
})

const ContextOf = Schema.Struct({
  source_ip: Schema.optionalKey(Schema.Literals(["10.1.2.3", "10.9.9.9", "192.0.2.7", "2001:db8::1", "2001:db9::1"])),
  vpc: Schema.optionalKey(Schema.Literals(["vpc-1", "vpc-2", "vpc-3"])),
  vpc_endpoint: Schema.optionalKey(Schema.Literals(["vpce-1", "vpce-2"])),
  time: Schema.optionalKey(Schema.Literals([9, 10, 15, 20, 29, 31])),
  tag: Schema.optionalKey(Schema.Struct({ key: Schema.Literals(tags), value: Schema.Literals([...words, "me"]) }))
})

const guarded = new Set(["s3:PutBucketPolicy", "s3:PutObjectAcl", "iam:CreateUser"])

const RequestOf = Schema.Struct({
  action: Schema.Literals([
    "s3:GetObject",
    "s3:getobject",
    "s3:PutObject",
    "s3:GetObjectAcl",
    "s3:PutBucketPolicy",
    "s3:PutObjectAcl",
    "iam:CreateUser",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "dynamodb:GetItem"
  ]),
  resource: Schema.Literals([
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::b/team/a.txt",
    "arn:aws:s3:::b/team/ab.txt",
    "arn:aws:s3:::b/${aws:username}/x",
    "arn:aws:s3:::b/me/x",
    'arn:aws:s3:::b/a"b',
    "arn:aws:s3:::c/x",
    "arn:aws:s3:::c/x:y",
    "arn:aws:logs:us-east-1:111122223333:log-group:app",
    "arn:aws:logs:us-east-1:111122223333:log-group:app:x:y",
    "arn:aws:logs:eu-west-1:111122223333:log-group:web",
    "arn:aws:dynamodb:us-east-1:111122223333:table/t"
  ]),
  context: ContextOf
})

const ListingOf = Schema.Struct({
  prefix: Schema.optionalKey(Schema.Literals(["", "t", "team/", "team/a.txt", "secret/", "${aws:username}/"])),
  context: ContextOf
})

const unique = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values()
]

const statements = (list: ReadonlyArray<typeof DenialOf.Type>) =>
  unique(
    list.map(({ actions, resources, conditions }) => {
      const { tag, ...others } = conditions ?? {}
      const held = {
        ...Object.fromEntries(
          Object.entries(others).map(([key, value]) => [key, Array.isArray(value) ? unique(value) : value])
        ),
        ...(tag === undefined ? {} : { resource_tag: { [tag.key]: unique(tag.values) } })
      }
      return {
        provider: "aws",
        actions: unique(actions),
        resources: unique(resources),
        ...(Object.keys(held).length === 0 ? {} : { conditions: held })
      }
    })
  )

const policyOf = ({ statements: grants, deny }: typeof PolicyOf.Type): Policy.Policy =>
  Schema.decodeUnknownSync(Policy.Policy)({ statements: statements(grants), deny: statements(deny) })

const contextOf = ({ tag, ...others }: typeof ContextOf.Type): Policy.Context =>
  Schema.decodeUnknownSync(Policy.Context)({
    ...others,
    ...(tag === undefined ? {} : { resource_tag: { [tag.key]: tag.value } })
  })

/** The same context as condition keys; what is unknown is absent, and the caller's own name is known. */
const keysOf = ({ source_ip, vpc, vpc_endpoint, time, tag }: typeof ContextOf.Type): Record<string, string> => ({
  "aws:username": "me",
  ...(source_ip === undefined ? {} : { "aws:SourceIp": source_ip }),
  ...(vpc === undefined ? {} : { "aws:SourceVpc": vpc }),
  ...(vpc_endpoint === undefined ? {} : { "aws:SourceVpce": vpc_endpoint }),
  ...(time === undefined ? {} : { "aws:CurrentTime": new Date(time * 1000).toISOString() }),
  ...(tag === undefined ? {} : { [`aws:ResourceTag/${tag.key}`]: tag.value })
})

const everything = IamEvaluator.parse(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)

const allows = (text: string, request: IamEvaluator.Request): boolean =>
  IamEvaluator.decide({ identity: [everything], session: [IamEvaluator.parse(text)] }, request) === "allowed"

const all: Policy.Policy["statements"] = [{ provider: "aws", actions: ["*"], resources: ["*"] }]

// Large enough for `*`, whose guarded actions alone fill several real documents.
const room = 100_000

describe("a compiled policy", () => {
  const seen = { allowed: 0, refused: 0 }

  it.effect.prop(
    "is decided by AWS as the policy decides, but for guarded actions",
    [PolicyOf, Schema.Array(RequestOf).check(Schema.isMinLength(8), Schema.isMaxLength(8))],
    ([generated, requests]) =>
      Effect.gen(function* () {
        const asked = policyOf(generated)
        const compiled = yield* Effect.result(compile(asked, { room }))
        const covers = ({ action, context, resource }: typeof RequestOf.Type): boolean =>
          Policy.covers(asked, { provider: "aws", action, resource, context: contextOf(context) }).allowed &&
          !guarded.has(action)
        if (Result.isFailure(compiled)) {
          assert.include(compiled.failure.detail, "grants nothing")
          // Else it is refused because AWS compares its actions with no resource, which the policy's own text cannot know.
          if (compiled.failure.detail.includes("stays denied")) {
            for (const request of requests) assert.isFalse(covers(request), JSON.stringify(request))
          }
          return
        }
        for (const request of requests) {
          const { action, context, resource } = request
          const expected = covers(request)
          const actual = allows(compiled.success.text, { action, resource, context: keysOf(context) })
          assert.strictEqual(actual, expected, `${compiled.success.text}\n${JSON.stringify(request)}`)
          seen[actual ? "allowed" : "refused"]++
        }
      }),
    { arbitrary: { runs: 400 } }
  )

  it("was seen both allowing and refusing", () => {
    assert.isAbove(seen.allowed, 100)
    assert.isAbove(seen.refused, 100)
  })

  const listings = { allowed: 0, refused: 0 }

  it.effect.prop(
    "lets a bucket be listed only where the policy covers the bucket or the prefix, and nothing denies either",
    [PolicyOf, Schema.Array(ListingOf).check(Schema.isMinLength(8), Schema.isMaxLength(8))],
    ([generated, requests]) =>
      Effect.gen(function* () {
        const asked = policyOf(generated)
        const compiled = yield* Effect.result(compile(asked, { room }))
        if (Result.isFailure(compiled)) return
        for (const { prefix, context } of requests) {
          const covers = (of: Policy.Policy, resource: string) =>
            Policy.covers(of, { provider: "aws", action: "s3:ListBucket", resource, context: contextOf(context) })
              .allowed
          const bucket = "arn:aws:s3:::b"
          const names = prefix === undefined ? [bucket] : [bucket, `${bucket}/${prefix}`]
          const isGranted = names.some((name) => covers({ ...asked, deny: [] }, name))
          const isDenied = names.some((name) => !covers({ ...asked, statements: all }, name))
          const keys = { ...keysOf(context), ...(prefix === undefined ? {} : { "s3:prefix": prefix }) }
          const actual = allows(compiled.success.text, { action: "s3:ListBucket", resource: bucket, context: keys })
          const where = `${compiled.success.text}\n${JSON.stringify({ prefix, context })}`
          if (actual) assert.isTrue(isGranted && !isDenied, where)
          if (!isDenied && covers(asked, bucket)) assert.isTrue(actual, where)
          listings[actual ? "allowed" : "refused"]++
        }
      }),
    { arbitrary: { runs: 300 } }
  )

  it("was seen both listing and not", () => {
    assert.isAbove(listings.allowed, 50)
    assert.isAbove(listings.refused, 50)
  })

  it.effect.prop(
    "is read back as a policy that AWS decides alike",
    [
      PolicyOf,
      Schema.Array(RequestOf).check(Schema.isMinLength(8), Schema.isMaxLength(8)),
      Schema.Array(ListingOf).check(Schema.isMinLength(8), Schema.isMaxLength(8))
    ],
    ([generated, requests, listings]) =>
      Effect.gen(function* () {
        const permitted = ["*"]
        const compiled = yield* Effect.result(compile(policyOf(generated), { room, permitted }))
        if (Result.isFailure(compiled) || compiled.success.text.includes("${")) return
        // The lock of the session's own tags is the compiler's, and none of the policy's.
        const own = { ...JSON.parse(compiled.success.text) }
        own.Statement = own.Statement.filter((one: unknown) => !JSON.stringify(one).includes("aws:TagKeys"))
        const read = yield* Effect.fromResult(IamDocument.read(JSON.stringify(own)))
        const again = yield* compile(read, { room, permitted })
        const listed = listings.map(({ context, prefix }) => ({
          action: "s3:ListBucket",
          resource: "arn:aws:s3:::b",
          context: { ...keysOf(context), ...(prefix === undefined ? {} : { "s3:prefix": prefix }) }
        }))
        const others = requests.map(({ context, ...request }) => ({ ...request, context: keysOf(context) }))
        for (const request of [...listed, ...others]) {
          assert.strictEqual(allows(again.text, request), allows(compiled.success.text, request), again.text)
        }
      }),
    { arbitrary: { runs: 200 } }
  )

  it.effect.prop(
    "holds user text as text, whatever it is",
    [Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(40))],
    ([text]) =>
      Effect.gen(function* () {
        const table = yield* Actions.load
        const resource = `arn:aws:s3:::acme/${text}`
        const statement = { provider: "aws", actions: ["s3:GetObject"], resources: [resource] }
        const asked = Schema.decodeUnknownResult(Policy.Policy)({ statements: [statement], deny: [] })
        if (Result.isFailure(asked)) return
        const compiled = PolicyDocument.compile(asked.success, {
          table,
          partition: "aws",
          room,
          permitted: [],
          managed: []
        })
        if (Result.isFailure(compiled)) return
        const { Statement: written } = JSON.parse(compiled.success.text)
        assert.deepStrictEqual(Object.keys(written[0]), ["Effect", "Action", "Resource"])
        for (const request of [resource, `${resource}x`, "arn:aws:s3:::acme/other", "arn:aws:s3:::other/x"]) {
          const { allowed } = Policy.covers(asked.success, {
            provider: "aws",
            action: "s3:GetObject",
            resource: request
          })
          const keys = { "aws:username": "other" }
          assert.strictEqual(
            allows(compiled.success.text, { action: "s3:GetObject", resource: request, context: keys }),
            allowed
          )
        }
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect.each(['"', "${aws:username}", "${*}", "../", "\\", "é", "a:b", "a b", "$", "{}"])(
    "holds %s inside a name as it stands",
    (odd) =>
      Effect.gen(function* () {
        const resource = `arn:aws:s3:::acme/${odd}/x`
        const { text } = yield* compile(policy([{ resources: [resource] }]))
        const get = (key: string) =>
          allows(text, { action: "s3:GetObject", resource: key, context: { "aws:username": "me" } })
        assert.isTrue(get(resource))
        assert.isFalse(get("arn:aws:s3:::acme/me/x"))
        assert.isFalse(get("arn:aws:s3:::acme/*/x"))
      })
  )
})
