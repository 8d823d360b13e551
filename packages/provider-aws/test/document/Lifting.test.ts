import * as Policy from "@bailiwick/core/Policy"
import type { Managed } from "@bailiwick/provider-aws/ManagedPolicies"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { compile, policy, statementsOf } from "../support/Policies.ts"

const names = (bucket: string, count: number) =>
  Array.from({ length: count }, (_, index) => `arn:aws:s3:::${bucket}-${index}/prefix/*`)

const managed = (profile: string, of: Policy.Policy): Managed => ({
  profile,
  arn: `arn:aws:iam::111122223333:policy/${profile}`,
  policy: of
})

const everything = IamEvaluator.parse(
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)

/** What AWS allows: the inline policy united with the managed ones, each as its profile says. */
const session = Effect.fnUntraced(function* (inline: string, beside: ReadonlyArray<Managed>) {
  const documents = [inline]
  for (const one of beside) documents.push((yield* compile(one.policy, { room: 100_000, permitted: ["*"] })).text)
  return documents.map(IamEvaluator.parse)
})

const allows = (documents: ReadonlyArray<IamEvaluator.Document>, action: string, resource: string) =>
  IamEvaluator.decide({ identity: [everything], session: documents }, { action, resource, context: {} }) === "allowed"

const reader = managed("reader", policy([{ resources: names("common", 60) }]))
const own = "arn:aws:s3:::own/team/*"
const large = policy([{ resources: [...names("common", 60), own] }])

describe("lifting", () => {
  it.effect("leaves a policy that fits as it is", () =>
    Effect.gen(function* () {
      const small = policy([{ resources: names("common", 3) }])
      const found = yield* compile(small, { managed: [managed("reader", small)] })
      assert.deepStrictEqual(found.managed, [])
      assert.strictEqual(found.text, (yield* compile(small)).text)
    })
  )

  it.effect("passes on the managed policy whose profile the policy holds, and keeps the rest inline", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(compile(large))).reason, "PolicyTooLarge")
      const { managed, notes, text } = yield* compile(large, { managed: [reader] })
      assert.deepStrictEqual(managed, [reader])
      assert.deepStrictEqual(statementsOf(text), [{ Effect: "Allow", Action: "s3:GetObject", Resource: own }])
      assert.isTrue(notes.some((note) => note.includes(`the profile reader, which ${reader.arn} holds`)))
      const united = yield* session(text, managed)
      assert.isTrue(allows(united, "s3:GetObject", "arn:aws:s3:::common-7/prefix/x"))
      assert.isTrue(allows(united, "s3:GetObject", "arn:aws:s3:::own/team/x"))
      assert.isFalse(allows(united, "s3:PutObject", "arn:aws:s3:::common-7/prefix/x"))
      assert.isFalse(allows(united, "s3:GetObject", "arn:aws:s3:::common-7/other"))
    })
  )

  it.effect("passes on none that grants more than was granted", () =>
    Effect.gen(function* () {
      const wider = [
        managed("all", policy([{ resources: ["arn:aws:s3:::*"] }])),
        managed("writer", policy([{ actions: ["s3:GetObject", "s3:PutObject"], resources: names("common", 60) }])),
        managed("one-more", policy([{ resources: [...names("common", 60), "arn:aws:s3:::other/*"] }]))
      ]
      assert.strictEqual((yield* Effect.flip(compile(large, { managed: wider }))).reason, "PolicyTooLarge")
      const { managed: passed } = yield* compile(large, { managed: [...wider, reader] })
      assert.deepStrictEqual(passed, [reader])
    })
  )

  it.effect("passes on none whose conditions are wider, and one whose conditions are narrower", () =>
    Effect.gen(function* () {
      const conditions = { source_ip: ["192.0.2.0/24"] }
      const tied = policy([{ resources: names("common", 60), conditions }, { resources: [own] }])
      assert.strictEqual((yield* Effect.flip(compile(tied, { managed: [reader] }))).reason, "PolicyTooLarge")
      const narrow = managed("narrow", policy([{ resources: names("common", 60), conditions }]))
      assert.deepStrictEqual((yield* compile(tied, { managed: [narrow] })).managed, [narrow])
    })
  )

  it.effect("keeps every denial inline, where it binds the managed policy too", () =>
    Effect.gen(function* () {
      const denied = policy(
        [{ resources: [...names("common", 60), own] }],
        [{ resources: ["arn:aws:s3:::common-7/prefix/secret"] }, { actions: ["ec2:*"], resources: ["*"] }]
      )
      const { managed, text } = yield* compile(denied, { managed: [reader] })
      assert.include(text, '"ec2:*"')
      const united = yield* session(text, managed)
      assert.isFalse(allows(united, "s3:GetObject", "arn:aws:s3:::common-7/prefix/secret"))
      assert.isTrue(allows(united, "s3:GetObject", "arn:aws:s3:::common-7/prefix/x"))
    })
  )

  it.effect("passes on none whose own denials would cut off what was granted", () =>
    Effect.gen(function* () {
      const denial = { resources: ["arn:aws:s3:::own/*"] }
      const jealous = managed("jealous", policy([{ resources: names("common", 60) }], [denial]))
      assert.strictEqual((yield* Effect.flip(compile(large, { managed: [jealous] }))).reason, "PolicyTooLarge")
      const both = policy([{ resources: [...names("common", 60), "arn:aws:s3:::mine/*"] }], [denial])
      assert.deepStrictEqual((yield* compile(both, { managed: [jealous] })).managed, [jealous])
    })
  )

  it.effect("passes on as few as are needed, several where one does not do", () =>
    Effect.gen(function* () {
      const other = managed("other", policy([{ actions: ["s3:PutObject"], resources: names("private", 60) }]))
      const few = managed("few", policy([{ resources: names("common", 2) }]))
      const two = policy([...large.statements, ...other.policy.statements])
      const passed = (of: Policy.Policy) =>
        Effect.map(compile(of, { managed: [few, reader, other] }), ({ managed }) =>
          managed.map(({ profile }) => profile)
        )
      assert.deepStrictEqual(yield* passed(large), ["reader"])
      assert.deepStrictEqual(yield* passed(two), ["reader", "other"])
    })
  )

  it.effect("holds one action of a statement by one policy and one by another", () =>
    Effect.gen(function* () {
      const resources = names("common", 60)
      const writer = managed("writer", policy([{ actions: ["s3:PutObject"], resources }]))
      const both = policy([{ actions: ["s3:GetObject", "s3:PutObject"], resources }, { resources: [own] }])
      const { managed: passed, text } = yield* compile(both, { managed: [reader, writer] })
      assert.lengthOf(passed, 2)
      assert.deepStrictEqual(statementsOf(text), [{ Effect: "Allow", Action: "s3:GetObject", Resource: own }])
    })
  )

  it.effect("always leaves something inline: without a session policy of ours there is no session", () =>
    Effect.gen(function* () {
      const { text } = yield* compile(reader.policy, { managed: [reader] })
      assert.deepStrictEqual(statementsOf(text), [
        { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::common-0/prefix/*" }
      ])
    })
  )

  it.effect("counts the ARNs as characters of the policy", () =>
    Effect.gen(function* () {
      const { text } = yield* compile(large, { managed: [reader] })
      const room = text.length + reader.arn.length
      assert.strictEqual((yield* compile(large, { managed: [reader], room })).text, text)
      assert.strictEqual(
        (yield* Effect.flip(compile(large, { managed: [reader], room: room - 1 }))).reason,
        "PolicyTooLarge"
      )
    })
  )

  const unique = <A>(items: ReadonlyArray<A>) => [
    ...new Map(items.map((item) => [JSON.stringify(item), item])).values()
  ]
  const bucket = Schema.Literals(["a", "b", "c", "d"])
  const some = <S extends Schema.Top>(of: S) => Schema.Array(of).check(Schema.isMinLength(1), Schema.isMaxLength(3))
  const StatementOf = Schema.Struct({
    actions: some(Schema.Literals(["s3:GetObject", "s3:PutObject", "s3:Get*"])),
    buckets: some(bucket)
  })
  const PolicyOf = Schema.Struct({
    statements: Schema.Array(StatementOf).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
    deny: Schema.Array(StatementOf).check(Schema.isMaxLength(1))
  })
  const statement = ({ actions, buckets }: typeof StatementOf.Type) => ({
    actions: unique(actions),
    resources: unique(buckets).map((name) => `arn:aws:s3:::${name}-${"x".repeat(80)}/*`)
  })
  const policyOf = ({ deny, statements }: typeof PolicyOf.Type) =>
    policy(unique(statements.map(statement)), unique(deny.map(statement)))
  const seen = { lifted: 0, allowed: 0 }

  it.effect.prop(
    "never lets the union allow more or less than the policy, whatever the profiles",
    [
      PolicyOf,
      Schema.Array(PolicyOf).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
      Schema.Int.check(Schema.isBetween({ minimum: 300, maximum: 700 }))
    ],
    ([asked, profiles, room]) =>
      Effect.gen(function* () {
        const granted = policyOf(asked)
        const parts = asked.statements.map((one) => ({ statements: [one], deny: [] }))
        const candidates = [...profiles, ...parts].map((one, index) => managed(`p${index}`, policyOf(one)))
        const compiled = yield* Effect.option(compile(granted, { managed: candidates, room, permitted: ["*"] }))
        if (compiled._tag === "None") return
        const { managed: passed, text } = compiled.value
        if (passed.length > 0) seen.lifted++
        const united = yield* session(text, passed)
        for (const action of ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"]) {
          for (const name of bucket.literals) {
            const resource = `arn:aws:s3:::${name}-${"x".repeat(80)}/key`
            const { allowed } = Policy.covers(granted, { provider: "aws", action, resource })
            assert.strictEqual(allows(united, action, resource), allowed, `${text} ${JSON.stringify(passed)}`)
            if (allowed && passed.length > 0) seen.allowed++
          }
        }
      }),
    { arbitrary: { runs: 400 } }
  )

  it("was seen lifting", () => {
    assert.isAbove(seen.lifted, 20)
    assert.isAbove(seen.allowed, 20)
  })
})
