import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import { policy } from "./support.ts"

describe("Policy.normalise", () => {
  it("drops what another entry includes, and sorts the rest", () => {
    const normal = Policy.normalise(
      policy(
        [
          { actions: ["s3:PutObject", "s3:Get*", "s3:GetObject", "S3:GETACL"], resources: ["b", "a/*", "a/x"] },
          { actions: ["s3:GetObject"], resources: ["a/y"] },
          { actions: ["ec2:StartInstances"], resources: ["*"] }
        ],
        [
          { actions: ["s3:Delete*"], resources: ["*"] },
          { actions: ["s3:DeleteObject"], resources: ["a/*"] }
        ]
      )
    )
    assert.deepStrictEqual(normal, {
      statements: [
        { provider: "aws", actions: ["ec2:StartInstances"], resources: ["*"] },
        { provider: "aws", actions: ["s3:Get*", "s3:PutObject"], resources: ["a/*", "b"] }
      ],
      deny: [{ provider: "aws", actions: ["s3:Delete*"], resources: ["*"] }]
    })
  })

  it("keeps one of two spellings of the same pattern, whatever their order", () => {
    for (const actions of [
      ["*?", "?*"],
      ["?*", "*?"]
    ]) {
      assert.deepStrictEqual(Policy.normalise(policy([{ actions }])).statements[0]?.actions, ["*?"])
    }
  })

  it("orders conditions and drops networks inside others", () => {
    const conditions = {
      resource_tag: { team: ["b", "a"], env: ["dev"] },
      vpc_endpoint: ["f", "e"],
      vpc: ["b", "a"],
      not_after: 7,
      source_ip: ["192.0.2.0/24", "10.1.0.0/16", "10.0.0.0/8"]
    }
    assert.strictEqual(
      JSON.stringify(Policy.normalise(policy([{ conditions }])).statements[0]?.conditions),
      '{"source_ip":["10.0.0.0/8","192.0.2.0/24"],"vpc":["a","b"],"vpc_endpoint":["e","f"],"not_after":7,"resource_tag":{"env":["dev"],"team":["a","b"]}}'
    )
  })

  it("never takes one resource for another", () => {
    const resources = ["b", "b/", "b/*", "b/./x", "B"]
    assert.deepStrictEqual(Policy.normalise(policy([{ resources }])).statements[0]?.resources, ["B", "b", "b/*"])
  })

  it("keeps a statement whose conditions are wider than those of the statement around it", () => {
    const around = { actions: ["s3:*"], conditions: { vpc: ["a"] } }
    assert.strictEqual(Policy.normalise(policy([around, {}])).statements.length, 2)
    assert.strictEqual(Policy.normalise(policy([around, { conditions: { vpc: ["a"] } }])).statements.length, 1)
  })
})
