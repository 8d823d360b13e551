import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { policy } from "./support.ts"

const request = Schema.decodeUnknownSync(Policy.Request, { onExcessProperty: "error" })

const get = { provider: "aws", action: "s3:GetObject", resource: "arn:aws:s3:::b/x" }
const asks = (fields: object = {}) => request({ ...get, ...fields })
const under = (context: object) => asks({ context })

describe("Policy.covers", () => {
  it("allows what a statement covers and nothing else", () => {
    const grant = policy([{ actions: ["s3:Get*", "s3:List?"], resources: ["arn:aws:s3:::b/*"] }])
    assert.deepStrictEqual(Policy.covers(grant, asks()), { allowed: true, by: "statements[0]" })
    for (const other of [
      { action: "s3:PutObject" },
      { action: "s3:List" },
      { action: "s3:Lists3" },
      { resource: "arn:aws:s3:::b" },
      { resource: "arn:aws:s3:::bb/x" },
      { provider: "gcp" }
    ]) {
      assert.deepStrictEqual(Policy.covers(grant, asks(other)), { allowed: false, by: null }, JSON.stringify(other))
    }
  })

  it("lets any matching denial win, and names it", () => {
    const grant = policy([{ resources: ["*"] }], [{ actions: ["*"], resources: ["arn:aws:s3:::b/secret/*"] }])
    assert.isTrue(Policy.covers(grant, asks()).allowed)
    assert.deepStrictEqual(Policy.covers(grant, asks({ resource: "arn:aws:s3:::b/secret/x" })), {
      allowed: false,
      by: "deny[0]"
    })
  })

  it("never crosses statements: the action of one does not reach the resource of another", () => {
    const grant = policy([{}, { actions: ["s3:PutObject"], resources: ["arn:aws:s3:::out/*"] }])
    assert.isFalse(Policy.covers(grant, asks({ action: "s3:PutObject" })).allowed)
    assert.strictEqual(
      Policy.covers(grant, asks({ action: "s3:PutObject", resource: "arn:aws:s3:::out/x" })).by,
      "statements[1]"
    )
  })

  it("reads `*` as any action and `*:*` as any action with a colon", () => {
    const any = policy([{ provider: "gcp", actions: ["*"], resources: ["*"] }])
    const colon = policy([{ provider: "gcp", actions: ["*:*"], resources: ["*"] }])
    const plain = asks({ provider: "gcp", action: "storage.objects.get" })
    assert.isTrue(Policy.covers(any, plain).allowed)
    assert.isFalse(Policy.covers(colon, plain).allowed)
    assert.isTrue(Policy.covers(colon, asks({ provider: "gcp", action: "a:b" })).allowed)
  })

  it("compares a resource as text: `b` is not `b/*`, and nothing is resolved", () => {
    const grant = policy([{ resources: ["arn:aws:s3:::b", "arn:aws:s3:::c/*"] }])
    assert.isFalse(Policy.covers(grant, asks({ resource: "arn:aws:s3:::b/x" })).allowed)
    assert.isFalse(Policy.covers(grant, asks({ resource: "arn:aws:s3:::c" })).allowed)
    assert.isTrue(Policy.covers(grant, asks({ resource: "arn:aws:s3:::c/../d" })).allowed)
    assert.isFalse(Policy.covers(grant, asks({ resource: "arn:aws:s3:::C/x" })).allowed)
  })

  it("reads wildcards in a request as characters", () => {
    assert.isFalse(Policy.covers(policy(), asks({ action: "s3:*" })).allowed)
    assert.isFalse(Policy.covers(policy(), asks({ action: "s3:GetObjec?" })).allowed)
    assert.isTrue(Policy.covers(policy(), asks({ resource: "arn:aws:s3:::b/*" })).allowed)
  })

  it("follows each provider's rule of case", () => {
    const cases: ReadonlyArray<
      readonly [provider: string, pattern: string, text: string, action: boolean, resource: boolean]
    > = [
      ["aws", "s3:GetObject", "S3:GETOBJECT", true, false],
      ["gcp", "storage.objects.get", "storage.objects.GET", false, false],
      ["oidc", "read", "Read", false, false],
      ["azure", "Microsoft.Storage/a/read", "microsoft.storage/A/READ", true, false],
      ["azure", "/subscriptions/S/x", "/Subscriptions/s/X", true, true],
      ["azure", "*/Blob", "/sub/blob", true, true],
      ["azure", "*/Blob", "https://acct/blob", true, false],
      ["azure", "*/Blob", "https://acct/Blob", true, true],
      ["aws", "s3:K", "s3:\u212a", false, false],
      ["aws", "s3:é", "s3:É", false, false]
    ]
    for (const [provider, pattern, text, action, resource] of cases) {
      const one = { provider } as { provider: Policy.Provider } // the table is text
      const byAction = policy([{ ...one, actions: [pattern], resources: ["*"] }])
      assert.strictEqual(Policy.covers(byAction, asks({ provider, action: text })).allowed, action, `action ${text}`)
      const byResource = policy([{ ...one, actions: ["*"], resources: [pattern] }])
      assert.strictEqual(
        Policy.covers(byResource, asks({ provider, resource: text })).allowed,
        resource,
        `resource ${text}`
      )
    }
  })
})

describe("conditions of a statement", () => {
  const conditions = {
    source_ip: ["10.0.0.0/8", "2001:db8::/32"],
    vpc: ["vpc-1"],
    vpc_endpoint: ["vpce-1", "vpce-*"],
    not_after: 1000,
    resource_tag: { Env: ["dev"], team: ["a", "b"] }
  }
  const holding = {
    source_ip: "10.1.2.3",
    vpc: "vpc-1",
    vpc_endpoint: "vpce-1",
    time: 999,
    resource_tag: { env: "dev", TEAM: "b" }
  }
  const allow = policy([{ conditions }])
  const deny = policy([{}], [{ conditions }])
  const verdict = (context: object) => [
    Policy.covers(allow, under(context)).allowed,
    Policy.covers(deny, under(context)).allowed
  ]

  it("must all hold for a statement to cover and for a denial to stay away from nothing", () => {
    assert.deepStrictEqual(verdict(holding), [true, false])
  })

  it("decide when one is known to be false, whatever else is unknown", () => {
    const broken: ReadonlyArray<object> = [
      { source_ip: "11.0.0.1" },
      { source_ip: "2001:db9::1" },
      { vpc: "vpc-2" },
      { vpc: "VPC-1" },
      { vpc_endpoint: "vpce-2" },
      { time: 1000 },
      { resource_tag: { env: "prod", team: "a" } },
      { resource_tag: { env: "dev", team: "c" } }
    ]
    for (const part of broken) {
      assert.deepStrictEqual(verdict({ ...holding, ...part }), [false, true], JSON.stringify(part))
      assert.deepStrictEqual(verdict(part), [false, true], JSON.stringify(part))
    }
    assert.deepStrictEqual(verdict({ resource_tag: { team: "c" } }), [false, true])
  })

  it("leave an allow without effect and a denial in force when their context is missing", () => {
    for (const name of Object.keys(holding)) {
      const context = Object.fromEntries(Object.entries(holding).filter(([key]) => key !== name))
      assert.deepStrictEqual(verdict(context), [false, false], name)
    }
    assert.deepStrictEqual(verdict({}), [false, false])
    assert.deepStrictEqual(verdict({ ...holding, resource_tag: { env: "dev" } }), [false, false])
    assert.isFalse(Policy.covers(allow, asks()).allowed)
    assert.isFalse(Policy.covers(deny, asks()).allowed)
  })

  it("take values as plain text, never as globs", () => {
    assert.deepStrictEqual(verdict({ ...holding, vpc_endpoint: "vpce-*" }), [true, false])
    assert.deepStrictEqual(verdict({ ...holding, vpc_endpoint: "vpce-9" }), [false, true])
  })

  it("count an IPv4-mapped address as the IPv4 address that it carries", () => {
    for (const address of ["::ffff:10.1.2.3", "::ffff:a01:203", "::FFFF:10.1.2.3"]) {
      assert.deepStrictEqual(verdict({ ...holding, source_ip: address }), [true, false], address)
    }
    assert.deepStrictEqual(verdict({ ...holding, source_ip: "::ffff:11.1.2.3" }), [false, true])
    assert.deepStrictEqual(verdict({ ...holding, source_ip: "::10.1.2.3" }), [false, true])
    const everySix = policy([{ conditions: { source_ip: ["::/0"] } }])
    assert.isTrue(Policy.covers(everySix, under({ source_ip: "2001:db8::1" })).allowed)
    assert.isFalse(Policy.covers(everySix, under({ source_ip: "::ffff:10.1.2.3" })).allowed)
  })

  it("treat an address that is none as unknown", () => {
    const context = { ...holding, source_ip: "10.1.2.3.4" } as unknown as Policy.Context // past the schema on purpose
    assert.isFalse(Policy.covers(allow, { ...asks(), context }).allowed)
    assert.isFalse(Policy.covers(deny, { ...asks(), context }).allowed)
  })

  it("are asked about by a closed context", () => {
    const decode = Schema.decodeUnknownResult(Policy.Context, { onExcessProperty: "error" })
    assert.isTrue(Result.isSuccess(decode(holding)))
    assert.isTrue(Result.isSuccess(decode({})))
    for (const wrong of [
      { ip: "10.0.0.1" },
      { source_ip: "10.0.0.0/8" },
      { source_ip: "10.0.0" },
      { source_ip: "fe80::1%eth0" },
      { source_ip: "" },
      { vpc: "" },
      { vpc: ["vpc-1"] },
      { time: -1 },
      { time: 1.5 },
      { resource_tag: { env: "dev", ENV: "prod" } },
      { resource_tag: { env: ["dev"] } },
      { resource_tag: { "": "dev" } }
    ]) {
      assert.isTrue(Result.isFailure(decode(wrong)), JSON.stringify(wrong))
    }
  })
})
