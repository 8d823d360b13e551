import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Policy from "@bailiwick/core/Policy"
import * as StrictJson from "@bailiwick/core/StrictJson"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { built } from "../support/Choices.ts"
import * as Generated from "./generated.ts"
import { decode, statement } from "./support.ts"

const one = (fields: object) => decode({ statements: [{ ...statement(), ...fields }], deny: [] })
const accepts = (fields: object) => assert.isTrue(Result.isSuccess(one(fields)), JSON.stringify(fields).slice(0, 200))
const refuses = (fields: object, words: string) => {
  const error = Result.getOrThrow(Result.flip(one(fields)))
  assert.include(error.message, words, JSON.stringify(fields).slice(0, 200))
}
const many = (count: number) => Array.from({ length: count }, (_, index) => `s3:Get${index}`)
const conditions = (fields: object) => ({ conditions: fields })

describe("Policy.Policy", () => {
  it("refuses unknown, missing and mistyped members", () => {
    accepts({})
    refuses({ extra: 1 }, "excess")
    refuses({ provider: "oracle" }, "aws")
    refuses({ actions: "s3:GetObject" }, "array")
    refuses({ actions: [1] }, "string")
    assert.isTrue(Result.isFailure(decode({ statements: [statement()] })))
    assert.isTrue(Result.isFailure(decode({ statements: [statement()], deny: [], extra: [] })))
    const { resources: _, ...rest } = statement()
    assert.isTrue(Result.isFailure(decode({ statements: [rest], deny: [] })))
  })

  it("refuses an empty list, which never means everything", () => {
    refuses({ actions: [] }, "at least 1")
    refuses({ resources: [] }, "at least 1")
    assert.isTrue(Result.isFailure(decode({ statements: [], deny: [] })))
    assert.isTrue(Result.isFailure(decode({ statements: [], deny: [statement()] })))
    refuses(conditions({}), "at least one condition")
    refuses(conditions({ source_ip: [] }), "at least 1")
    refuses(conditions({ vpc: [] }), "at least 1")
    refuses(conditions({ vpc_endpoint: [] }), "at least 1")
    refuses(conditions({ resource_tag: {} }), "tag keys")
    refuses(conditions({ resource_tag: { env: [] } }), "at least 1")
  })

  it("holds 1 to 256 entries in a list", () => {
    accepts({ actions: many(256) })
    refuses({ actions: many(257) }, "256")
    accepts({ resources: many(256) })
    refuses({ resources: many(257) }, "256")
    const statements = (count: number) =>
      many(count).map((action) => statement({ actions: [action], resources: ["b"] }))
    assert.isTrue(Result.isSuccess(decode({ statements: statements(256), deny: statements(256).slice(0, 40) })))
    assert.isTrue(Result.isFailure(decode({ statements: statements(257), deny: [] })))
    const short = (count: number) =>
      many(count).map((action) => statement({ actions: [action.slice(3)], resources: ["b"] }))
    assert.isTrue(Result.isSuccess(decode({ statements: [statement()], deny: short(256) })))
    assert.isTrue(Result.isFailure(decode({ statements: [statement()], deny: short(257) })))
  })

  it("holds 1 to 64 entries in a list of conditions", () => {
    const ids = (count: number) => many(count)
    accepts(conditions({ vpc: ids(64) }))
    refuses(conditions({ vpc: ids(65) }), "64")
    accepts(conditions({ resource_tag: { env: ids(64) } }))
    refuses(conditions({ resource_tag: { env: ids(65) } }), "64")
    const keys = (count: number) => Object.fromEntries(many(count).map((key) => [key, ["v"]]))
    accepts(conditions({ resource_tag: keys(64) }))
    refuses(conditions({ resource_tag: keys(65) }), "64")
    const networks = (count: number) => many(count).map((_, index) => `10.0.${index}.0/24`)
    accepts(conditions({ source_ip: networks(64) }))
    refuses(conditions({ source_ip: networks(65) }), "64")
  })

  it("refuses an entry that stands twice, compared as compact JSON", () => {
    refuses({ actions: ["s3:GetObject", "s3:GetObject"] }, "twice")
    refuses({ resources: ["*", "*"] }, "twice")
    refuses(conditions({ vpc: ["v", "v"] }), "twice")
    refuses(conditions({ source_ip: ["10.0.0.0/8", "10.0.0.0/8"] }), "twice")
    refuses(conditions({ resource_tag: { env: ["dev", "dev"] } }), "twice")
    refuses(conditions({ resource_tag: { env: ["dev"], ENV: ["dev"] } }), "twice")
    accepts({ actions: ["s3:GetObject", "s3:getobject"] })
    const reordered = { resources: ["arn:aws:s3:::b/*"], actions: ["s3:GetObject"], provider: "aws" }
    assert.isTrue(Result.isFailure(decode({ statements: [statement(), reordered], deny: [] })))
    assert.isTrue(Result.isFailure(decode({ statements: [statement()], deny: [statement(), reordered] })))
    assert.isTrue(Result.isSuccess(decode({ statements: [statement()], deny: [statement()] })))
  })

  it("takes text of 1 to 2,048 characters without control characters or outer blanks", () => {
    const texts = (text: string) => [
      { actions: [text] },
      { resources: [text] },
      conditions({ vpc: [text] }),
      conditions({ vpc_endpoint: [text] }),
      conditions({ resource_tag: { env: [text] } }),
      conditions({ resource_tag: { [text]: ["v"] } })
    ]
    for (const text of ["a", "a b", "é😀", "x".repeat(2048), "😀".repeat(1024)]) texts(text).forEach(accepts)
    const wrong = [
      "",
      "x".repeat(2049),
      "a\0b",
      "a\nb",
      "a\tb",
      "a\u007fb",
      "a\u0085b",
      " a",
      "a ",
      "\u00a0a",
      "a\u2003",
      "\ufeffa"
    ]
    for (const text of wrong) texts(text).forEach((fields) => refuses(fields, "text"))
  })

  it("refuses a dot segment on GCP and Azure, and knows that an S3 key may hold one", () => {
    const dotted = ["..", "a/..", "../a", "a/../b", "a/./b", "/subscriptions/../x", "."]
    for (const provider of ["gcp", "azure"]) {
      for (const resource of dotted) refuses({ provider, actions: ["a.b"], resources: [resource] }, "segments")
      refuses({ provider, actions: ["a/../b"], resources: ["b"] }, "segments")
      for (const resource of ["a..b", "a/...", "a/.b", "a/b..", "..."]) {
        accepts({ provider, actions: ["a.b"], resources: [resource] })
      }
    }
    for (const resource of dotted) accepts({ resources: [resource] })
    for (const resource of dotted) accepts({ provider: "oidc", actions: ["read"], resources: [resource] })
  })

  it("refuses a portable verb wherever verbs exist", () => {
    for (const provider of ["aws", "gcp", "azure"]) {
      refuses({ provider, actions: ["storage:read"], resources: ["b"] }, "verb")
      refuses({ provider, actions: ["Storage:READ"], resources: ["b"] }, "verb")
      refuses({ provider, actions: ["iam:read"], resources: ["b"] }, "verb")
      accepts({ provider, actions: ["storage:*"], resources: ["b"] })
      assert.isTrue(
        Result.isFailure(
          decode({ statements: [statement()], deny: [{ provider, actions: ["storage:read"], resources: ["b"] }] })
        )
      )
    }
    accepts({ provider: "oidc", actions: ["storage:read"], resources: ["https://api.example.com"] })
  })

  it("takes any scope without blanks on oidc", () => {
    const oidc = (action: string) => ({ provider: "oidc", actions: [action], resources: ["https://api.example.com"] })
    for (const scope of ["read", "repo:read", "urn:x:y", "é", "*"]) accepts(oidc(scope))
    for (const scope of ["read write", "a\u00a0b", "a\u2028b"]) refuses(oidc(scope), "without blanks")
  })

  it("knows a closed set of conditions", () => {
    accepts(conditions({ source_ip: ["10.0.0.0/8"], vpc: ["vpc-1"], vpc_endpoint: ["vpce-1"], not_after: 1 }))
    refuses(conditions({ ip: ["10.0.0.0/8"] }), "excess")
    refuses(conditions({ vpc: "vpc-1" }), "array")
    for (const time of [-1, 1.5, 253402300800, "1"]) {
      assert.isTrue(Result.isFailure(one(conditions({ not_after: time }))), String(time))
    }
    accepts(conditions({ not_after: 0 }))
    accepts(conditions({ not_after: 253402300799 }))
  })

  it("takes resource tags on AWS only", () => {
    accepts(conditions({ resource_tag: { env: ["dev"] } }))
    for (const provider of ["gcp", "azure", "oidc"]) {
      refuses({ provider, ...conditions({ resource_tag: { env: ["dev"] } }) }, "resource_tag")
    }
  })

  it("keeps a tag named __proto__ as a condition", () => {
    const read = decode(
      JSON.parse(
        JSON.stringify({ statements: [statement()], deny: [] }).replace(
          "]}]",
          '],"conditions":{"resource_tag":{"__proto__":["x"]}}}]'
        )
      )
    )
    const policy = Result.getOrThrow(read)
    assert.include(CompactJson.encode(policy), '"__proto__":["x"]')
    const request = { provider: "aws", action: "s3:GetObject", resource: "arn:aws:s3:::b/x" } as const
    assert.isFalse(Policy.covers(policy, request).allowed)
  })

  it("takes networks in their one canonical spelling", () => {
    const network = (text: string) => conditions({ source_ip: [text] })
    for (const text of [
      "0.0.0.0/0",
      "10.0.0.0/8",
      "192.0.2.1/32",
      "::/0",
      "2001:db8::/32",
      "2001:db8::1/128",
      "64:ff9b::/96"
    ]) {
      accepts(network(text))
    }
    const wrong = [
      "10.0.0.1",
      "10.0.0.1/8",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0.0/",
      "10.0.0/8",
      "010.0.0.0/8",
      "10.0.0.0/-1",
      "0x0a.0.0.0/8",
      "2001:DB8::/32",
      "2001:db8:0::/32",
      "2001:0db8::/32",
      "2001:db8::1/32",
      "::/129",
      "fe80::%eth0/64",
      "[::]/0",
      "10.0.0.0/8 ",
      "example.com/8",
      "*",
      "::ffff:10.0.0.0/104",
      "::ffff:a00:0/104",
      "::ffff:0:0/96",
      "::ffff:1.2.3.4/128"
    ]
    for (const text of wrong) assert.isTrue(Result.isFailure(one(network(text))), text)
  })

  it("weighs at most 32 KiB as compact JSON", () => {
    const sized = (bytes: number) => {
      const resources = Array.from(
        { length: 16 },
        (_, index) => `${String.fromCharCode(97 + index)}${"x".repeat(2000)}`
      )
      const policy = { statements: [statement({ resources })], deny: [] }
      const missing = bytes - CompactJson.byteLength(policy)
      return { statements: [statement({ resources: [...resources, "y".repeat(missing - 3)] })], deny: [] }
    }
    assert.strictEqual(CompactJson.byteLength(sized(32 * 1024)), 32 * 1024)
    assert.isTrue(Result.isSuccess(decode(sized(32 * 1024))))
    assert.isTrue(Result.isFailure(decode(sized(32 * 1024 + 1))))
  })

  it.prop("survives its own compact JSON", [built(Generated.policy)], ([policy]) => {
    const text = CompactJson.encode(policy)
    const read = Result.getOrThrow(StrictJson.decode(Policy.Policy, text, { maxBytes: Policy.maximumBytes }))
    assert.deepStrictEqual(read, policy)
    assert.strictEqual(CompactJson.encode(read), text)
  })
})
