import { assert, describe, it } from "@effect/vitest"
import * as Alias from "@bailiwick/core/Alias"
import * as Policy from "@bailiwick/core/Policy"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TargetSettings from "../../src/client/TargetSettings.ts"

const dev = Alias.Alias.make("dev")
const reader = Alias.Alias.make("reader")
const arn = "arn:aws:iam::111122223333:policy/reader"
const reads = Schema.decodeUnknownSync(Policy.Policy)({
  statements: [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme/*"] }],
  deny: []
})

const check = (settings: Readonly<Record<string, string>>, fields = {}, profiles = { [reader]: reads }) =>
  TargetSettings.check("bailiwick.toml", {
    targets: { [dev]: { provider: "aws", principal: "arn:aws:iam::111122223333:role/agent", settings, ...fields } },
    profiles
  })

describe("TargetSettings", () => {
  it.effect("takes what the provider could use", () =>
    Effect.gen(function* () {
      yield* check({})
      yield* check({ external_id: "acme:1", managed_policies: `reader=${arn}` })
      // Another provider's settings are its own.
      yield* check({ managed_policies: "?" }, { provider: "oidc", principal: "urn:acme:api" })
    })
  )

  it.effect.each([
    ["an unknown setting", { exteral_id: "x" }, {}, 'the target has a setting "exteral_id"'],
    ["a principal that is no role", {}, { principal: "agent" }, 'the target\'s principal "agent" is no role'],
    ["a profile that the record lacks", { managed_policies: `writer=${arn}` }, {}, 'stands for a profile "writer"']
  ] as const)("refuses %s, with its place and the fix", ([, settings, fields, detail]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(check(settings, fields))
      assert.strictEqual(error.exit, 2)
      assert.strictEqual(error.code, "bad-value")
      assert.include(error.message, "bailiwick.toml: targets.dev: ")
      assert.include(error.message, detail)
      assert.include(error.hint, "project apply")
    })
  )
})
