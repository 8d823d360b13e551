import * as IamDocument from "@bailiwick/provider-aws/IamDocument"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

type Fields = Readonly<Record<string, unknown>>

const good = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*" }

const document = (statements: ReadonlyArray<Fields>, version = "2012-10-17") =>
  JSON.stringify({ Version: version, Statement: statements.map((fields) => ({ ...good, ...fields })) })

const read = (text: string) => Effect.fromResult(IamDocument.read(text))
const refusal = (text: string) => Effect.flip(read(text))

describe("IamDocument", () => {
  it.effect("takes a document as people have it", () =>
    Effect.gen(function* () {
      const found = yield* read(`{
        "Version": "2012-10-17",
        "Id": "mine",
        "Statement": [
          { "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObject"], "Resource": "arn:aws:s3:::acme/*" },
          { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "IpAddressIfExists": { "aws:SourceIp": "192.0.2.7" } } }
        ]
      }`)
      assert.deepStrictEqual(found, {
        statements: [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme/*"] }],
        deny: [{ provider: "aws", actions: ["*"], resources: ["*"], conditions: { source_ip: ["192.0.2.7/32"] } }]
      })
    })
  )

  it.effect("takes a single statement, and every condition that a policy has", () =>
    Effect.gen(function* () {
      const Condition = {
        IpAddress: { "AWS:sourceip": ["192.0.2.0/24", "2001:db8::1"] },
        StringEquals: { "aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1", "aws:ResourceTag/env": ["dev", "test"] },
        DateLessThan: { "aws:CurrentTime": "2030-01-01T00:00:00Z" }
      }
      const text = JSON.stringify({ Version: "2012-10-17", Statement: { ...good, Condition } })
      const { statements } = yield* read(text)
      assert.deepStrictEqual(Object(statements[0]?.conditions), {
        source_ip: ["192.0.2.0/24", "2001:db8::1/128"],
        vpc: ["vpc-1"],
        vpc_endpoint: ["vpce-1"],
        not_after: 1_893_456_000,
        resource_tag: { env: ["dev", "test"] }
      })
    })
  )

  it.effect("takes a listing under a prefix as an authority over those objects", () =>
    Effect.gen(function* () {
      const listing = {
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::acme",
        Condition: { StringLike: { "s3:prefix": ["team/*", "home/"] } }
      }
      const { statements } = yield* read(document([listing]))
      assert.deepStrictEqual(statements[0]?.resources, ["arn:aws:s3:::acme/team/*", "arn:aws:s3:::acme/home/"])
    })
  )

  describe("a right on objects that a policy takes for one to list them", () => {
    const objects = { Action: "s3:*", Resource: "arn:aws:s3:::acme/team/*" }
    const list = { Action: ["s3:ListBucket", "s3:ListBucketVersions"], Resource: "arn:aws:s3:::acme" }
    const beneath = (prefix: string) => ({ ...list, Condition: { StringLike: { "s3:prefix": prefix } } })
    const tied = { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } }

    it.effect.each([
      ["that lists by a wildcard", [objects]],
      ["that lists by name", [{ ...objects, Action: ["s3:GetObject", "s3:ListBucket"] }]],
      ["beside a listing of another prefix", [objects, beneath("team/a/*")]],
      ["beside a listing without versions", [objects, { ...beneath("team/*"), Action: "s3:ListBucket" }]],
      ["beside a listing of another bucket", [objects, { ...list, Resource: "arn:aws:s3:::other" }]],
      ["beside a listing under a condition", [objects, { ...list, Condition: tied }]]
    ] as const)("is refused %s", ([, statements]) =>
      Effect.gen(function* () {
        const error = yield* refusal(document([{}, ...statements]))
        assert.include(error.detail, "Statement[1]")
        assert.include(error.detail, "would list their bucket")
      })
    )

    it.effect.each([
      ["that lists nothing", [{ ...objects, Action: ["s3:*Object", "s3:PutObjectTagging"] }]],
      ["beside its bucket", [{ ...objects, Resource: ["arn:aws:s3:::acme", "arn:aws:s3:::acme/team/*"] }]],
      ["beside a listing of the bucket", [list, objects]],
      ["beside a listing of that prefix", [objects, beneath("team/*")]],
      ["beside a listing of a wider prefix", [beneath("t*"), { ...objects, Condition: tied }]],
      ["in a denial", [{}, { ...objects, Effect: "Deny" }]]
    ] as const)("is taken %s", ([, statements]) =>
      Effect.gen(function* () {
        const { statements: grants, deny } = yield* read(document(statements))
        assert.lengthOf([...grants, ...deny], statements.length)
      })
    )
  })

  it.effect("reads ${ as text under the older version", () =>
    Effect.gen(function* () {
      const Resource = "arn:aws:s3:::acme/${aws:username}/*"
      assert.include((yield* refusal(document([{ Resource }]))).detail, "policy variable")
      assert.deepStrictEqual((yield* read(document([{ Resource }], "2008-10-17"))).statements[0]?.resources, [Resource])
    })
  )

  it.effect.each([
    ["NotAction", { Action: undefined, NotAction: "s3:*" }, "NotAction has no counterpart"],
    ["NotResource", { Resource: undefined, NotResource: "*" }, "NotResource has no counterpart"],
    ["Principal", { Principal: "*" }, "Principal has no counterpart"],
    ["an unknown member", { Effects: "Allow" }, "it is no statement"],
    ["an incomplete ARN", { Resource: "arn:aws:s3" }, "lacks fields"],
    [
      "an operator without a counterpart",
      { Condition: { StringLike: { "aws:SourceVpc": "vpc-*" } } },
      "no counterpart"
    ],
    ["an unknown key", { Condition: { StringEquals: { "aws:username": "you" } } }, "no counterpart"],
    ["a variable among values", { Condition: { StringEquals: { "aws:SourceVpc": "${aws:x}" } } }, "policy variable"],
    [
      "a grant that an absent key would widen",
      { Condition: { StringEqualsIfExists: { "aws:SourceVpc": "vpc-1" } } },
      "missing key"
    ],
    [
      "a denial that an absent key would skip",
      { Effect: "Deny", Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } },
      "missing key"
    ],
    [
      "an operator that is none, though it begins like one",
      { Effect: "Deny", Condition: { IpAddressIfExistsNot: { "aws:SourceIp": "192.0.2.0/24" } } },
      "IpAddressIfExistsNot on"
    ],
    ["a network that is none", { Condition: { IpAddress: { "aws:SourceIp": "192.0.2.1/24" } } }, "no policy holds"],
    [
      "a day that does not exist",
      { Condition: { DateLessThan: { "aws:CurrentTime": "2030-02-30T00:00:00Z" } } },
      "whole second"
    ],
    ["a time in words", { Condition: { DateLessThan: { "aws:CurrentTime": "tomorrow" } } }, "whole second"],
    [
      "one key under two operators",
      { Condition: { StringEquals: { "aws:SourceVpc": "a" }, StringLike: { "AWS:SourceVpc": "a" } } },
      "stands twice"
    ],
    [
      "a prefix for more than listings",
      { Condition: { StringLike: { "s3:prefix": "team/*" } } },
      "s3:prefix narrows more"
    ],
    [
      "a prefix that denies by another operator",
      {
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::acme",
        Condition: { StringNotLike: { "s3:prefix": "team/*" } }
      },
      "no counterpart"
    ]
  ] as const)("refuses %s and names the statement", ([, fields, detail]) =>
    Effect.gen(function* () {
      const error = yield* refusal(document([{}, fields]))
      assert.strictEqual(error.reason, "PolicyRefused")
      assert.include(error.detail, detail)
      assert.include(error.detail, "Statement[1]")
    })
  )

  it.effect.each([
    ["no JSON", "{"],
    ["a member twice", '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}'],
    ["no statement", '{"Version":"2012-10-17"}'],
    ["an unknown version", '{"Version":"2020-01-01","Statement":[]}'],
    ["only denials", document([{ Effect: "Deny" }])],
    ["a blank that nobody sees", document([{ Action: "s3:GetObject " }])],
    ["more than a policy may hold", document(Array.from({ length: 257 }, (_, index) => ({ Action: `s3:A${index}` })))]
  ] as const)("refuses %s", ([, text]) =>
    Effect.gen(function* () {
      assert.include((yield* refusal(text)).detail, "the IAM document:")
    })
  )

  it("knows what calls itself an IAM document", () => {
    assert.isTrue(IamDocument.isLike({ Statement: [] }))
    assert.isTrue(IamDocument.isLike({ Version: "2012-10-17" }))
    for (const other of [{ statements: [], deny: [] }, [], null, "Statement", Object.create({ Statement: [] })]) {
      assert.isFalse(IamDocument.isLike(other))
    }
  })
})
