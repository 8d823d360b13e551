/**
 * Generated policies and requests, decided by our own reading of the policy and by a real gateway that holds the compiled
 * document: actions, resources, prefixes, networks, times and denials, which that gateway evaluates as AWS does.
 *
 * `BAILIWICK_INTEROP_SEED` repeats a run.
 */
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as SharedGateway from "@bailiwick/testkit/aws/SharedGateway"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { randomInt } from "node:crypto"
import * as World from "../support/World.ts"
import * as Gateway from "./support/Gateway.ts"

const seed = Number(process.env["BAILIWICK_INTEROP_SEED"] ?? randomInt(2 ** 31))

const bucket = "generated"
const arn = `arn:aws:s3:::${bucket}`

const some = <const L extends ReadonlyArray<string>>(values: L, maximum = 2) =>
  Schema.Array(Schema.Literals(values)).check(Schema.isMinLength(1), Schema.isMaxLength(maximum))

const past = 1_000_000_000
const future = 4_000_000_000

const ConditionsOf = Schema.Struct({
  source_ip: Schema.optionalKey(some(["127.0.0.0/8", "127.0.0.1/32", "192.0.2.0/24"])),
  not_after: Schema.optionalKey(Schema.Literals([past, future, future + 1]))
})

const StatementOf = Schema.Struct({
  actions: some([
    "s3:GetObject",
    "s3:Get*",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:*Object",
    "s3:List*"
  ]),
  resources: some([
    "arn:aws:s3:::*",
    arn,
    `${arn}/*`,
    `${arn}/team/*`,
    `${arn}/team/?.txt`,
    `${arn}/*.txt`,
    `${arn}/x`,
    "arn:aws:s3:::other/*"
  ]),
  conditions: Schema.optionalKey(ConditionsOf)
})

const PolicyOf = Schema.Struct({
  statements: Schema.Array(StatementOf).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
  deny: Schema.Array(StatementOf).check(Schema.isMaxLength(1))
})

// Objects that are read are there and stay: of a missing one the gateway says so, to whoever asks.
const RequestOf = Schema.Union([
  Schema.Struct({ action: Schema.Literal("s3:GetObject"), name: Schema.Literals(Gateway.objects) }),
  Schema.Struct({
    action: Schema.Literal("s3:PutObject"),
    name: Schema.Literals([...Gateway.objects, "team/new.txt"])
  }),
  Schema.Struct({
    action: Schema.Literal("s3:DeleteObject"),
    name: Schema.Literals(["team/c.txt", "other/c.txt", "y"])
  }),
  Schema.Struct({ action: Schema.Literal("s3:ListBucket"), name: Schema.Literals(["", "team/", "team/a.txt", "x"]) })
])

const unique = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values()
]

const statements = (list: ReadonlyArray<typeof StatementOf.Type>) =>
  unique(
    list.map(({ actions, resources, conditions: { not_after, source_ip } = {} }) => {
      const conditions = {
        ...(source_ip === undefined ? {} : { source_ip: unique(source_ip) }),
        ...(not_after === undefined ? {} : { not_after })
      }
      return {
        provider: "aws",
        actions: unique(actions),
        resources: unique(resources),
        ...(Object.keys(conditions).length === 0 ? {} : { conditions })
      }
    })
  )

describe(`a real gateway and our reading of generated policies (BAILIWICK_INTEROP_SEED=${seed})`, () => {
  const gateway = SharedGateway.get()

  beforeAll(() => Gateway.bucket(gateway, bucket))

  const seen = { policies: 0, allowed: 0, refused: 0, listed: 0, unlisted: 0 }

  it.live.prop(
    "decide alike",
    [PolicyOf, Schema.Array(RequestOf).check(Schema.isMinLength(6), Schema.isMaxLength(6))],
    ([generated, requests]) =>
      Effect.gen(function* () {
        const policy = Schema.decodeUnknownSync(Policy.Policy)({
          statements: statements(generated.statements),
          deny: statements(generated.deny)
        })
        const context = { source_ip: "127.0.0.1", time: yield* UnixTime.now }
        const covers = (of: Policy.Policy, action: string, resource: string) =>
          Policy.covers(of, { provider: "aws", action, resource, context }).allowed
        const issued = yield* Effect.result(Gateway.issue(gateway, { policy }))
        if (Result.isFailure(issued)) {
          // What grants nothing, or nothing any more, is not asked for.
          if (issued.failure.reason === "PolicyRefused") {
            assert.include(issued.failure.message, "stays denied")
            for (const { action, name } of requests) {
              const granted = [arn, `${arn}/${name}`].some((resource) => covers(policy, action, resource))
              assert.isFalse(granted, `${action} ${name} under ${JSON.stringify(policy)}`)
            }
            return
          }
          assert.strictEqual(issued.failure.reason, "ExpiredSource", issued.failure.message)
          assert.isTrue(policy.statements.every(({ conditions }) => conditions?.not_after === past))
          return
        }
        seen.policies++
        const s3 = World.uses(gateway, issued.success, bucket)

        const decide = Effect.fnUntraced(function* ({ action, name }: typeof RequestOf.Type) {
          const where = `${action} ${name} under ${JSON.stringify(policy)}`
          if (action === "s3:ListBucket") {
            // A listing is of the bucket and of the objects under its prefix: granted by either, denied by either. An
            // empty prefix is none to this gateway.
            const names = name === "" ? [arn] : [arn, `${arn}/${name}`]
            const grants = { ...policy, deny: [] }
            const isAllowed = !Gateway.isRefused(yield* s3.list(name))
            const isGranted = [arn, `${arn}/${name}`].some((each) => covers(grants, action, each))
            const isDenied = names.some((each) => covers(grants, action, each) && !covers(policy, action, each))
            if (isAllowed) assert.isTrue(isGranted && !isDenied, where)
            if (names.every((each) => covers(policy, action, each))) assert.isTrue(isAllowed, where)
            seen[isAllowed ? "listed" : "unlisted"]++
            return
          }
          const call = { "s3:GetObject": s3.get, "s3:PutObject": s3.put, "s3:DeleteObject": s3.delete }[action]
          const isAllowed = !Gateway.isRefused(yield* call(name))
          assert.strictEqual(isAllowed, covers(policy, action, `${arn}/${name}`), where)
          seen[isAllowed ? "allowed" : "refused"]++
        })
        yield* Effect.forEach(requests, decide, { concurrency: "unbounded", discard: true })
      }),
    { arbitrary: { runs: 420, seed } }
  )

  it("on more than 200 of them, each way often", () => {
    const { allowed, listed, policies, refused, unlisted } = seen
    console.info(
      `${policies} policies on the gateway: ${allowed} calls allowed and ${refused} refused, ` +
        `${listed} listings allowed and ${unlisted} refused (BAILIWICK_INTEROP_SEED=${seed})`
    )
    assert.isAtLeast(policies, 200)
    for (const count of [allowed, refused]) assert.isAtLeast(count, (allowed + refused) / 5)
    for (const count of [listed, unlisted]) assert.isAtLeast(count, (listed + unlisted) / 10)
  })
})
