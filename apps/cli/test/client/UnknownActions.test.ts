import { assert, describe, it } from "@effect/vitest"
import * as Alias from "@bailiwick/core/Alias"
import * as Policy from "@bailiwick/core/Policy"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as UnknownActions from "../../src/client/UnknownActions.ts"

const policy = (actions: ReadonlyArray<string>, provider: "aws" | "oidc" = "aws", deny: ReadonlyArray<string> = []) =>
  Schema.decodeUnknownSync(Policy.Policy)({
    statements: [{ provider, actions, resources: ["*"] }],
    deny: deny.length === 0 ? [] : [{ provider, actions: deny, resources: ["*"] }]
  })

const reader = Alias.Alias.make("reader")
const of = (ceiling: Policy.Policy, profile = policy(["*"])) =>
  UnknownActions.of({ ceiling, profiles: { [reader]: profile } })

describe("UnknownActions", () => {
  it.effect("are none where AWS has every action, or somebody else decides what an action is", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of(policy(["s3:GetObject", "S3:getobject", "s3:*", "ec2:Describe*", "*"])), [])
      assert.deepStrictEqual(yield* of(policy(["s3:GetObjct"], "oidc")), [])
    })
  )

  it.effect("are named with their place and what was probably meant", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of(policy(["s3:GetObject", "s3:GetObjct"]), policy(["s4:*", "S3"])), [
        'ceiling.statements: AWS has no action "s3:GetObjct"; did you mean s3:GetObject?',
        'profiles.reader.statements: AWS has no action "s4:*"; did you mean s3:*?',
        'profiles.reader.statements: AWS has no action "S3"'
      ])
    })
  )

  it.effect("may be denied: what AWS adds later is denied already", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* of(policy(["s3:*"], "aws", ["s3:GetObjectOfTomorrow"])), [])
    })
  )
})
