import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import { policy } from "./support.ts"

type Fields = NonNullable<Parameters<typeof policy>[0]>[number]

const inside = (child: Fields, parent: Fields) => Policy.isSubset(policy([child]), policy([parent])).subset
const actions = (...list: ReadonlyArray<string>): Fields => ({ actions: list })
const resources = (...list: ReadonlyArray<string>): Fields => ({ resources: list })
const conditions = (conditions: NonNullable<Fields["conditions"]>): Fields => ({ conditions })
const azure = (...list: ReadonlyArray<string>): Fields => ({ provider: "azure", actions: ["*"], resources: list })

describe("Policy.isSubset", () => {
  it("follows patterns inside patterns", () => {
    assert.isTrue(inside(actions("s3:GetObject"), actions("s3:*")))
    assert.isTrue(inside(actions("s3:Get*"), actions("s3:*")))
    assert.isTrue(inside(actions("s3:Get*Object"), actions("s3:*Object")))
    assert.isTrue(inside(actions("*:*"), actions("*")))
    assert.isFalse(inside(actions("*"), actions("*:*")))
    assert.isFalse(inside(actions("s3:*"), actions("s3:Get*")))
    assert.isFalse(inside(actions("s3:Get*"), actions("s3:*Object")))
    assert.isTrue(inside(resources("arn:aws:s3:::b/a/*"), resources("arn:aws:s3:::b/*")))
    assert.isTrue(inside(resources("arn:aws:s3:::b/?"), resources("arn:aws:s3:::b/*")))
    assert.isFalse(inside(resources("arn:aws:s3:::b"), resources("arn:aws:s3:::b/*")))
    assert.isFalse(inside(resources("arn:aws:s3:::b*"), resources("arn:aws:s3:::b/*")))
    assert.isFalse(inside(resources("arn:aws:s3:::b/*"), resources("arn:aws:s3:::b/?")))
  })

  it("compares as each provider compares", () => {
    assert.isTrue(inside(actions("S3:getobject"), actions("s3:GetObject")))
    assert.isFalse(inside(resources("arn:aws:s3:::B/x"), resources("arn:aws:s3:::b/*")))
    for (const provider of ["gcp", "oidc"] as const) {
      assert.isFalse(inside({ provider, actions: ["A"] }, { provider, actions: ["a"] }))
    }
    assert.isTrue(inside(azure("/Subscriptions/S/*"), azure("/subscriptions/s/*")))
    assert.isTrue(inside(azure("/Subscriptions/S"), azure("*/s")))
    assert.isFalse(inside(azure("https://A/*"), azure("https://a/*")))
    assert.isFalse(inside(azure("*/S"), azure("*/s")))
    assert.isFalse(inside(azure("?Sub"), azure("?sub")))
    assert.isTrue(inside(azure("*/S"), azure("*S")))
    assert.isTrue(
      inside(
        { provider: "azure", actions: ["microsoft.compute/*"], resources: ["*"] },
        { provider: "azure", actions: ["Microsoft.Compute/*"], resources: ["*"] }
      )
    )
  })

  it("keeps providers apart", () => {
    const gcp: Fields = { provider: "gcp", actions: ["*"], resources: ["*"] }
    const answer = Policy.isSubset(policy([{}]), policy([gcp]))
    assert.deepStrictEqual(answer, {
      subset: false,
      excess: [
        {
          at: "statements[0]",
          provider: "aws",
          action: "s3:GetObject",
          resource: "arn:aws:s3:::b/*",
          reason: "nothing is allowed for aws"
        }
      ]
    })
  })

  it("wants each pair inside one statement of the parent, never across two", () => {
    const parent = policy([
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::in/*"] },
      { actions: ["s3:PutObject"], resources: ["arn:aws:s3:::out/*"] }
    ])
    const both = policy([
      { actions: ["s3:GetObject", "s3:PutObject"], resources: ["arn:aws:s3:::in/*", "arn:aws:s3:::out/*"] }
    ])
    assert.deepStrictEqual(
      Policy.isSubset(both, parent).excess.map(({ action, resource, reason }) => [action, resource, reason]),
      [
        ["s3:GetObject", "arn:aws:s3:::out/*", "the action is not allowed on this resource"],
        ["s3:PutObject", "arn:aws:s3:::in/*", "the action is not allowed on this resource"]
      ]
    )
    const spread = policy([{ actions: ["s3:GetObject", "s3:PutObject"], resources: ["arn:aws:s3:::b/1"] }])
    const pairs = policy([
      { actions: ["s3:Get*"], resources: ["arn:aws:s3:::b/*"] },
      { actions: ["s3:Put*"], resources: ["arn:aws:s3:::b/?"] }
    ])
    assert.isTrue(Policy.isSubset(spread, pairs).subset)
  })

  it("wants every condition of the parent, at least as narrow", () => {
    const parent = conditions({ source_ip: ["10.0.0.0/8", "2001:db8::/32"] })
    assert.isTrue(inside(parent, {}))
    assert.isFalse(inside({}, parent))
    for (const network of ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8:1::/48"]) {
      assert.isTrue(inside(conditions({ source_ip: [network] }), parent), network)
    }
    for (const network of ["0.0.0.0/0", "11.0.0.0/8", "10.0.0.0/7", "2001:db8::/31", "::/0"]) {
      assert.isFalse(inside(conditions({ source_ip: ["10.0.0.0/8", network] }), parent), network)
    }
    assert.isFalse(inside(conditions({ vpc: ["10.0.0.0/8"] }), parent))

    for (const name of ["vpc", "vpc_endpoint"] as const) {
      assert.isTrue(inside(conditions({ [name]: ["a"] }), conditions({ [name]: ["a", "b"] })))
      assert.isFalse(inside(conditions({ [name]: ["a", "c"] }), conditions({ [name]: ["a", "b"] })))
      assert.isFalse(inside(conditions({ [name]: ["ab"] }), conditions({ [name]: ["a*"] })))
      assert.isFalse(inside(conditions({ not_after: 1 }), conditions({ [name]: ["a"] })))
    }
    assert.isTrue(inside(conditions({ not_after: 5 }), conditions({ not_after: 5 })))
    assert.isFalse(inside(conditions({ not_after: 6 }), conditions({ not_after: 5 })))

    const tags = conditions({ resource_tag: { env: ["dev", "test"], team: ["a"] } })
    assert.isTrue(inside(conditions({ resource_tag: { ENV: ["dev"], team: ["a"], more: ["x"] } }), tags))
    assert.isFalse(inside(conditions({ resource_tag: { env: ["dev"] } }), tags))
    assert.isFalse(inside(conditions({ resource_tag: { env: ["prod"], team: ["a"] } }), tags))
    assert.isFalse(inside(conditions({ resource_tag: { env: ["DEV"], team: ["a"] } }), tags))
  })

  it("names the conditions that are wider", () => {
    const parent = policy([{ conditions: { vpc: ["v"], not_after: 5, resource_tag: { env: ["dev"] } } }])
    const child = policy([{ conditions: { vpc: ["v"], not_after: 6 } }])
    assert.deepStrictEqual(
      Policy.isSubset(child, parent).excess.map((excess) => excess.reason),
      ["allowed only under narrower conditions: not_after, resource_tag env"]
    )
  })

  it("wants each denial of the parent inside one denial of the child", () => {
    const denying = (...deny: ReadonlyArray<Fields>) => policy([{ actions: ["*"], resources: ["*"] }], deny)
    const parent = denying({ actions: ["s3:Delete*"], resources: ["*"] })
    assert.deepStrictEqual(Policy.isSubset(denying(), parent), {
      subset: false,
      excess: [
        {
          at: "deny[0]",
          provider: "aws",
          action: "s3:Delete*",
          resource: "*",
          reason: "the parent denies this, the child does not"
        }
      ]
    })
    assert.isTrue(Policy.isSubset(parent, denying()).subset)
    assert.isTrue(Policy.isSubset(parent, parent).subset)
    assert.isTrue(Policy.isSubset(denying({ actions: ["s3:*"], resources: ["*"] }), parent).subset)
    assert.isFalse(Policy.isSubset(denying({ actions: ["s3:DeleteObject"], resources: ["*"] }), parent).subset)
    assert.isFalse(Policy.isSubset(denying({ actions: ["s3:*"], resources: ["arn:*"] }), parent).subset)
    const half = { actions: ["s3:Delete*"], resources: ["*"], conditions: { vpc: ["v"] } }
    assert.isFalse(Policy.isSubset(denying(half), parent).subset)
    assert.isTrue(Policy.isSubset(parent, denying(half)).subset)
    assert.deepStrictEqual(
      Policy.isSubset(denying(half), parent).excess.map((excess) => excess.reason),
      ["the child denies this only under further conditions: vpc"]
    )
  })

  it("does not let a denial of the child excuse what it allows too much", () => {
    const child = policy([{ actions: ["s3:*"] }], [{ actions: ["s3:Put*"], resources: ["*"] }])
    assert.isFalse(Policy.isSubset(child, policy([{ actions: ["s3:Get*"] }])).subset)
  })

  it("names a bounded number of excesses, and answers the largest policies at once", () => {
    const list = (letter: string) => Array.from({ length: 256 }, (_, index) => `*${letter}?${index}*`)
    const wide = policy([{ actions: list("a"), resources: list("b") }])
    const other = policy([{ actions: list("c"), resources: list("b") }])
    assert.strictEqual(Policy.isSubset(wide, other).excess.length, Policy.maximumExcess)
    assert.isTrue(Policy.isSubset(wide, wide).subset)
    const slow = (tail: string) =>
      policy([
        { actions: Array.from({ length: 14 }, (_, index) => `*${"a?".repeat(1000)}${index}${tail}`), resources: ["*"] }
      ])
    assert.isFalse(Policy.isSubset(slow("a*"), slow("b*")).subset)
  })
})
