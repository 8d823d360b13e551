import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const arn = "arn:aws:iam::111122223333:role/path/agent"

const read = (fields: Partial<Parameters<typeof AwsTarget.read>[0]> = {}) =>
  Effect.fromResult(AwsTarget.read({ provider: "aws", principal: arn, region: "eu-west-1", ...fields }))

describe("AwsTarget", () => {
  it.effect("reads the role, and takes the defaults of a target that says no more", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(), {
        role: { arn, partition: "aws", account: "111122223333", name: "agent" },
        region: "eu-west-1",
        namesRegion: true,
        sts: "https://sts.eu-west-1.amazonaws.com",
        iam: { endpoint: "https://iam.amazonaws.com", region: "us-east-1" },
        method: "assume-role",
        attribution: "full",
        managed: [],
        permitted: [],
        revoke: "none"
      })
    })
  )

  it.effect("reads every setting", () =>
    Effect.gen(function* () {
      const settings = {
        external_id: "acme:1",
        method: "scoped",
        attribution: "name",
        profile: "broker",
        managed_policies: "reads=arn:aws:iam::aws:policy/ReadOnlyAccess  own=arn:aws:iam::111122223333:policy/a/b=c",
        guarded_actions: "iam:PassRole s3:PutBucketPolicy",
        revoke: "role-policy",
        service_endpoint: "http://127.0.0.1:9000"
      }
      const found = yield* read({ settings, endpoint: "http://127.0.0.1:9000" })
      assert.deepInclude(found, {
        externalId: "acme:1",
        method: "scoped",
        attribution: "name",
        profile: "broker",
        managed: [
          { profile: "reads", arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" },
          { profile: "own", arn: "arn:aws:iam::111122223333:policy/a/b=c" }
        ],
        permitted: ["iam:PassRole", "s3:PutBucketPolicy"],
        revoke: "role-policy",
        serviceEndpoint: "http://127.0.0.1:9000",
        sts: "http://127.0.0.1:9000",
        iam: { endpoint: "http://127.0.0.1:9000", region: "eu-west-1" }
      })
    })
  )

  it.effect.each([
    ["aws-cn", undefined, "https://sts.cn-north-1.amazonaws.com.cn", "https://iam.cn-north-1.amazonaws.com.cn"],
    ["aws-us-gov", "us-gov-east-1", "https://sts.us-gov-east-1.amazonaws.com", "https://iam.us-gov.amazonaws.com"],
    ["aws-eusc", undefined, "https://sts.eusc-de-east-1.amazonaws.eu", "https://iam.eusc-de-east-1.amazonaws.eu"],
    ["aws-iso", undefined, "https://sts.us-iso-east-1.c2s.ic.gov", "https://iam.us-iso-east-1.c2s.ic.gov"],
    ["aws-iso-b", undefined, "https://sts.us-isob-east-1.sc2s.sgov.gov", "https://iam.us-isob-east-1.sc2s.sgov.gov"],
    ["aws-iso-e", undefined, "https://sts.eu-isoe-west-1.cloud.adc-e.uk", "https://iam.eu-isoe-west-1.cloud.adc-e.uk"],
    ["aws-iso-f", undefined, "https://sts.us-isof-south-1.csp.hci.ic.gov", "https://iam.us-isof-south-1.csp.hci.ic.gov"]
  ] as const)("asks the endpoints of the partition %s", ([partition, region, sts, iam]) =>
    Effect.gen(function* () {
      const principal = `arn:${partition}:iam::111122223333:role/agent`
      const found = yield* Effect.fromResult(
        AwsTarget.read({ provider: "aws", principal, ...(region === undefined ? {} : { region }) })
      )
      assert.strictEqual(found.sts, sts)
      assert.strictEqual(found.iam.endpoint, iam)
      assert.strictEqual(found.namesRegion, region !== undefined)
    })
  )

  it.effect.each([
    ["aws", "https://sts-fips.us-east-1.amazonaws.com", "https://iam.amazonaws.com"],
    ["aws", "https://sts.eu-west-1.api.aws", "https://iam.amazonaws.com"],
    ["aws", "https://vpce-0a1b-c2d3.sts.eu-west-1.vpce.amazonaws.com", "https://iam.amazonaws.com"],
    ["aws-cn", "https://sts.cn-north-1.amazonaws.com.cn", "https://iam.cn-north-1.amazonaws.com.cn"],
    ["aws", "https://sts.example.com", "https://sts.example.com"],
    ["aws", "https://sts.amazonaws.com.example.com", "https://sts.amazonaws.com.example.com"],
    ["aws", "https://sts.exampleamazonaws.com", "https://sts.exampleamazonaws.com"],
    ["aws", "https://abc.execute-api.eu-west-1.amazonaws.com", "https://abc.execute-api.eu-west-1.amazonaws.com"],
    ["aws", "http://127.0.0.1:9000", "http://127.0.0.1:9000"]
  ] as const)("of %s at %s asks IAM at %s", ([partition, endpoint, iam]) =>
    Effect.gen(function* () {
      const principal = `arn:${partition}:iam::111122223333:role/agent`
      const found = yield* read({ principal, endpoint })
      assert.strictEqual(found.sts, endpoint)
      assert.strictEqual(found.iam.endpoint, iam)
    })
  )

  it.effect.each([
    ["a user", { principal: "arn:aws:iam::111122223333:user/you" }, "is no role"],
    ["a name", { principal: "agent" }, "is no role"],
    ["an account of too few digits", { principal: "arn:aws:iam::1111:role/agent" }, "is no role"],
    ["an unknown partition", { principal: "arn:moon:iam::111122223333:role/agent" }, "is not known"],
    ["a region that leads elsewhere", { region: "example.com/x" }, "is none"],
    ["a region with a host behind it", { region: "eu-west-1.example.com" }, "is none"],
    ["a region of another partition", { region: "cn-north-1" }, "not of the partition aws"],
    [
      "a region of the first partition for a role of another",
      { principal: "arn:aws-us-gov:iam::111122223333:role/agent" },
      "not of the partition aws-us-gov"
    ],
    [
      "a region of a partition that begins alike",
      { principal: "arn:aws-iso:iam::111122223333:role/agent", region: "us-isob-east-1" },
      "not of the partition aws-iso"
    ],
    ["an unknown setting", { settings: { exteral_id: "x" } }, "means nothing"],
    ["an external id that AWS takes not", { settings: { external_id: "a b" } }, "external_id"],
    ["an unknown method", { settings: { method: "root" } }, "method"],
    ["a profile with a line in it", { settings: { profile: "a b" } }, "profile"],
    ["the setting that always widened", { settings: { policy_arns: "arn:aws:iam::aws:policy/x" } }, "means nothing"],
    [
      "a managed policy without a profile",
      { settings: { managed_policies: "arn:aws:iam::111122223333:policy/x" } },
      "is no profile with"
    ],
    ["a managed policy that is none", { settings: { managed_policies: "x=ReadOnlyAccess" } }, "is no profile with"],
    [
      "a profile that no record names",
      { settings: { managed_policies: "A_=arn:aws:iam::aws:policy/x" } },
      "is no profile"
    ],
    [
      "a managed policy of another account",
      { settings: { managed_policies: "x=arn:aws:iam::444455556666:policy/x" } },
      "neither of the role's own account"
    ],
    [
      "a managed policy of another partition",
      { settings: { managed_policies: "x=arn:aws-cn:iam::aws:policy/x" } },
      "neither of the role's own account"
    ],
    [
      "a profile twice",
      { settings: { managed_policies: "x=arn:aws:iam::aws:policy/a x=arn:aws:iam::aws:policy/b" } },
      "a second time"
    ],
    [
      "a managed policy twice",
      { settings: { managed_policies: "x=arn:aws:iam::aws:policy/a y=arn:aws:iam::aws:policy/a" } },
      "a second time"
    ],
    [
      "more managed policies than a session takes",
      {
        settings: {
          managed_policies: Array.from({ length: 11 }, (_, i) => `p${i}=arn:aws:iam::aws:policy/p${i}`).join(" ")
        }
      },
      "takes 10"
    ],
    ["a guarded action that is none", { settings: { guarded_actions: "s*:Put" } }, "no action"],
    [
      "a service endpoint without TLS elsewhere",
      { settings: { service_endpoint: "http://example.com" } },
      "service_endpoint"
    ]
  ] as const)("refuses %s", ([, fields, detail]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(fields))
      assert.include(error.detail, detail)
    })
  )

  it.effect("takes a role of any partition, and any region, with an endpoint of its own", () =>
    Effect.gen(function* () {
      for (const partition of ["moon", "aws-cn"]) {
        const principal = `arn:${partition}:iam::111122223333:role/agent`
        const found = yield* read({ principal, endpoint: "http://127.0.0.1:9000" })
        assert.strictEqual(found.sts, "http://127.0.0.1:9000")
      }
    })
  )

  it.effect("suggests the setting that was probably meant", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(read({ settings: { exteral_id: "x" } }))).hint, "external_id")
    })
  )

  it.effect("takes the account-less roles of servers that have no accounts, at an endpoint", () =>
    Effect.gen(function* () {
      const found = yield* read({ principal: "arn:aws:iam:::role/agent", endpoint: "http://127.0.0.1:33480" })
      assert.deepStrictEqual(found.role, {
        arn: "arn:aws:iam:::role/agent",
        partition: "aws",
        account: "",
        name: "agent"
      })
    })
  )
})
