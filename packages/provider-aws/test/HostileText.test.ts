/**
 * Nothing that a user, a record or a member's name says breaks out of its place: from text to policy, to the compiled
 * document, to what AWS makes of it, nothing is allowed that `Policy.covers` does not cover.
 */
import * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as IamDocument from "@bailiwick/provider-aws/IamDocument"
import * as ManagedPolicies from "@bailiwick/provider-aws/ManagedPolicies"
import * as SessionIdentity from "@bailiwick/provider-aws/SessionIdentity"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { compile, policy } from "./support/Policies.ts"
import * as World from "./support/World.ts"

/** What means something to JSON, to IAM, to a path, to a shell, to a form or to a terminal. */
const fragments = [
  '"',
  "\\",
  '\\"',
  '"]},{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  '","Resource":"*","x":"',
  "${aws:username}",
  "${aws:PrincipalTag/team}",
  "${*}",
  "${$}{",
  "${",
  "$",
  "}",
  "*",
  "?",
  "../",
  "/..",
  "%2e%2e/",
  "\u0000",
  "\u0001",
  "\n",
  "\r\n",
  "\t",
  " ",
  "\u00a0",
  "\u202e",
  "\u200b",
  "\ufeff",
  "é",
  "e\u0301",
  "Ω",
  "＂",
  "＊",
  "😀",
  "\ud800",
  ":",
  "::",
  "/",
  "=",
  "&Policy=",
  "arn:aws:s3:::",
  "s3:",
  "me",
  "team",
  "__proto__",
  "constructor",
  "x"
] as const

const Hostile = Schema.Union([
  Schema.Array(Schema.Literals(fragments)).check(Schema.isMinLength(1), Schema.isMaxLength(5)),
  Schema.Array(Schema.String.check(Schema.isMaxLength(12))).check(Schema.isMinLength(1), Schema.isMaxLength(2))
])

const bucket = "arn:aws:s3:::acme"
const grant = { provider: "aws", actions: ["s3:GetObject"], resources: [`${bucket}/team/*`] }

/** Every place where text of somebody else's stands in a policy, as an object of the schema or as flags. */
const places: Readonly<Record<string, (text: string) => unknown>> = {
  "an action": (text) => ({ statements: [{ ...grant, actions: [text] }], deny: [] }),
  "the name of an action": (text) => ({ statements: [{ ...grant, actions: [`s3:${text}`] }], deny: [] }),
  "one action of several": (text) => ({ statements: [{ ...grant, actions: ["s3:GetObject", text] }], deny: [] }),
  "a resource": (text) => ({ statements: [{ ...grant, resources: [text] }], deny: [] }),
  "the name of a resource": (text) => ({ statements: [{ ...grant, resources: [`${bucket}/${text}`] }], deny: [] }),
  "the beginning of a name": (text) => ({ statements: [{ ...grant, resources: [`${bucket}/${text}/*`] }], deny: [] }),
  "a prefix to list": (text) => ({
    statements: [{ ...grant, actions: ["s3:ListBucket"], resources: [`${bucket}/${text}*`] }],
    deny: []
  }),
  "a VPC": (text) => ({ statements: [{ ...grant, conditions: { vpc: [text] } }], deny: [] }),
  "a VPC endpoint": (text) => ({ statements: [{ ...grant, conditions: { vpc_endpoint: [text] } }], deny: [] }),
  "a network": (text) => ({ statements: [{ ...grant, conditions: { source_ip: [text] } }], deny: [] }),
  "the key of a tag": (text) => ({
    statements: [{ ...grant, conditions: { resource_tag: { [text]: ["v"] } } }],
    deny: []
  }),
  "the value of a tag": (text) => ({
    statements: [{ ...grant, conditions: { resource_tag: { k: [text] } } }],
    deny: []
  }),
  "a denied action": (text) => ({ statements: [grant], deny: [{ ...grant, actions: [text] }] }),
  "a denied resource": (text) => ({
    statements: [{ ...grant, resources: ["*"] }],
    deny: [{ ...grant, resources: [`${bucket}/${text}`] }]
  }),
  "the condition of a denial": (text) => ({
    statements: [grant],
    deny: [{ ...grant, conditions: { vpc: [text], resource_tag: { [text]: [text] } } }]
  })
}

const flags: Readonly<Record<string, (text: string) => Policy.Source>> = {
  "--allow": (text) => ({ allow: text, resource: "s3://acme/team/*" }),
  "--allow with a service": (text) => ({ allow: `s3:${text}`, resource: "s3://acme/team/*" }),
  "--resource": (text) => ({ allow: "s3:GetObject", resource: text }),
  "--resource in short": (text) => ({ allow: "s3:GetObject,s3:ListBucket", resource: `s3://acme/${text}` }),
  "--deny": (text) => ({ allow: "s3:GetObject", resource: "s3://acme/*", deny: text })
}

const actions = [
  "s3:GetObject",
  "s3:PutObject",
  "s3:GetBucketLocation",
  "iam:CreateUser",
  "sts:AssumeRole",
  "ec2:StartInstances"
]

const resources = (text: string) => [
  "*",
  bucket,
  `${bucket}/team/x`,
  `${bucket}/other/x`,
  `${bucket}/me`,
  `${bucket}/me/x`,
  `${bucket}/${text}`,
  `${bucket}/${text}x`,
  `${bucket}/${text}/x`,
  "arn:aws:s3:::other/x",
  "arn:aws:iam::111122223333:user/me"
]

/** What is known of a request: nothing of networks and tags, what the text says, and what it does not say. */
const contexts = (text: string): ReadonlyArray<Policy.Context> =>
  [
    {},
    { vpc: text, vpc_endpoint: text, resource_tag: { k: text } },
    { vpc: "vpc-1", resource_tag: { [text]: "v" } }
  ].flatMap((context) => Option.toArray(Schema.decodeUnknownOption(Policy.Context)(context)))

/** The same as condition keys, beside the caller's own, which no policy of ours may ever ask for. */
const keysOf = ({ resource_tag, vpc, vpc_endpoint }: Policy.Context): IamEvaluator.Request["context"] => ({
  "aws:username": "me",
  "aws:userid": "AROAEXAMPLE:me",
  "aws:PrincipalTag/team": "*",
  "aws:SourceIp": "192.0.2.7",
  "aws:CurrentTime": "2026-11-22T00:00:00Z",
  ...(vpc === undefined ? {} : { "aws:SourceVpc": vpc }),
  ...(vpc_endpoint === undefined ? {} : { "aws:SourceVpce": vpc_endpoint }),
  ...Object.fromEntries(Object.entries(resource_tag ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]))
})

const everything = IamEvaluator.parse(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)

const allows = (document: IamEvaluator.Document, request: IamEvaluator.Request) =>
  IamEvaluator.decide({ identity: [everything], session: [document] }, request) === "allowed"

const seen = { compiled: 0, allowed: 0 }

/** Compiles, reads the document as AWS does, and asks both sides. */
const holds = Effect.fnUntraced(function* (asked: Policy.Policy, text: string) {
  const compiled = yield* Effect.option(compile(asked, { room: 100_000, permitted: ["iam:*", "sts:*"] }))
  if (Option.isNone(compiled)) return
  seen.compiled++
  const json = JSON.parse(compiled.value.text)
  assert.deepStrictEqual(Object.keys(json), ["Version", "Statement"])
  for (const statement of json.Statement) {
    const names = Object.keys(statement).filter((name) => name !== "Condition")
    assert.deepStrictEqual(names, ["Effect", "Action", "Resource"])
  }
  // AWS takes these characters and no others (AssumeRole, `Policy`).
  assert.match(compiled.value.text, /^[\u0020-\u00ff]+$/u)
  const document = IamEvaluator.parse(compiled.value.text)
  const covers = (action: string, resource: string, context: Policy.Context) =>
    Policy.covers(asked, {
      provider: "aws",
      action,
      resource,
      context: { ...context, source_ip: "192.0.2.7", time: at }
    }).allowed
  const isTied = [...asked.statements, ...asked.deny].some(({ conditions }) => conditions !== undefined)
  for (const context of isTied ? contexts(text) : [{}]) {
    for (const resource of resources(text)) {
      for (const action of actions) {
        if (!allows(document, { action, resource, context: keysOf(context) })) continue
        seen.allowed++
        assert.isTrue(covers(action, resource, context), `${action} on ${resource}: ${compiled.value.text}`)
      }
    }
    for (const prefix of ["", "me/", "other/", text, `${text}x`]) {
      const listing = { ...keysOf(context), "s3:prefix": prefix }
      if (!allows(document, { action: "s3:ListBucket", resource: bucket, context: listing })) continue
      seen.allowed++
      const names = [bucket, `${bucket}/${prefix}`]
      assert.isTrue(
        names.some((name) => covers("s3:ListBucket", name, context)),
        `listing ${prefix}: ${compiled.value.text}`
      )
    }
  }
})

const at = UnixTime.UnixTime.make(1_795_305_600)

/** Through the schema of policies, wherever the text stands. */
const inPlaces = Effect.fnUntraced(function* (text: string) {
  for (const place of Object.values(places)) {
    const asked = Schema.decodeUnknownOption(Policy.Policy, { onExcessProperty: "error" })(place(text))
    if (Option.isSome(asked)) yield* holds(asked.value, text)
  }
})

const inFlags = Effect.fnUntraced(function* (text: string) {
  for (const flag of Object.values(flags)) {
    const asked = Policy.parse("aws", flag(text))
    if (Result.isSuccess(asked)) yield* holds(asked.success, text)
  }
})

const inDocuments = Effect.fnUntraced(function* (text: string) {
  const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: `${bucket}/team/*` }
  const documents = [
    { ...statement, Action: text },
    { ...statement, Resource: text },
    { ...statement, Resource: `${bucket}/${text}` },
    { ...statement, Resource: `${bucket}/${text}/*` },
    { ...statement, Sid: text },
    { ...statement, [text]: "Allow" },
    { ...statement, Condition: { StringEquals: { "aws:SourceVpc": text } } },
    { ...statement, Condition: { StringEquals: { [`aws:ResourceTag/${text}`]: text } } },
    { ...statement, Condition: { [text]: { "aws:SourceVpc": "vpc-1" } } },
    { ...statement, Action: "s3:ListBucket", Resource: bucket, Condition: { StringLike: { "s3:prefix": text } } }
  ]
  for (const Statement of documents) {
    for (const Version of ["2012-10-17", "2008-10-17"]) {
      const asked = IamDocument.read(JSON.stringify({ Version, Statement }))
      if (Result.isSuccess(asked)) yield* holds(asked.success, text)
    }
  }
})

describe("hostile text in a policy", () => {
  it.effect.each([
    ["an object of the schema", inPlaces],
    ["flags", inFlags],
    ["an IAM document", inDocuments]
  ] as const)("grants nothing that the policy does not cover, each by itself, through %s", ([, judge]) =>
    Effect.forEach(fragments, judge, { discard: true })
  )

  it.effect.prop(
    "grants nothing that the policy does not cover, in any mixture",
    [Hostile],
    ([parts]) => {
      const text = parts.join("")
      return Effect.all([inPlaces(text), inFlags(text), inDocuments(text)], { discard: true })
    },
    { arbitrary: { runs: 30 } }
  )

  it("was seen compiled, and allowing", () => {
    assert.isAbove(seen.compiled, 300)
    assert.isAbove(seen.allowed, 300)
  })
})

describe("hostile text beside the policy", () => {
  const target = (settings: Readonly<Record<string, string>>) =>
    AwsTarget.read({ provider: "aws", principal: World.roleArn, settings })

  it.effect.prop(
    "is refused in a target's settings, or taken as it stands",
    [Hostile],
    ([parts]) =>
      Effect.sync(() => {
        const text = parts.join("")
        const external = target({ external_id: text })
        if (Result.isSuccess(external)) assert.match(external.success.externalId ?? "", /^[\w+=,.@:/-]{2,1224}$/u)
        const profile = target({ profile: text })
        if (Result.isSuccess(profile)) assert.match(profile.success.profile ?? "", /^[\w.@/+-]{1,128}$/u)
        const guarded = target({ guarded_actions: text })
        if (Result.isSuccess(guarded)) {
          for (const action of guarded.success.permitted) assert.match(action, /^(?:\*|[\w-]+:[\w*?-]+|\*+:?\**)$/u)
        }
        const arn = "arn:aws:iam::111122223333:policy/reader"
        for (const entry of [
          text,
          `${text}=${arn}`,
          `reader=${text}`,
          `reader=${arn}${text}`,
          `reader=${arn} ${text}`
        ]) {
          const named = target({ managed_policies: entry })
          if (Result.isFailure(named)) continue
          for (const one of named.success.managed) {
            assert.match(one.profile, /^[a-z0-9][a-z0-9-]{0,31}$/u)
            assert.match(one.arn, /^arn:aws:iam::(?:111122223333|aws):policy\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]+$/u)
          }
          // What a text names is what the record says of it, and never what an object inherits.
          const resolved = ManagedPolicies.resolve(named.success.managed, { reader: policy() })
          if (Result.isSuccess(resolved)) for (const one of resolved.success) assert.strictEqual(one.profile, "reader")
        }
        assert.isTrue(Result.isFailure(target({ [text]: "x" })))
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect("is no setting, however it is spelt, where a good one is", () =>
    Effect.sync(() => {
      const good = target({
        external_id: "acme:1",
        managed_policies: "reader=arn:aws:iam::111122223333:policy/reader",
        guarded_actions: "iam:PassRole"
      })
      assert.isTrue(Result.isSuccess(good))
    })
  )

  it.live.prop(
    "is no member's name, and what is one makes a session name that AWS takes and a policy like any other",
    [Hostile],
    ([parts]) =>
      Effect.gen(function* () {
        const text = parts.join("")
        const good = yield* World.request({ url: "http://127.0.0.1:1" })
        const members = [
          { human: text },
          { human: `${text}@example.com` },
          { agent: text },
          { agent: `ai:${text}@acme` },
          { agent: `ai:claude/${text}@acme` },
          { project: text },
          { session: text },
          { alias: text }
        ]
        for (const member of members) {
          // Even if a name came past the schema, it would not reach the session's name as it stands.
          const forced = { ...good, ...member } as CredentialRequest.CredentialRequest // the point of the test
          if ("human" in member || "agent" in member) {
            assert.match(nameOf(forced), /^bw-[\w+=,.@-]{0,24}-[0-9a-f-]{36}$/u)
          }
          const { target: _, ...rest } = forced
          const asked = Schema.decodeUnknownOption(CredentialRequest.CredentialRequest)({
            ...rest,
            target: good.target
          })
          if (Option.isSome(asked)) assert.match(nameOf(asked.value), /^bw-[\w+=,.@-]{1,60}$/u)
        }
      }),
    { arbitrary: { runs: 200 } }
  )

  const nameOf = (request: CredentialRequest.CredentialRequest) => {
    const read = Result.getOrThrow(target({}))
    return SessionIdentity.of(request, read).name
  }
})

describe("hostile text on its way to AWS", () => {
  const keys = ['a"b', "a${aws:username}b", "a&Policy=x", "a=b", "a%22b", "é", "a b", "a\\b", "a+b", "a;b", "${*}"]

  it.live("arrives as it was planned, and allows that very name alone", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const provider = yield* World.provider(aws)
      for (const key of keys) {
        for (const name of [key, "me", "axb"]) aws.put("acme", `${name}/x`, name)
        const asked = policy([{ resources: [`${bucket}/${key}/x`] }])
        const plan = yield* provider.plan(yield* World.request(aws, { policy: asked }))
        const credentials = yield* provider.issue(plan)
        const sent = aws.calls.findLast(({ action }) => action === "AssumeRole")?.parameters.get("Policy")
        assert.strictEqual(sent, JSON.stringify(JSON.parse(plan.document).policy), key)
        const s3 = World.uses(aws, credentials)
        assert.strictEqual(yield* s3.get(`${key}/x`), "done", key)
        for (const other of ["me/x", "axb/x", "team/x"]) assert.strictEqual(yield* s3.get(other), "AccessDenied", key)
      }
    })
  )
})
