import type * as Sentence from "@bailiwick/provider-aws/denial/Sentence"
import * as SentenceScanner from "@bailiwick/provider-aws/denial/SentenceScanner"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const bytes = (text: string) => new TextEncoder().encode(text)

const scan = (text: string, size = text.length) => {
  const scanner = SentenceScanner.make()
  const all = bytes(text)
  for (let at = 0; at < all.length; at += Math.max(1, size)) scanner.push(all.subarray(at, at + Math.max(1, size)))
  return scanner.end()
}

const user = "arn:aws:sts::111122223333:assumed-role/agent/bw-claude-1"
const object = "arn:aws:s3:::acme/team/a report.txt"
const ofS3 = `User: ${user} is not authorized to perform: s3:PutObject on resource: "${object}" because no session policy allows the s3:PutObject action`

const put: Sentence.Sentence = {
  principal: user,
  action: "s3:PutObject",
  resource: object,
  by: "session policy",
  explicit: false
}

describe("SentenceScanner", () => {
  it.each([
    ["S3's, which quotes the resource", ofS3, put],
    ["the CLI's line", `\nAn error occurred (AccessDenied) when calling the PutObject operation: ${ofS3}\n`, put],
    ["one inside a log of JSON", JSON.stringify({ error: { message: ofS3 } }), put],
    ["one inside JSON inside JSON", JSON.stringify(JSON.stringify({ message: ofS3 })), put],
    ["one that Terraform wraps and draws a line beside", `│ Error: ${ofS3.replaceAll(" is ", "\n│ is ")}\n│ \n`, put],
    [
      "a sentence whose resource stands bare",
      `User: ${user} is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/t because no session policy allows the dynamodb:GetItem action`,
      {
        principal: user,
        action: "dynamodb:GetItem",
        resource: "arn:aws:dynamodb:eu-west-1:111122223333:table/t",
        by: "session policy",
        explicit: false
      }
    ],
    [
      "EC2's, with its encoded message behind",
      `You are not authorized to perform this operation. User: ${user} is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:111122223333:instance/* with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/p. Encoded authorization failure message: abc`,
      {
        principal: user,
        action: "ec2:RunInstances",
        resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*",
        by: "permissions boundary",
        explicit: true
      }
    ],
    [
      "one without a resource",
      `User: ${user} is not authorized to perform: kms:ListAliases because no identity-based policy allows the kms:ListAliases action`,
      { principal: user, action: "kms:ListAliases", by: "identity-based policy", explicit: false }
    ],
    [
      "one without a reason, at the end of a sentence",
      `User: ${user} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/other.`,
      {
        principal: user,
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111122223333:role/other",
        explicit: false
      }
    ],
    [
      "a denial that names no policy",
      `is not authorized to perform: sqs:sendmessage on resource: * with an explicit deny`,
      { action: "sqs:sendmessage", resource: "*", explicit: true }
    ]
  ] as const)("reads %s", (_, text, sentence) => {
    assert.deepStrictEqual(scan(text), [sentence])
    assert.deepStrictEqual(scan(text, 7), [sentence], "in small pieces")
  })

  it("finds all of them, in their order, between whatever else is written", () => {
    const noise = "x".repeat(5_000)
    const found = scan(`${noise}\n${ofS3}\n${noise}${ofS3.replaceAll("Put", "Get")}\n${noise}`, 97)
    assert.deepStrictEqual(
      found.map(({ action }) => action),
      ["s3:PutObject", "s3:GetObject"]
    )
  })

  it.each([
    "",
    "not authorized",
    "You are not authorized to perform this operation.",
    "is not authorized to perform: ",
    "is not authorized to perform: everything",
    "is not authorized to perform: s3:*",
    "is not authorized to perform: s3:Get*",
    "is not authorized to perform: s3:Get?bject",
    `is not authorized to perform: s3:${"G".repeat(200)}`
  ])("reads nothing from %j", (text) => {
    assert.deepStrictEqual(scan(text), [])
  })

  it("takes no name of a resource that does not end where it may, and none of control characters", () => {
    const of = (resource: string) => scan(`is not authorized to perform: s3:GetObject on resource: ${resource}`)
    assert.deepStrictEqual(of(`arn:aws:s3:::${"b".repeat(3_000)}`), [{ action: "s3:GetObject", explicit: false }])
    assert.deepStrictEqual(of('"arn:aws:s3:::b'), [{ action: "s3:GetObject", explicit: false }])
  })

  it("leaves out a name that a shortened text may have cut", () => {
    const text = ofS3.slice(0, ofS3.indexOf(" report"))
    const plain = text.replaceAll('"', "")
    assert.notProperty(SentenceScanner.read(text, false)[0], "resource")
    assert.notProperty(SentenceScanner.read(plain, false)[0], "resource")
    assert.propertyVal(SentenceScanner.read(plain, true)[0], "resource", "arn:aws:s3:::acme/team/a")
    assert.deepStrictEqual(SentenceScanner.read("is not authorized to perform: s3:Get", false), [])
    assert.lengthOf(SentenceScanner.read("is not authorized to perform: s3:Get", true), 1)
  })

  it("holds a bounded part of what it reads, and stops looking at some number", () => {
    const scanner = SentenceScanner.make()
    const megabyte = bytes("is not authorized to perform: s3:GetObject ".repeat(24_000))
    const start = process.memoryUsage().heapUsed
    for (let count = 0; count < 50; count++) scanner.push(megabyte)
    assert.isBelow(process.memoryUsage().heapUsed - start, 200 * 1024 * 1024)
    assert.lengthOf(scanner.end(), SentenceScanner.maximum)
  })

  it.prop(
    "finds a sentence however the bytes are cut",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 400 })), Schema.String],
    ([size, lead]) => {
      const around = lead.replaceAll("authorized", "")
      assert.deepInclude(scan(`${around}é│\r\n${ofS3}\u202e${around}`, size), put)
    }
  )
})
