import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"

type Fields = Readonly<Record<string, unknown>>

const document = (statements: ReadonlyArray<Fields>, version: string | undefined = "2012-10-17") =>
  IamEvaluator.parse(
    JSON.stringify({
      ...(version === "" ? {} : { Version: version }),
      Statement: statements.map((fields) => ({ Effect: "Allow", Action: "*", Resource: "*", ...fields }))
    })
  )

const object = "arn:aws:s3:::b/team/x"

const decide = (
  statements: ReadonlyArray<Fields>,
  request: Partial<IamEvaluator.Request> = {},
  version?: string
): IamEvaluator.Decision =>
  IamEvaluator.decide(
    { identity: [document(statements, version)] },
    { action: "s3:GetObject", resource: object, context: {}, ...request }
  )

const isAllowed = (...parameters: Parameters<typeof decide>) => decide(...parameters) === "allowed"

const under = (condition: Fields, context: Record<string, string | ReadonlyArray<string>> = {}) =>
  isAllowed([{ Condition: condition }], { context })

describe("IamEvaluator", () => {
  it("refuses without an allowing statement, and by any denial", () => {
    assert.strictEqual(decide([{ Action: "s3:GetObject" }]), "allowed")
    assert.strictEqual(decide([{ Action: "s3:PutObject" }]), "no-identity-allow")
    assert.strictEqual(decide([{}, { Effect: "Deny", Action: "s3:*" }]), "explicit-deny")
  })

  it("needs every kind of policy to allow, and lets several of one kind count together", () => {
    const all = document([{}])
    const put = document([{ Action: "s3:PutObject" }])
    const get = document([{ Action: "s3:GetObject" }])
    const request = { action: "s3:GetObject", resource: object, context: {} }
    assert.strictEqual(IamEvaluator.decide({ identity: [all], session: [put] }, request), "no-session-allow")
    assert.strictEqual(IamEvaluator.decide({ identity: [all], session: [put, get] }, request), "allowed")
    assert.strictEqual(IamEvaluator.decide({ identity: [put], session: [get] }, request), "no-identity-allow")
    assert.strictEqual(IamEvaluator.decide({ identity: [all], boundary: [put] }, request), "no-boundary-allow")
    const denial = document([{ Effect: "Deny", Action: "s3:GetObject" }, {}])
    assert.strictEqual(IamEvaluator.decide({ identity: [all], session: [all, denial] }, request), "explicit-deny")
  })

  it("compares actions without case, with wildcards, and the other way for NotAction", () => {
    assert.isTrue(isAllowed([{ Action: "S3:get?bject" }]))
    assert.isFalse(isAllowed([{ Action: "s3:Get" }]))
    assert.isFalse(isAllowed([{ Action: undefined, NotAction: "s3:Get*" }]))
    assert.isTrue(isAllowed([{ Action: undefined, NotAction: "s3:Put*" }]))
  })

  it("compares resources with case, field by field", () => {
    assert.isTrue(isAllowed([{ Resource: "arn:aws:s3:::b/*" }]))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:s3:::B/*" }]))
    assert.isTrue(isAllowed([{ Resource: "arn:aws:s3:::b/team/?" }]))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:s3:::b" }]))
    assert.isFalse(isAllowed([{ Resource: undefined, NotResource: "arn:aws:s3:::b/*" }]))
    const logs = { resource: "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b" }
    assert.isTrue(isAllowed([{ Resource: "arn:aws:logs:us-*:*:log-group:a:*" }], logs))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:logs:us*-9:*:log-group:a:*" }], logs))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:logs:u*1:log-group:a:*" }], logs))
  })

  it("completes an ARN that lacks fields", () => {
    assert.isTrue(isAllowed([{ Resource: "arn:aws:s3" }]))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:sqs" }]))
  })

  it("takes a request without a resource only for *", () => {
    assert.isTrue(isAllowed([{}], { resource: "*" }))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:s3:::*" }], { resource: "*" }))
  })

  it("replaces variables under the newer version alone, and matches nothing where one has no value", () => {
    const statement = [{ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*" }]
    const context = { "aws:principaltag/TEAM": "team" }
    assert.isTrue(isAllowed(statement, { context }))
    assert.isFalse(isAllowed(statement, { context }, "2008-10-17"))
    assert.isFalse(isAllowed(statement))
    assert.isTrue(isAllowed([{ Resource: "arn:aws:s3:::b/${aws:x, 'team'}/*" }]))
    assert.isFalse(isAllowed([{ Effect: "Deny", Resource: "arn:aws:s3:::${aws:x}" }]))
    assert.isTrue(isAllowed([{}, { Effect: "Deny", Resource: undefined, NotResource: "arn:aws:s3:::${aws:x}" }]))
    const odd = { resource: "arn:aws:s3:::b/*?${x}" }
    assert.isTrue(isAllowed([{ Resource: "arn:aws:s3:::b/${*}${?}${$}{x}" }], odd))
    assert.isFalse(isAllowed([{ Resource: "arn:aws:s3:::b/${*}${?}${$}{x}" }]))
    const star = { context: { "aws:PrincipalTag/team": "*" } }
    assert.isFalse(isAllowed(statement, star))
  })

  it.each([
    ["StringEquals", ["a", "b"], "b", "c"],
    ["StringNotEquals", ["a", "b"], "c", "b"],
    ["StringEqualsIgnoreCase", ["a"], "A", "b"],
    ["StringNotEqualsIgnoreCase", ["a"], "b", "A"],
    ["StringLike", ["a*", "?b"], "ax", "b"],
    ["StringNotLike", ["a*"], "b", "ab"],
    ["NumericLessThan", ["10"], "9", "10"],
    ["NumericGreaterThanEquals", ["10"], "10", "9"],
    ["DateLessThan", ["2030-01-01T00:00:00Z"], "2029-12-31T23:59:59Z", "2030-01-01T00:00:00Z"],
    ["DateGreaterThan", ["1893456000"], "2030-01-01T00:00:01Z", "2030-01-01T00:00:00Z"],
    ["Bool", ["true"], "true", "false"],
    ["IpAddress", ["192.0.2.0/24", "2001:db8::/32"], "2001:db8::7", "198.51.100.1"],
    ["IpAddress", ["192.0.2.7"], "192.0.2.7", "192.0.2.8"],
    ["IpAddress", ["::/0"], "2001:db8::7", "192.0.2.7"],
    ["NotIpAddress", ["192.0.2.0/24"], "198.51.100.1", "192.0.2.9"],
    ["ArnLike", ["arn:aws:iam::*:role/a*"], "arn:aws:iam::1:role/ab", "arn:aws:iam::1:user/ab"],
    ["ArnNotEquals", ["arn:aws:iam::*:role/a"], "arn:aws:iam::1:role/b", "arn:aws:iam::1:role/a"]
  ] as const)("%s %j holds for %s and not for %s", (operator, wanted, good, bad) => {
    const condition = { [operator]: { "aws:key": wanted } }
    assert.isTrue(under(condition, { "AWS:Key": good }))
    assert.isFalse(under(condition, { "AWS:Key": bad }))
    const negated = operator.includes("Not")
    assert.strictEqual(under(condition), negated)
    assert.isTrue(under({ [`${operator}IfExists`]: { "aws:key": wanted } }))
    assert.strictEqual(under({ [`${operator}IfExists`]: { "aws:key": wanted } }, { "aws:key": bad }), false)
  })

  it("replaces variables in texts and ARNs alone", () => {
    const context = { "aws:x": "5", "aws:y": "5", "aws:z": "arn:aws:iam::5:role/a" }
    assert.isTrue(under({ StringEquals: { "aws:x": "${aws:y}" } }, context))
    assert.isTrue(under({ ArnLike: { "aws:z": "arn:aws:iam::${aws:y}:role/a" } }, context))
    assert.isFalse(under({ NumericEquals: { "aws:x": "${aws:y}" } }, context))
    assert.isFalse(under({ DateEquals: { "aws:x": "${aws:y}" } }, context))
    assert.isFalse(under({ Bool: { "aws:x": "${aws:y}" } }, context))
  })

  it("runs the * of StringLike over colons, and that of ArnLike not", () => {
    const role = { "aws:x": "arn:aws:iam::1:role/a" }
    assert.isTrue(under({ StringLike: { "aws:x": "arn:*:role/a" } }, role))
    assert.isFalse(under({ ArnLike: { "aws:x": "arn:*:role/a" } }, role))
  })

  it("takes an absent key as Null, a set operator over nothing by its own rule", () => {
    assert.isTrue(under({ Null: { "aws:x": "true" } }))
    assert.isFalse(under({ Null: { "aws:x": "true" } }, { "aws:x": "1" }))
    assert.isTrue(under({ Null: { "aws:x": "false" } }, { "aws:x": "1" }))
    assert.isTrue(under({ "ForAllValues:StringEquals": { "aws:x": "a" } }))
    assert.isFalse(under({ "ForAnyValue:StringNotEquals": { "aws:x": "a" } }))
  })

  it("quantifies over several values", () => {
    const context = { "aws:x": ["a", "b"] }
    assert.isFalse(under({ "ForAllValues:StringEquals": { "aws:x": "a" } }, context))
    assert.isTrue(under({ "ForAllValues:StringEquals": { "aws:x": ["a", "b"] } }, context))
    assert.isTrue(under({ "ForAnyValue:StringEquals": { "aws:x": "a" } }, context))
    assert.isTrue(under({ "ForAnyValue:StringNotEquals": { "aws:x": "a" } }, context))
    assert.isFalse(under({ "ForAllValues:StringNotEquals": { "aws:x": "a" } }, context))
  })

  it("needs every key and every operator", () => {
    const condition = { StringEquals: { "aws:x": "1", "aws:y": "2" }, Bool: { "aws:z": "true" } }
    assert.isTrue(under(condition, { "aws:x": "1", "aws:y": "2", "aws:z": "true" }))
    assert.isFalse(under(condition, { "aws:x": "1", "aws:y": "3", "aws:z": "true" }))
    assert.isFalse(under(condition, { "aws:x": "1", "aws:y": "2" }))
  })

  it.each([
    "",
    "{}",
    '{"Version":"2013-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"s*:Get","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"bucket"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:*:::b"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Extra":1}}',
    '{"Statement":{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Like":{"a":"b"}}}}',
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NullIfExists":{"a":"b"}}}}',
    '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]}'
  ])("refuses %s as malformed", (text) => {
    assert.throws(() => IamEvaluator.parse(text), IamEvaluator.MalformedPolicy)
  })
})
