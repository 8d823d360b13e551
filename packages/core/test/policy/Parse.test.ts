import * as Policy from "@bailiwick/core/Policy"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"

const parse = (provider: Policy.Provider, source: Partial<Policy.Source>) =>
  Policy.parse(provider, { allow: "*", resource: "*", ...source })

const statement = (provider: Policy.Provider, source: Partial<Policy.Source>) =>
  Result.getOrThrow(parse(provider, source)).statements[0]

const refusal = (provider: Policy.Provider, source: Partial<Policy.Source>) =>
  Result.getOrThrow(Result.flip(parse(provider, source)))

describe("Policy.parse", () => {
  it("reads comma lists, one flag or several", () => {
    const expected = { provider: "aws", actions: ["s3:GetObject", "s3:Put*"], resources: ["arn:aws:s3:::b", "*"] }
    assert.deepStrictEqual<unknown>(
      statement("aws", { allow: "s3:GetObject,s3:Put*", resource: ["arn:aws:s3:::b", "*"] }),
      expected
    )
    assert.deepStrictEqual<unknown>(
      statement("aws", { allow: ["s3:GetObject", "s3:Put*,s3:GetObject"], resource: "arn:aws:s3:::b,*" }),
      expected
    )
  })

  it("denies the given actions on every resource", () => {
    assert.deepStrictEqual(Result.getOrThrow(parse("aws", { deny: "s3:DeleteObject,storage:delete" })).deny, [
      { provider: "aws", actions: ["s3:DeleteObject", "s3:DeleteObjectVersion"], resources: ["*"] }
    ])
    assert.deepStrictEqual(Result.getOrThrow(parse("aws", {})).deny, [])
  })

  it("points at the offending character", () => {
    const cases: ReadonlyArray<
      readonly [
        Policy.Provider,
        Partial<Policy.Source>,
        reason: Policy.PolicyTextError["reason"],
        field: string,
        offset: number
      ]
    > = [
      ["aws", { allow: "" }, "EmptyItem", "allow", 0],
      ["aws", { allow: [] }, "Limit", "policy", 0],
      ["aws", { resource: [] }, "Limit", "policy", 0],
      ["aws", { allow: "s3:Get,,s3:Put" }, "EmptyItem", "allow", 7],
      ["aws", { allow: "s3:Get," }, "EmptyItem", "allow", 7],
      ["aws", { allow: ",s3:Get" }, "EmptyItem", "allow", 0],
      ["aws", { resource: "" }, "EmptyItem", "resource", 0],
      ["aws", { deny: "" }, "EmptyItem", "deny", 0],
      ["aws", { allow: "s3:Get, s3:Put" }, "OuterBlank", "allow", 7],
      ["aws", { allow: "s3:Get ,s3:Put" }, "OuterBlank", "allow", 6],
      ["aws", { allow: "s3:Get\n" }, "ControlCharacter", "allow", 6],
      ["aws", { resource: "arn:aws:s3:::b/\u0000" }, "ControlCharacter", "resource", 15],
      ["aws", { resource: "*,arn:aws:s3:::b/${aws:username}/*" }, "Variable", "resource", 17],
      ["aws", { allow: "s3:${x}" }, "Variable", "allow", 3],
      ["oidc", { resource: "https://${x}" }, "Variable", "resource", 8],
      ["gcp", { resource: "projects/p/../q" }, "DotSegment", "resource", 11],
      ["azure", { resource: "/subscriptions/./x" }, "DotSegment", "resource", 15],
      ["azure", { allow: "Microsoft.Compute/../read" }, "DotSegment", "allow", 18],
      ["aws", { allow: "storage:raed" }, "UnknownVerb", "allow", 8],
      ["gcp", { allow: "storage.objects.get,storage:raed" }, "UnknownVerb", "allow", 28],
      ["gcp", { allow: "s3:GetObject" }, "UnknownVerb", "allow", 3],
      ["azure", { allow: "function:invoke" }, "VerbWithoutCloud", "allow", 0],
      ["gcp", { allow: "storage:read,function:deploy" }, "VerbWithoutCloud", "allow", 13],
      ["aws", { allow: "GetObject" }, "Shape", "allow", 0],
      ["gcp", { allow: "get" }, "Shape", "allow", 0],
      ["azure", { allow: "read" }, "Shape", "allow", 0],
      ["aws", { resource: "*,my-bucket" }, "Shape", "resource", 2],
      ["aws", { resource: "gs://b" }, "Shape", "resource", 0],
      ["gcp", { resource: "s3://bucket/x" }, "Shape", "resource", 0],
      ["aws", { resource: "s3://b*/x" }, "Shape", "resource", 5],
      ["aws", { resource: "s3://UPPER/x" }, "Shape", "resource", 5],
      ["aws", { resource: "s3://" }, "Shape", "resource", 5],
      ["gcp", { resource: "gs://bu'cket/x" }, "Shape", "resource", 5],
      ["aws", { resource: "s3://bucket/" }, "Shape", "resource", 12],
      ["oidc", { allow: "read write" }, "InnerBlank", "allow", 4],
      ["aws", { conditions: {} }, "Conditions", "conditions", 0],
      ["aws", { conditions: { source_ip: ["10.0.0.1/8"] } }, "Conditions", "conditions", 0],
      ["gcp", { conditions: { resource_tag: { a: ["b"] } } }, "Limit", "policy", 0],
      ["aws", { allow: Array.from({ length: 257 }, (_, index) => `s3:Get${index}`) }, "Limit", "policy", 0],
      ["oidc", { allow: "x".repeat(2049) }, "Limit", "policy", 0]
    ]
    for (const [provider, source, reason, field, offset] of cases) {
      const error = refusal(provider, source)
      assert.deepStrictEqual(
        { reason: error.reason, field: error.field, offset: error.offset },
        { reason, field: field as typeof error.field, offset },
        JSON.stringify(source).slice(0, 100)
      )
      assert.isAbove(error.message.length, field.length + 2)
      assert.notInclude(error.message, "\n")
    }
  })

  it("draws the caret beneath the character, and lets no text steer a terminal", () => {
    assert.strictEqual(refusal("aws", { allow: "s3:Get,,x:y" }).pointer, "s3:Get,,x:y\n       ^")
    assert.strictEqual(refusal("aws", { allow: "😀:x,\u001b[31m" }).pointer, "😀:x,\uFFFD[31m\n    ^")
    assert.strictEqual(refusal("aws", { allow: "a:\u202eb,a:c " }).pointer, "a:\uFFFDb,a:c \n        ^")
  })

  it("expands portable verbs before a policy is made", () => {
    assert.deepStrictEqual(statement("aws", { allow: "storage:read,ec2:StartInstances" })?.actions, [
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:GetObjectAttributes",
      "ec2:StartInstances"
    ])
    assert.deepStrictEqual(statement("gcp", { allow: "storage:read" })?.actions, ["storage.objects.get"])
    assert.deepStrictEqual(statement("oidc", { allow: "storage:read,repo:write" })?.actions, [
      "storage:read",
      "repo:write"
    ])
    assert.deepStrictEqual(statement("aws", { allow: "*,*:*,s3*,logs:GetLogEvents" })?.actions, [
      "*",
      "*:*",
      "s3*",
      "logs:GetLogEvents"
    ])
  })

  it("offers the verbs of the same noun when one is misspelt", () => {
    assert.strictEqual(
      refusal("gcp", { allow: "secrets:get" }).hint,
      "the verbs are secrets:list, secrets:read, secrets:write"
    )
    assert.include(refusal("gcp", { allow: "nothing:read" }).hint ?? "", "storage:list, storage:read")
  })

  it("reads short forms of resources as exactly one resource", () => {
    const resource = (provider: Policy.Provider, text: string) => statement(provider, { resource: text })?.resources
    assert.deepStrictEqual(resource("aws", "s3://acme-logs"), ["arn:aws:s3:::acme-logs"])
    assert.deepStrictEqual(resource("aws", "s3://acme-logs/a/*"), ["arn:aws:s3:::acme-logs/a/*"])
    assert.deepStrictEqual(resource("gcp", "gs://acme_logs"), ["projects/_/buckets/acme_logs"])
    assert.deepStrictEqual(resource("gcp", "gs://acme_logs/a/*"), ["projects/_/buckets/acme_logs/objects/a/*"])
    assert.deepStrictEqual(resource("azure", "https://acct.blob.core.windows.net/c/x"), [
      "https://acct.blob.core.windows.net/c/x"
    ])
    assert.deepStrictEqual(resource("oidc", "s3://acme-logs"), ["s3://acme-logs"])
  })

  it("takes conditions as the schema takes them", () => {
    const conditions = { source_ip: ["10.0.0.0/8"], not_after: 10 }
    assert.deepStrictEqual<unknown>(statement("aws", { conditions })?.conditions, conditions)
  })
})

describe("Policy.expandVerbs", () => {
  it("expands every verb on every cloud into actions that a policy may hold, or refuses it", () => {
    const without = { aws: 0, gcp: 0, azure: 0 }
    for (const provider of ["aws", "gcp", "azure"] as const) {
      for (const verb of Policy.verbs) {
        const expanded = Policy.expandVerbs(provider, [verb])
        if (Result.isFailure(expanded)) {
          assert.strictEqual(expanded.failure.reason, "VerbWithoutCloud")
          without[provider]++
        } else assert.isTrue(Result.isSuccess(parse(provider, { allow: expanded.success })), `${provider} ${verb}`)
      }
    }
    assert.strictEqual(Policy.verbs.length, 29)
    assert.deepStrictEqual(without, { aws: 0, gcp: 2, azure: 3 })
  })

  it("leaves actions as they are, and everything on oidc", () => {
    assert.deepStrictEqual(
      Policy.expandVerbs("aws", ["s3:*", "storage:list"]),
      Result.succeed(["s3:*", "s3:ListBucket", "s3:GetBucketLocation"])
    )
    assert.deepStrictEqual(Policy.expandVerbs("oidc", ["storage:list"]), Result.succeed(["storage:list"]))
  })
})
