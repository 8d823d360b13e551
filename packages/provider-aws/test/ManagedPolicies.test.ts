import * as ManagedPolicies from "@bailiwick/provider-aws/ManagedPolicies"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { policy } from "./support/Policies.ts"

const role = { partition: "aws", account: "111122223333" }
const arn = "arn:aws:iam::111122223333:policy/reader"
const named = [{ profile: "reader", arn }]

describe("ManagedPolicies", () => {
  it.effect("reads profiles and ARNs, whose own characters may be any that AWS takes", () =>
    Effect.gen(function* () {
      const text = `  reader=${arn}  a-1=arn:aws:iam::aws:policy/job-function/X=,.@_+  `
      assert.deepStrictEqual(yield* Effect.fromResult(ManagedPolicies.read(text, role)), [
        ...named,
        { profile: "a-1", arn: "arn:aws:iam::aws:policy/job-function/X=,.@_+" }
      ])
      assert.deepStrictEqual(yield* Effect.fromResult(ManagedPolicies.read("", role)), [])
    })
  )

  it.effect("takes the policies of servers that have no accounts only for roles that have none", () =>
    Effect.gen(function* () {
      const text = "reader=arn:aws:iam:::policy/reader"
      yield* Effect.fromResult(ManagedPolicies.read(text, { ...role, account: "" }))
      yield* Effect.flip(Effect.fromResult(ManagedPolicies.read(text, role)))
    })
  )

  it.effect("says of each what the record's profile says for AWS, and nothing of other clouds", () =>
    Effect.gen(function* () {
      const other = { provider: "oidc" as const, actions: ["read"], resources: ["urn:acme:api"] }
      const reader = policy([{}, other], [{ resources: ["arn:aws:s3:::acme/secret/*"] }, other])
      const [found] = yield* Effect.fromResult(ManagedPolicies.resolve(named, { reader }))
      assert.deepStrictEqual(found?.policy, policy([{}], [{ resources: ["arn:aws:s3:::acme/secret/*"] }]))
      for (const profiles of [{}, { reader: policy([other]) }, { ["__proto__"]: reader }]) {
        const error = yield* Effect.flip(Effect.fromResult(ManagedPolicies.resolve(named, profiles)))
        assert.strictEqual(error.reason, "Misconfigured")
        assert.include(error.detail, "does not have for AWS")
      }
      const inherited = [{ profile: "constructor", arn }]
      yield* Effect.flip(Effect.fromResult(ManagedPolicies.resolve(inherited, { reader })))
    })
  )

  it.effect("chooses what is named and refuses the rest, with what was probably meant", () =>
    Effect.gen(function* () {
      const known = [{ profile: "reader", arn, policy: policy() }]
      assert.deepStrictEqual(yield* Effect.fromResult(ManagedPolicies.choose([arn, arn], known)), known)
      const refusal = (text: string) => Effect.flip(Effect.fromResult(ManagedPolicies.choose([arn, text], known)))
      assert.include((yield* refusal(arn.replace("reader", "raeder"))).hint, `did you mean ${arn}?`)
      assert.include((yield* refusal(arn.replace("1111", "4444"))).hint, `did you mean ${arn}?`)
      assert.notInclude((yield* refusal("arn:aws:iam::aws:policy/AdministratorAccess")).hint, "did you mean")
    })
  )
})
