import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as PolicyDocument from "@bailiwick/provider-aws/PolicyDocument"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { compile, parsed, policy, statementsOf } from "./support/Policies.ts"

const text = (...parameters: Parameters<typeof compile>) => Effect.map(compile(...parameters), (found) => found.text)
const refusal = (...parameters: Parameters<typeof compile>) => Effect.flip(compile(...parameters))

const everything = IamEvaluator.parse(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)

describe("PolicyDocument", () => {
  it.effect("writes compact JSON, lists of one as their entry", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* text(parsed("s3:GetObject", "s3://acme/prefix/*")),
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/prefix/*"}]}'
      )
    })
  )

  it.effect("writes the same bytes for policies that say the same", () =>
    Effect.gen(function* () {
      const one = policy([
        { actions: ["s3:PutObject", "s3:GetObject"], resources: ["arn:aws:s3:::b/*", "arn:aws:s3:::a/*"] }
      ])
      const other = policy([
        { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] },
        { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*"] },
        { actions: ["s3:PutObject"], resources: ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"] }
      ])
      assert.strictEqual(yield* text(one), yield* text(other))
      assert.lengthOf(statementsOf(yield* text(other)), 1)
    })
  )

  it.effect("merges no statements of different conditions", () =>
    Effect.gen(function* () {
      const tied = policy([{}, { actions: ["s3:PutObject"], conditions: { source_ip: ["192.0.2.0/24"] } }])
      assert.lengthOf(statementsOf(yield* text(tied)), 2)
    })
  )

  it.effect("lists a bucket under the prefix of the objects asked for", () =>
    Effect.gen(function* () {
      const found = yield* text(parsed("s3:ListBucket,s3:GetObject", "s3://acme/prefix/*,s3://acme/other/*"))
      assert.deepStrictEqual(statementsOf(found), [
        {
          Effect: "Allow",
          Action: "s3:GetObject",
          Resource: ["arn:aws:s3:::acme/other/*", "arn:aws:s3:::acme/prefix/*"]
        },
        {
          Effect: "Allow",
          Action: "s3:ListBucket",
          Resource: "arn:aws:s3:::acme",
          Condition: { StringLike: { "s3:prefix": ["other/*", "prefix/*"] } }
        }
      ])
      const whole = yield* text(parsed("s3:ListBucket", "s3://acme,s3://acme/prefix/*"))
      assert.notInclude(whole, "s3:prefix")
    })
  )

  it.effect("denies listings under a denied prefix where the bucket may be listed", () =>
    Effect.gen(function* () {
      const grant = { actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::acme/*"] }
      const denial = { actions: ["s3:*"], resources: ["arn:aws:s3:::acme/secret/*"] }
      assert.deepInclude(statementsOf(yield* text(policy([grant], [denial]))), {
        Effect: "Deny",
        Action: ["s3:ListBucket", "s3:ListBucketVersions"],
        Resource: "arn:aws:s3:::acme",
        Condition: { StringLike: { "s3:prefix": "secret/*" } }
      })
      assert.notInclude(yield* text(policy([{}], [denial])), "s3:prefix")
    })
  )

  it.effect("denies listings under a prefix that is denied in buckets of many names", () =>
    Effect.gen(function* () {
      const grant = (resource: string) => ({ actions: ["s3:ListBucket"], resources: [resource] })
      const denied = Effect.fnUntraced(function* (denial: string, bucket: string, prefix: string) {
        const asked = policy([grant("arn:aws:s3:::acme-*")], [{ actions: ["s3:*"], resources: [denial] }])
        const session = [IamEvaluator.parse(yield* text(asked))]
        const list = (key: string) =>
          IamEvaluator.decide(
            { identity: [everything], session },
            { action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}`, context: { "s3:prefix": key } }
          )
        assert.strictEqual(list("public/"), "allowed", denial)
        return list(prefix) === "explicit-deny"
      })
      assert.isTrue(yield* denied("arn:aws:s3:::acme-*/secret/*", "acme-x", "secret/a"))
      assert.isTrue(yield* denied("arn:aws:s3:::*/secret/*", "acme-x", "secret/a"))
      // A wildcard reaches past the slash, as it does on keys.
      assert.isTrue(yield* denied("arn:aws:s3:::*secret/*", "acme-x", "top/secret/a"))
      assert.isTrue(yield* denied("arn:aws:s3:::acme-??secret/*", "acme-x", "secret/a"))
      assert.isTrue(yield* denied("arn:aws:s3:::acme-?/secret/*", "acme-x", "secret/a"))
      assert.isTrue(yield* denied("arn:aws:s3:::ac?e-?/secret/*", "acme-x", "secret/a"))
      assert.isTrue(yield* denied("arn:aws:s3:*:*:acme-x/secret/*", "acme-x", "secret/a"))
      assert.isFalse(yield* denied("arn:aws:s3:::acme-?/secret/*", "acme-xx", "secret/a"))
      assert.isFalse(yield* denied("arn:aws:s3:::other-*/secret/*", "acme-x", "secret/a"))
      const one = policy(
        [grant("arn:aws:s3:::acme/*")],
        [{ actions: ["s3:*"], resources: ["arn:aws:s3:::*/secret/*"] }]
      )
      assert.include(yield* text(one), '"s3:prefix":["*/secret/*","secret/*"]')
      assert.include((yield* compile(one)).notes.join(), "a listing above a denied prefix")
    })
  )

  it.effect.each([
    ["a prefix of a bucket that is granted", "arn:aws:s3:::acme", "arn:aws:s3:::acme/secret/"],
    ["the end of a prefix of such a bucket", "arn:aws:s3:::acme", "arn:aws:s3:::acme/*/"],
    ["the bucket of a prefix that is granted", "arn:aws:s3:::acme/secret/", "arn:aws:s3:::acme"],
    ["the bucket of an end that is granted", "arn:aws:s3:::acme/*/", "arn:aws:s3:::acme"]
  ] as const)("keeps a denial to list %s", ([, granted, denied]) =>
    Effect.gen(function* () {
      const listing = (name: string) => ({ actions: ["s3:ListBucket"], resources: [name] })
      const list = Effect.fnUntraced(function* (deny: ReadonlyArray<string>) {
        const session = [IamEvaluator.parse(yield* text(policy([listing(granted)], deny.map(listing))))]
        const context = { "s3:prefix": "secret/" }
        const asked = { action: "s3:ListBucket", resource: "arn:aws:s3:::acme", context }
        return IamEvaluator.decide({ identity: [everything], session }, asked)
      })
      assert.strictEqual(yield* list([denied]), "explicit-deny")
      assert.strictEqual(yield* list(["arn:aws:s3:::acme/public/", "arn:aws:s3:::other"]), "allowed")
    })
  )

  it.effect("writes every condition, and in denials so that an absent key denies", () =>
    Effect.gen(function* () {
      const conditions = {
        source_ip: ["192.0.2.0/24", "2001:db8::/32"],
        vpc: ["vpc-1"],
        vpc_endpoint: ["vpce-1"],
        not_after: UnixTime.UnixTime.make(1_900_000_000),
        resource_tag: { env: ["dev"] }
      }
      const found = yield* compile(
        policy([{ conditions }], [{ conditions, resources: ["arn:aws:s3:::acme/secret/*"] }])
      )
      assert.isTrue(found.network)
      assert.deepStrictEqual(
        statementsOf(found.text).map((statement) => Reflect.get(Object(statement), "Condition")),
        ["", "IfExists"].map((suffix) => ({
          [`IpAddress${suffix}`]: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] },
          [`StringEquals${suffix}`]: {
            "aws:SourceVpc": "vpc-1",
            "aws:SourceVpce": "vpce-1",
            "aws:ResourceTag/env": "dev"
          },
          [`DateLessThan${suffix}`]: { "aws:CurrentTime": "2030-03-17T17:46:40Z" }
        }))
      )
    })
  )

  it.effect("escapes what IAM would replace", () =>
    Effect.gen(function* () {
      const found = yield* text(policy([{ resources: ["arn:aws:s3:::acme/${aws:username}/*"] }]))
      assert.include(found, '"arn:aws:s3:::acme/${$}{aws:username}/*"')
    })
  )

  it.effect("leaves out denials that touch no grant, and keeps the others", () =>
    Effect.gen(function* () {
      const found = yield* text(
        policy([{}], [{ actions: ["iam:*"], resources: ["*"] }, { resources: ["arn:aws:s3:::acme/secret/*"] }])
      )
      assert.deepStrictEqual(statementsOf(found).slice(1), [
        { Effect: "Deny", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/secret/*" }
      ])
    })
  )

  describe("guarded actions", () => {
    it.effect("are refused by name, and handed out once the record names them", () =>
      Effect.gen(function* () {
        const asked = parsed("s3:PutBucketPolicy", "s3://acme")
        const error = yield* refusal(asked)
        assert.strictEqual(error.reason, "PolicyRefused")
        assert.include(error.hint, "settings.guarded_actions")
        assert.include(yield* text(asked, { permitted: ["s3:PutBucketPolicy"] }), "s3:PutBucketPolicy")
      })
    )

    it.effect.each([
      "iam:CreateUser",
      "IAM:PassRole",
      "sts:AssumeRole",
      "sts:GetScopedCredentials",
      "organizations:LeaveOrganization",
      "kms:ScheduleKeyDeletion",
      "ssm:StartSession",
      "ecs:ExecuteCommand",
      "s3:GetDataAccess",
      "lakeformation:GetTemporaryGlueTableCredentials",
      "cognito-identity:GetOpenIdToken",
      "datazone:GetEnvironmentCredentials",
      "cloudtrail:DeleteEventDataStore"
    ])("count %s among them", (action) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* refusal(parsed(action, "*"))).reason, "PolicyRefused")
      })
    )

    it.effect("are denied where a wildcard reaches them, and the plan says so", () =>
      Effect.gen(function* () {
        const { notes, text } = yield* compile(parsed("iam:*", "*"))
        assert.deepStrictEqual(statementsOf(text)[1], {
          Effect: "Deny",
          Action: ["iam:A*", "iam:C*", "iam:D*", "iam:E*", "iam:P*", "iam:R*", "iam:Se*", "iam:T*", "iam:U*"],
          Resource: "*"
        })
        assert.isTrue(notes.some((note) => note.includes("guarded actions")))
        assert.lengthOf(statementsOf((yield* compile(parsed("s3:Get*", "s3://acme/*"))).text), 1)
      })
    )

    it.effect("are S3's access grants, wherever they are reached", () =>
      Effect.gen(function* () {
        const grants = "arn:aws:s3:eu-west-1:111122223333:access-grants/default"
        for (const of of [
          ...["*", "arn:aws:s3:*:*:*", grants].map((resource) => parsed("s3:Get*", resource)),
          policy([
            { actions: ["s3:Get*"], resources: ["arn:aws:s3:::acme/*"] },
            { actions: ["s3:GetD*"], resources: ["*"] }
          ])
        ]) {
          const session = [IamEvaluator.parse(yield* text(of))]
          const asked = { action: "s3:GetDataAccess", resource: grants, context: {} }
          assert.strictEqual(IamEvaluator.decide({ identity: [everything], session }, asked), "explicit-deny")
        }
      })
    )

    it.effect("are not denied twice", () =>
      Effect.gen(function* () {
        const denied = yield* text(parsed("iam:*,s3:GetObject", "*", "iam:*"))
        assert.deepStrictEqual(statementsOf(denied).slice(1), [{ Effect: "Deny", Action: "iam:*", Resource: "*" }])
      })
    )

    it.effect("stay out when a denial of them has a condition or a resource", () =>
      Effect.gen(function* () {
        const grant = { actions: ["iam:*"], resources: ["*"] }
        for (const denial of [
          { actions: ["iam:*"], resources: ["*"], conditions: { vpc: ["vpc-1"] } },
          { actions: ["iam:*"], resources: ["arn:aws:iam::111122223333:role/x"] }
        ]) {
          assert.include(yield* text(policy([grant], [denial])), '"iam:A*"')
        }
      })
    )
  })

  it.effect.each([
    ["an action that AWS does not have", { actions: ["s3:GetObjct"] }, "did you mean s3:GetObject?"],
    ["a wildcard that reaches no action", { actions: ["s3:Xyzzy*"] }, "service authorization reference"],
    ["a wildcard in the service", { actions: ["s?:GetObject"] }, "service:Action"],
    ["an action in which a quote stands", { actions: ['s3:Get"Object'] }, "did you mean"],
    ["a resource that is no ARN", { resources: ["acme/*"] }, "all six fields"],
    ["an ARN that IAM would complete", { resources: ["arn:aws:s3"] }, "all six fields"],
    ["an ARN that IAM would complete behind its wildcard", { resources: ["arn:aws:s3:*"] }, "all six fields"],
    ["an ARN of a wild service", { resources: ["arn:aws:*:::acme/*"] }, "all six fields"],
    ["an ARN of a wild partition", { resources: ["arn:*:s3:::acme/*"] }, "all six fields"],
    ["an ARN of another partition", { resources: ["arn:aws-cn:s3:::acme/*"] }, "arn:aws:"],
    ["a name beyond Latin-1", { resources: ["arn:aws:s3:::acme/Ω"] }, "U+0020 to U+00FF"],
    ["a tag key that is none", { conditions: { resource_tag: { 'a"b': ["x"] } } }, "tag keys"],
    [
      "a tag on an action that knows none",
      { actions: ["ec2:DescribeInstances"], resources: ["*"], conditions: { resource_tag: { env: ["x"] } } },
      "know no tags"
    ],
    [
      "only actions that take no resource, on a resource",
      { actions: ["ec2:DescribeInstances"], resources: ["arn:aws:ec2:us-east-1:111122223333:instance/i-1"] },
      "ask for them on *"
    ]
  ] as const)("refuses %s", ([, fields, hint]) =>
    Effect.gen(function* () {
      const error = yield* refusal(policy([fields]))
      assert.strictEqual(error.reason, "PolicyRefused")
      assert.include(error.hint, hint)
    })
  )

  it.effect.each([
    ["inside the region", "arn:aws:logs:us-*-1:111122223333:log-group:a"],
    ["for one character of the account", "arn:aws:logs:us-east-1:11112222333?:log-group:a"]
  ] as const)("refuses a denial with a wildcard %s, and takes the grant", ([, resource]) =>
    Effect.gen(function* () {
      const part = { actions: ["logs:GetLogEvents"], resources: [resource] }
      assert.include((yield* refusal(policy([part], [part]))).hint, "as * alone")
      assert.include(yield* text(policy([part])), resource)
    })
  )

  it.effect("refuses a policy without a statement for AWS", () =>
    Effect.gen(function* () {
      const error = yield* refusal(
        policy([{ provider: "oidc", actions: ["read"], resources: ["https://api.example.com"] }])
      )
      assert.include(error.detail, "grants nothing on AWS")
    })
  )

  it.effect("refuses what its own denials or those of guarded actions take away altogether", () =>
    Effect.gen(function* () {
      const objects = "arn:aws:s3:::acme/team/*"
      const denied = (resources: string) => ({
        ...parsed("s3:GetObject", objects),
        deny: [{ provider: "aws" as const, actions: ["s3:Get*"], resources: [resources] }]
      })
      for (const resources of ["*", objects, "arn:aws:s3:::acme/*"]) {
        const error = yield* refusal(denied(resources))
        assert.strictEqual(error.reason, "PolicyRefused")
        assert.include(error.detail, "the policy grants nothing")
      }
      yield* compile(denied("arn:aws:s3:::acme/team/secret/*"))
      const guarded = yield* refusal(parsed("iam:Attach*", "*"))
      assert.include(guarded.detail, "the policy grants nothing")
      assert.include(guarded.hint, "guarded_actions")
      yield* compile(parsed("iam:*", "*"))
    })
  )

  it.effect("names actions that ignore resources, however they are asked for", () =>
    Effect.gen(function* () {
      const kept = yield* compile(
        parsed("ec2:StartInstances,ec2:DescribeInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*")
      )
      assert.isTrue(kept.notes.some((note) => note.startsWith("of no use with these resources")))
      const open = yield* compile(parsed("ec2:DescribeInstances", "*"))
      assert.isTrue(open.notes.some((note) => note.startsWith("narrowed by no resource")))
    })
  )

  describe("too large", () => {
    const many = Array.from({ length: 80 }, (_, index) => `arn:aws:s3:::acme-bucket-${index}/prefix/*`)

    it.effect("is refused with the smallest split, and each part fits", () =>
      Effect.gen(function* () {
        const error = yield* refusal(policy([{ resources: many }]))
        assert.strictEqual(error.reason, "PolicyTooLarge")
        assert.include(error.detail, "2048 are free")
        assert.include(error.hint, "it fits in 2 requests")
        for (const half of [many.slice(0, 40), many.slice(40)]) {
          assert.isAtMost((yield* text(policy([{ resources: half }]))).length, 2048)
        }
      })
    )

    it.effect("is measured against the room that is left", () =>
      Effect.gen(function* () {
        const { length } = yield* text(policy())
        assert.strictEqual((yield* text(policy(), { room: length })).length, length)
        assert.strictEqual((yield* refusal(policy(), { room: length - 1 })).reason, "PolicyTooLarge")
      })
    )

    it.effect("says when denials leave no room at all", () =>
      Effect.gen(function* () {
        const denial = { resources: many.map((name) => name.replace("acme-bucket", "acme/secret")) }
        const error = yield* refusal(policy([{ resources: ["arn:aws:s3:::*"] }], [denial]))
        assert.include(error.detail, "not even one action on one resource fits")
      })
    )

    it.effect("is answered in bounded time for a hostile policy", () =>
      Effect.gen(function* () {
        const hostile = policy(
          Array.from({ length: 130 }, (_, index) => ({
            actions: ["s3:Get*"],
            resources: [`arn:aws:s3:::acme-${index}/${"x".repeat(60)}`],
            conditions: { not_after: UnixTime.UnixTime.make(index + 1) }
          }))
        )
        assert.include((yield* refusal(hostile)).hint, "at least")
      })
    )
  })

  it.effect("refuses denials whose buckets could be parted from their keys in thousands of ways", () =>
    Effect.gen(function* () {
      const grant = { actions: ["s3:*"], resources: ["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"] }
      const denying = (wildcards: number) => {
        const resources = Array.from({ length: 14 }, (_, index) => `arn:aws:s3:::${"*a".repeat(wildcards)}${index}`)
        return policy([grant], [{ actions: ["s3:*"], resources }])
      }
      assert.include((yield* refusal(denying(1000))).hint, "name the buckets")
      assert.strictEqual((yield* refusal(denying(18))).reason, "PolicyTooLarge")
    })
  )

  it.effect("looks for what a pattern reaches once, however often the parts of a large policy are measured", () =>
    Effect.gen(function* () {
      const table = yield* Actions.load
      let looks = 0
      const counted: Actions.Table = {
        services: table.services,
        of: (service) => {
          looks++
          return table.of(service)
        }
      }
      const actions = [..."abcdefgilmnoprstu"].map((letter) => `ec2:*${letter}?${letter}*`)
      const reaching = actions.filter((pattern) => Actions.matching(table, pattern).length > 0)
      const large = policy(
        Array.from({ length: 8 }, (_, index) => ({
          actions: reaching,
          resources: [`arn:aws:ec2:us-east-1:111122223333:instance/i-${index}${"x".repeat(200)}`],
          conditions: { source_ip: [`192.0.${index}.0/24`] }
        }))
      )
      const options = { partition: "aws", room: PolicyDocument.maximumLength, permitted: [], managed: [] }
      const refused = yield* Effect.flip(
        Effect.fromResult(PolicyDocument.compile(large, { ...options, table: counted }))
      )
      assert.match(refused.hint, /^it fits in \d requests/u)
      assert.strictEqual(looks, reaching.length)
    })
  )

  it.effect("refuses a service with wildcards before it is held against every action", () =>
    Effect.gen(function* () {
      for (const of of [
        policy([{ actions: ["*q?:*zz*"] }]),
        policy([{ actions: ["s3:*"] }], [{ actions: ["*3:Get*"], resources: ["*"] }])
      ]) {
        assert.include((yield* refusal(of)).detail, "the service stands before the colon without wildcards")
      }
    })
  )
})
