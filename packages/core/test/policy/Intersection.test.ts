import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { policy } from "./support.ts"

type Fields = NonNullable<Parameters<typeof policy>[0]>[number]

const meet = (left: Fields, right: Fields) => Policy.intersect(policy([left]), policy([right]))
const only = (left: Fields, right: Fields) => {
  const { dropped, policy } = meet(left, right)
  assert.deepStrictEqual(dropped, [])
  return Option.getOrThrow(policy).statements[0]
}

describe("Policy.intersect", () => {
  it("takes the narrower of each two patterns", () => {
    const met = only(
      { actions: ["s3:*", "ec2:StartInstances"], resources: ["arn:aws:s3:::b/a/*"] },
      { actions: ["s3:GetObject", "ec2:*"], resources: ["arn:aws:s3:::b/*", "arn:aws:s3:::c"] }
    )
    assert.deepStrictEqual(met, {
      provider: "aws",
      actions: ["ec2:StartInstances", "s3:GetObject"],
      resources: ["arn:aws:s3:::b/a/*"]
    })
  })

  it("is empty without a report where nothing is in common", () => {
    for (const right of [
      { actions: ["ec2:*"] },
      { resources: ["arn:aws:s3:::c/*"] },
      { provider: "oidc" as const },
      { actions: ["s3:*X"], resources: ["other"] }
    ]) {
      const { dropped, policy } = meet({ actions: ["s3:Get*"] }, right)
      assert.isTrue(Option.isNone(policy), JSON.stringify(right))
      assert.deepStrictEqual(dropped, [])
    }
  })

  it("drops patterns that overlap without one including the other, and reports them", () => {
    const { dropped, policy } = meet({ actions: ["s3:Get*", "s3:PutObject"] }, { actions: ["s3:*Object"] })
    assert.deepStrictEqual(dropped, [
      {
        at: "statements[0] and statements[0]",
        reason: "s3:Get* and s3:*Object overlap, and no pattern says in what"
      }
    ])
    assert.deepStrictEqual(Option.getOrThrow(policy).statements[0]?.actions, ["s3:PutObject"])
  })

  it("joins conditions so that both hold", () => {
    const left = {
      source_ip: ["10.0.0.0/8", "192.0.2.0/24"],
      vpc: ["a", "b"],
      not_after: 10,
      resource_tag: { Env: ["dev", "test"], left: ["x"] }
    }
    const right = {
      source_ip: ["10.1.0.0/16", "192.0.0.0/16", "2001:db8::/32"],
      vpc: ["b", "c"],
      vpc_endpoint: ["e"],
      not_after: 5,
      resource_tag: { env: ["test"], right: ["y"] }
    }
    assert.deepStrictEqual<unknown>(only({ conditions: left }, { conditions: right })?.conditions, {
      source_ip: ["10.1.0.0/16", "192.0.2.0/24"],
      vpc: ["b"],
      vpc_endpoint: ["e"],
      not_after: 5,
      resource_tag: { Env: ["test"], left: ["x"], right: ["y"] }
    })
    assert.deepStrictEqual(only({ conditions: { vpc: ["a"] } }, {})?.conditions, { vpc: ["a"] })
    assert.deepStrictEqual(only({}, { conditions: { vpc: ["a"] } })?.conditions, { vpc: ["a"] })
  })

  it("drops what two conditions leave no room for, and reports it", () => {
    for (const [left, right] of [
      [{ vpc: ["a"] }, { vpc: ["b"] }],
      [{ source_ip: ["10.0.0.0/8"] }, { source_ip: ["11.0.0.0/8"] }],
      [{ resource_tag: { env: ["a"] } }, { resource_tag: { ENV: ["b"] } }]
    ] as const) {
      const { dropped, policy } = meet({ conditions: left }, { conditions: right })
      assert.isTrue(Option.isNone(policy))
      assert.deepStrictEqual(
        dropped.map((one) => one.reason),
        ["no statement can hold the conditions of both"]
      )
    }
  })

  it("keeps every denial of either", () => {
    const left = policy([{}], [{ actions: ["s3:Delete*"] }])
    const right = policy([{}], [{ actions: ["s3:Put*"] }, { provider: "gcp" }])
    assert.strictEqual(Option.getOrThrow(Policy.intersect(left, right).policy).deny.length, 3)
  })

  it("is empty rather than wider when the denials of both do not fit", () => {
    const denying = (letter: string) =>
      policy(
        [{}],
        Array.from({ length: 200 }, (_, index) => ({ actions: [`${letter}${index}`], resources: ["x"] }))
      )
    const { dropped, policy: met } = Policy.intersect(denying("a"), denying("b"))
    assert.isTrue(Option.isNone(met))
    assert.deepStrictEqual(dropped, [
      { at: "the result", reason: "statements left out to fit the limits of a policy: 1" }
    ])
  })

  it("leaves statements out when not all fit, and says how many", () => {
    const list = (letter: string) =>
      policy(
        Array.from({ length: 20 }, (_, index) => ({
          actions: [`${letter}*`],
          resources: ["*"],
          conditions: { not_after: 1000, [letter === "s" ? "vpc" : "vpc_endpoint"]: [`${letter}${index}`] }
        }))
      )
    const { dropped, policy: met } = Policy.intersect(list("s"), list("s3:"))
    assert.strictEqual(Option.getOrThrow(met).statements.length, 256)
    assert.deepStrictEqual(dropped, [
      { at: "the result", reason: "statements left out to fit the limits of a policy: 144" }
    ])
  })
})
