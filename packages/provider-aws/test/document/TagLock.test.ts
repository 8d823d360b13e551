import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Reach from "../../src/document/Reach.ts"
import { compile, parsed, policy } from "../support/Policies.ts"

const everything = IamEvaluator.parse(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)

const instance = "arn:aws:ec2:us-east-1:111122223333:instance/i-1"
const role = "arn:aws:iam::111122223333:role/other"

/** What AWS says of a request under the compiled policy. */
const decides =
  (text: string) =>
  (action: string, resource: string, context: IamEvaluator.Request["context"] = {}) =>
    IamEvaluator.decide({ identity: [everything], session: [IamEvaluator.parse(text)] }, { action, resource, context })

const keys = (...names: ReadonlyArray<string>) => ({ "aws:TagKeys": names })

const bailiwicks = ["bailiwick-agent", "bailiwick-human", "bailiwick-project", "bailiwick-session"]

describe("the lock of tags", () => {
  it.effect("keeps a session that may tag from the tags that tell sessions apart, in any spelling", () =>
    Effect.gen(function* () {
      const { facts, text } = yield* compile(parsed("ec2:CreateTags,ec2:DeleteTags", instance))
      const decide = decides(text)
      for (const key of [...bailiwicks, "Bailiwick-Agent", "BAILIWICK-SESSION"]) {
        assert.strictEqual(decide("ec2:CreateTags", instance, keys(key)), "explicit-deny", key)
        assert.strictEqual(decide("ec2:DeleteTags", instance, keys("env", key)), "explicit-deny", key)
      }
      assert.strictEqual(decide("ec2:CreateTags", instance, keys("env")), "allowed")
      assert.strictEqual(decide("ec2:DeleteTags", instance, keys("env")), "allowed")
      // Without keys it would remove every tag that there is.
      assert.strictEqual(decide("ec2:DeleteTags", instance), "explicit-deny")
      assert.strictEqual(decide("ec2:CreateTags", instance), "allowed")
      assert.include(facts, "the session cannot set or remove the tags bailiwick-*")
    })
  )

  it.effect("holds where tags are given by creating", () =>
    Effect.gen(function* () {
      const { text } = yield* compile(
        parsed("lambda:CreateFunction", "arn:aws:lambda:us-east-1:111122223333:function:f")
      )
      const create = (...names: ReadonlyArray<string>) =>
        decides(text)("lambda:CreateFunction", "arn:aws:lambda:us-east-1:111122223333:function:f", keys(...names))
      assert.strictEqual(create("team", "bailiwick-human"), "explicit-deny")
      assert.strictEqual(create("team"), "allowed")
    })
  )

  it.effect("takes no room where no grant reaches a tag", () =>
    Effect.gen(function* () {
      for (const asked of [
        parsed("s3:GetObject,s3:PutObject", "s3://acme/*"),
        parsed("ec2:Describe*", "*"),
        parsed("ec2:StartInstances", instance),
        policy(
          [{ actions: ["sqs:*"], resources: ["arn:aws:sqs:us-east-1:111122223333:jobs"] }],
          [{ actions: ["sqs:CreateQueue", "sqs:TagQueue", "sqs:UntagQueue"], resources: ["*"] }]
        )
      ]) {
        const { facts, text } = yield* compile(asked)
        assert.notInclude(text, "aws:TagKeys")
        assert.isFalse(facts.some((fact) => fact.includes("bailiwick-")))
      }
    })
  )

  it.effect("keeps session tags out of further roles, where the record lets the session assume any", () =>
    Effect.gen(function* () {
      const asked = policy([{ actions: ["sts:AssumeRole", "sts:TagSession"], resources: [role] }])
      const { text } = yield* compile(asked, { permitted: ["sts:AssumeRole"] })
      const decide = decides(text)
      assert.strictEqual(decide("sts:TagSession", role, keys("bailiwick-agent")), "explicit-deny")
      assert.strictEqual(decide("sts:TagSession", role, keys("team")), "allowed")
      assert.strictEqual(decide("sts:AssumeRole", role), "allowed")
      const alone = yield* compile(policy([{ actions: ["sts:TagSession"], resources: [role] }]))
      assert.notInclude(alone.text, "aws:TagKeys")
    })
  )

  describe("of a policy that a tag narrows", () => {
    const dev = { conditions: { resource_tag: { env: ["dev"] } }, resources: ["*"] }

    it.effect("keeps the session from the very tag", () =>
      Effect.gen(function* () {
        const asked = policy([
          { ...dev, actions: ["ec2:StartInstances"] },
          { actions: ["ec2:CreateTags", "ec2:DeleteTags"], resources: ["*"] }
        ])
        const { facts, text } = yield* compile(asked)
        const decide = decides(text)
        const prod = { "aws:ResourceTag/env": "prod" }
        // Without the lock: tag it dev, and start it.
        assert.strictEqual(decide("ec2:CreateTags", instance, { ...prod, ...keys("env") }), "explicit-deny")
        assert.strictEqual(decide("ec2:CreateTags", instance, { ...prod, ...keys("Env") }), "explicit-deny")
        assert.strictEqual(decide("ec2:CreateTags", instance, { ...prod, ...keys("note") }), "allowed")
        assert.strictEqual(decide("ec2:StartInstances", instance, { "aws:ResourceTag/env": "dev" }), "allowed")
        assert.strictEqual(decide("ec2:StartInstances", instance, prod), "no-session-allow")
        assert.include(facts, "the session cannot set or remove the tags env and bailiwick-*")
      })
    )

    it.effect("keeps the session from the tag of a denial", () =>
      Effect.gen(function* () {
        const secret = { conditions: { resource_tag: { secret: ["yes"] } }, actions: ["ec2:*"], resources: ["*"] }
        const { text } = yield* compile(
          policy([{ actions: ["ec2:StartInstances", "ec2:DeleteTags"], resources: ["*"] }], [secret])
        )
        const open = { "aws:ResourceTag/secret": "no" }
        assert.strictEqual(decides(text)("ec2:DeleteTags", instance, { ...open, ...keys("secret") }), "explicit-deny")
        assert.strictEqual(decides(text)("ec2:DeleteTags", instance, { ...open, ...keys("note") }), "allowed")
      })
    )

    it.effect("denies whole what does not tell AWS which tags it changes, and says so", () =>
      Effect.gen(function* () {
        const arn = "arn:aws:dax:us-east-1:111122223333:cache/c"
        const { notes, text } = yield* compile(
          policy([
            { ...dev, actions: ["securityhub:*"], resources: ["*"] },
            { actions: ["dax:TagResource"], resources: [arn] }
          ])
        )
        const decide = decides(text)
        assert.strictEqual(
          decide("securityhub:TagResource", "arn:aws:securityhub:us-east-1:111122223333:hub/default", {
            "aws:ResourceTag/env": "dev"
          }),
          "explicit-deny"
        )
        assert.isTrue(
          notes.some((note) => note.includes("securityhub:TagResource, securityhub:UntagResource are denied"))
        )
        // No tag narrows anything there.
        assert.strictEqual(decide("dax:TagResource", arn), "allowed")
      })
    )

    it.effect("denies it whole too where only a denial is held by the tag", () =>
      Effect.gen(function* () {
        const hub = "arn:aws:securityhub:us-east-1:111122223333:hub/default"
        const prod = { conditions: { resource_tag: { env: ["prod"] } }, resources: ["*"] }
        const { notes, text } = yield* compile(
          policy([{ actions: ["securityhub:*"], resources: ["*"] }], [{ ...prod, actions: ["securityhub:Disable*"] }])
        )
        const decide = decides(text)
        const tagged = { "aws:ResourceTag/env": "prod" }
        assert.strictEqual(decide("securityhub:DisableSecurityHub", hub, tagged), "explicit-deny")
        // Without the lock: take the tag away, and disable it.
        assert.strictEqual(decide("securityhub:UntagResource", hub, tagged), "explicit-deny")
        assert.strictEqual(decide("securityhub:DescribeHub", hub, tagged), "allowed")
        assert.isTrue(notes.some((note) => note.includes("securityhub:UntagResource are denied")))
      })
    )
  })

  const some = <const L extends ReadonlyArray<string>>(values: L) =>
    Schema.Array(Schema.Literals(values)).check(Schema.isMinLength(1), Schema.isMaxLength(3))
  const tags = ["env", "Env", "team"] as const
  const StatementOf = Schema.Struct({
    actions: some(["ec2:*", "ec2:CreateTags", "ec2:DeleteTags", "ec2:*Tags", "ec2:StartInstances", "ec2:Start*"]),
    tag: Schema.optionalKey(Schema.Struct({ key: Schema.Literals(tags), value: Schema.Literals(["dev", "prod"]) }))
  })
  const PolicyOf = Schema.Struct({
    statements: Schema.Array(StatementOf).check(Schema.isMinLength(1), Schema.isMaxLength(2)),
    deny: Schema.Array(StatementOf).check(Schema.isMaxLength(1))
  })
  const RequestOf = Schema.Struct({
    action: Schema.Literals(["ec2:CreateTags", "ec2:DeleteTags", "ec2:StartInstances"]),
    keys: Schema.Array(Schema.Literals([...tags, "note", "bailiwick-agent", "Bailiwick-Human"])).check(
      Schema.isMaxLength(2)
    ),
    tag: Schema.optionalKey(Schema.Struct({ key: Schema.Literals(tags), value: Schema.Literals(["dev", "prod"]) }))
  })
  const statement = ({ actions, tag }: typeof StatementOf.Type) => ({
    actions: [...new Set(actions)],
    resources: ["*"],
    ...(tag === undefined ? {} : { conditions: { resource_tag: { [tag.key]: [tag.value] } } })
  })
  const unique = <A>(items: ReadonlyArray<A>) => [
    ...new Map(items.map((item) => [JSON.stringify(item), item])).values()
  ]
  const seen = { allowed: 0, locked: 0 }

  it.effect.prop(
    "stands beside what the policy says and takes nothing else away",
    [PolicyOf, Schema.Array(RequestOf).check(Schema.isMinLength(6), Schema.isMaxLength(6))],
    ([generated, requests]) =>
      Effect.gen(function* () {
        const asked = policy(unique(generated.statements.map(statement)), unique(generated.deny.map(statement)))
        const compiled = yield* Effect.result(compile(asked, { room: 100_000, permitted: ["ec2:*"] }))
        const covers = ({ action, tag }: typeof RequestOf.Type): boolean =>
          Policy.covers(asked, {
            provider: "aws",
            action,
            resource: instance,
            context: { resource_tag: tag === undefined ? {} : { [tag.key]: tag.value } }
          }).allowed
        if (Result.isFailure(compiled)) {
          assert.include(compiled.failure.detail, "grants nothing")
          for (const request of requests) assert.isFalse(covers(request), JSON.stringify(request))
          return
        }
        const { text } = compiled.success
        const table = yield* Actions.load
        // A condition that a wider statement makes void holds nothing, nor does one of what is denied whatever it says.
        const { deny, statements } = Policy.normalise(asked)
        const isOut = Reach.lastingDenial(deny)
        const ofUse = statements.filter(({ actions }) =>
          actions.some((pattern) => Actions.matching(table, pattern).some((action) => !isOut(action)))
        )
        const held = new Set(
          [...ofUse, ...deny].flatMap(({ conditions }) =>
            Object.keys(conditions?.resource_tag ?? {}).map((key) => key.toLowerCase())
          )
        )
        for (const request of requests) {
          const { action, keys: touched, tag } = request
          const allowed = covers(request)
          const isLocked =
            touched.some((key) => key.toLowerCase().startsWith("bailiwick-") || held.has(key.toLowerCase())) ||
            (action === "ec2:DeleteTags" && touched.length === 0)
          const context = {
            ...(tag === undefined ? {} : { [`aws:ResourceTag/${tag.key}`]: tag.value }),
            ...(touched.length === 0 ? {} : keys(...touched))
          }
          // Only tagging carries keys at all.
          if (action === "ec2:StartInstances" && touched.length > 0) continue
          const actual = decides(text)(action, instance, context) === "allowed"
          assert.strictEqual(actual, allowed && !isLocked, `${action} ${JSON.stringify(context)} ${text}`)
          if (actual) seen.allowed++
          else if (allowed) seen.locked++
        }
      }),
    { arbitrary: { runs: 300 } }
  )

  it("was seen both letting through and holding", () => {
    assert.isAbove(seen.allowed, 50)
    assert.isAbove(seen.locked, 50)
  })
})
