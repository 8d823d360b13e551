import { assert, describe, it } from "@effect/vitest"
import type * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as TokenGrant from "@bailiwick/provider-oidc/TokenGrant"
import * as Result from "effect/Result"
import { allow, api, policy, start } from "./support/Fixtures.ts"

const other = "https://other.example.com"
const now = UnixTime.UnixTime.make(start)
const compile = (asked: Policy.Policy) => TokenGrant.compile(asked, [api, other], now)
const granted = (asked: Policy.Policy) => Result.getOrThrow(compile(asked))
const refused = (asked: Policy.Policy) => Result.getOrThrow(Result.flip(compile(asked)))
const until = (seconds: number) => ({ not_after: UnixTime.plus(now, seconds) })

describe("TokenGrant", () => {
  it("is one audience and its scopes, sorted, whatever the order of the policy", () => {
    const one = granted(policy([allow(["b", "a"]), allow(["c"])]))
    assert.deepStrictEqual(one, { audience: api, scopes: ["a", "b", "c"], network: false, notes: [] })
    assert.deepStrictEqual(granted(policy([allow(["c", "a"]), allow(["b", "a"])])), one)
  })

  it.each([
    ["an audience by pattern", policy([allow(["a"], ["https://*"])]), "PolicyRefused", /is a pattern/u],
    ["every audience", policy([allow(["a"], ["*"])]), "PolicyRefused", /is a pattern/u],
    ["a scope by pattern", policy([allow(["orders:*"])]), "PolicyRefused", /"orders:\*" is a pattern/u],
    ["a scope with a single wildcard", policy([allow(["orders?"])]), "PolicyRefused", /is a pattern/u],
    ["a scope with a blank inside", policy([allow(["a b"])]), "PolicyRefused", /cannot be a scope/u],
    ["a scope with a blank of another alphabet", policy([allow(["a\u00a0b"])]), "PolicyRefused", /cannot be a scope/u],
    ["a scope with a quote", policy([allow([`a"b`])]), "PolicyRefused", /cannot be a scope/u],
    [
      "an audience that is not configured",
      policy([allow(["a"], ["https://api.example.com/"])]),
      "AccessDenied",
      /no audience/u
    ],
    [
      "an audience in another case",
      policy([allow(["a"], ["https://API.example.com"])]),
      "AccessDenied",
      /no audience/u
    ],
    ["a cloud's exchange", policy([allow(["a"], ["sts.amazonaws.com"])]), "PolicyRefused", /AWS STS/u],
    ["nothing of oidc", policy([{ ...allow(["a"]), provider: "aws" }]), "PolicyRefused", /grants nothing/u],
    ["what is denied whole", policy([allow(["a"])], [allow(["*"], ["*"])]), "PolicyRefused", /grants nothing/u],
    ["what has ended", policy([allow(["a"], [api], until(0))]), "PolicyRefused", /grants nothing/u],
    [
      "too many scopes",
      policy([allow(Array.from({ length: 250 }, (_, n) => `a-rather-long-scope-${n}`))]),
      "PolicyTooLarge",
      /4096/u
    ]
  ] as const)("refuses %s", (_, asked, reason, detail) => {
    const refusal = refused(asked)
    assert.strictEqual(refusal.reason, reason)
    assert.match(refusal.detail, detail)
    assert.isNotEmpty(refusal.hint)
  })

  it("refuses two audiences with the split that fits", () => {
    const refusal = refused(policy([allow(["a", "b"], [api, other]), allow(["c"], [other])]))
    assert.strictEqual(refusal.detail, "a token has one audience, and the policy names 2")
    assert.strictEqual(
      refusal.hint,
      `ask once for each: --resource ${api} --allow a,b; --resource ${other} --allow a,b,c`
    )
    assert.deepStrictEqual(granted(policy([allow(["a", "b", "c"], [other])])).scopes, ["a", "b", "c"])
  })

  it("needs no split where every scope of the other audience is denied", () => {
    const { audience, scopes } = granted(policy([allow(["a"], [api, other])], [allow(["*"], [other])]))
    assert.deepStrictEqual([audience, scopes], [api, ["a"]])
  })

  it("leaves denied scopes out of the token, and says so", () => {
    const asked = policy(
      [allow(["orders:read", "orders:write", "admin"])],
      [allow(["*:write", "admin"], ["https://*"])]
    )
    const { scopes, notes } = granted(asked)
    assert.deepStrictEqual(scopes, ["orders:read"])
    assert.deepStrictEqual(notes, ["2 scopes are denied by the policy and not in the token"])
  })

  it("does not heed denials of other providers, other audiences and the past", () => {
    const deny = [
      { ...allow(["*"], ["*"]), provider: "aws" as const },
      allow(["*"], [other]),
      allow(["*"], ["*"], until(0))
    ]
    assert.deepStrictEqual(granted(policy([allow(["a"])], deny)).scopes, ["a"])
  })

  it("heeds a denial that is still in force", () => {
    assert.deepStrictEqual(granted(policy([allow(["a", "b"])], [allow(["b"], [api], until(1))])).scopes, ["a"])
  })

  it("refuses a scope that is denied from some networks, since a token cannot say from which", () => {
    const deny = [allow(["b"], [api], { source_ip: ["192.0.2.0/24"] })]
    assert.match(refused(policy([allow(["a", "b"])], deny)).detail, /"b".* is denied under conditions/u)
    assert.deepStrictEqual(granted(policy([allow(["a"])], deny)).scopes, ["a"])
  })

  it("ends with the earliest end of its statements", () => {
    const asked = policy([allow(["a"], [api], until(60)), allow(["b"], [api], until(30)), allow(["c"])])
    assert.strictEqual(granted(asked).not_after, start + 30)
  })

  it.each([{ source_ip: ["192.0.2.0/24"] }, { vpc: ["vpc-1"] }, { vpc_endpoint: ["vpce-1"] }])(
    "knows that a token holds no network: %j",
    (conditions) => {
      assert.isTrue(granted(policy([allow(["a"], [api], conditions)])).network)
      assert.isTrue(granted(policy([allow(["a"]), allow(["b"], [api], conditions)])).network)
    }
  )

  it("says that statements of other providers reach nothing here", () => {
    const { notes } = granted(policy([allow(["a"]), { ...allow(["s3:GetObject"], ["*"]), provider: "aws" }]))
    assert.deepStrictEqual(notes, ["the policy's statements about aws say nothing to an API that reads this token"])
  })
})
