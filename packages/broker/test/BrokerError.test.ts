import { ProviderError } from "@bailiwick/core/CredentialProvider"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { Kid } from "@bailiwick/core/Kid"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as TokenError from "@bailiwick/tokens/TokenError"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as BrokerError from "../src/BrokerError.ts"
import * as World from "./support/World.ts"

const id = CredentialSessionId.make("00000000-0000-4000-8000-000000000000")
const now = UnixTime.UnixTime.make(1_900_000_000)

const reasons: ReadonlyArray<readonly [BrokerError.Code, BrokerError.Reason]> = [
  ["bad-request", new BrokerError.BadRequest({ detail: "it contradicts itself", hint: "say it otherwise" })],
  ["login-needed", new BrokerError.LoginNeeded({ detail: "nobody is here" })],
  ["session-unusable", new BrokerError.SessionUnusable({ why: "it was closed" })],
  ["denied", new BrokerError.Denied({ excess: [{ ceiling: "the chain", what: "write" }] })],
  ["unheld", new BrokerError.Unheld({ dimensions: [{ dimension: "network", note: "no cloud does" }] })],
  ["not-permitted", new BrokerError.NotPermitted({ detail: "not yours", hint: "ask an owner" })],
  ["unknown-target", new BrokerError.Unknown({ thing: "target", id: "x", known: ["dev"] })],
  ["unknown-member", new BrokerError.Unknown({ thing: "member", id: "x", known: [] })],
  ["unknown-delegation", new BrokerError.Unknown({ thing: "delegation", id: "x", known: [] })],
  ["unknown-session", new BrokerError.Unknown({ thing: "session", id: "x", known: [] })],
  ["unknown-token", new BrokerError.Unknown({ thing: "token", id: "x", known: [] })],
  ["ended", new BrokerError.Ended({ id, status: "expired" })],
  ["revoked", new BrokerError.Ended({ id, status: "revoked" })],
  ["clock-set-back", new BrokerError.ClockSetBack({ now, mark: now })],
  ["already-founded", new BrokerError.AlreadyFounded({ project: World.project, founder: Kid.make(World.terminal) })],
  ["not-founded", new BrokerError.NotFounded({ project: World.project })],
  ["provider-failed", new BrokerError.ProviderFailed({ error: World.outage })],
  ["provider-missing", new BrokerError.ProviderMissing({ provider: "gcp" })]
]

const refusals: ReadonlyArray<readonly [BrokerError.Code, TokenError.Reason]> = [
  ["already-redeemed", new TokenError.AlreadyRedeemed({ session: World.nowhere, time: now })],
  ["expired", new TokenError.Expired({ what: "token", exp: now })],
  ["expired", new TokenError.RedeemExpired({ redeem_by: now })],
  ["revoked", new TokenError.Revoked({ kind: "token", time: now })],
  ["wrong-project", new TokenError.WrongProject()],
  ["budget-unknown", new TokenError.UnknownBudget()],
  ["terminal-required", new TokenError.NotConfirmed()],
  ["denied", new TokenError.NotSubset({ member: "policy", excess: ["write"] })],
  ["denied", new TokenError.DepthExceeded({ depth: 2, max_depth: 1 })],
  ["denied", new TokenError.LifetimeExceeded({ name: "token", seconds: 2, cap: 1 })],
  ["token-refused", new TokenError.BadSignature({ what: "root token" })]
]

const sentence = /^\S.*[^.]$/su

describe("BrokerError", () => {
  it("has a stable code, one sentence and a hint for every reason", () => {
    for (const [code, reason] of reasons) {
      const error = BrokerError.make(reason)
      assert.strictEqual(error.code, code)
      assert.match(error.message, sentence)
      assert.match(error.hint, sentence)
    }
  })

  it("keeps the words of a refused token, and gives it a code of its own where a program would act on it", () => {
    for (const [code, reason] of refusals) {
      const error = BrokerError.token(reason)
      assert.strictEqual(error.code, code)
      assert.strictEqual(error.message, reason.message)
      assert.strictEqual(error.hint, reason.hint)
    }
  })

  it("says what sticks out and who refuses it", () => {
    const error = BrokerError.make(new BrokerError.Denied({ excess: [{ ceiling: "the chain", what: "write on x" }] }))
    assert.strictEqual(error.message, "more than is allowed: write on x (refused by the chain)")
  })

  it("survives being sent", () => {
    const codec = Schema.toCodecJson(BrokerError.BrokerError)
    for (const reason of [
      ...reasons.map(([, one]) => one),
      ...refusals.map(([, one]) => BrokerError.token(one).reason)
    ]) {
      const error = BrokerError.make(reason)
      const back = Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(error))))
      assert.strictEqual(back.code, error.code)
      assert.strictEqual(back.message, error.message)
    }
  })

  it("passes a provider's words on", () => {
    const error = new ProviderError({ provider: "oidc", reason: "Throttled", detail: "too often", hint: "wait" })
    assert.strictEqual(BrokerError.fromProvider(error).message, "oidc: too often")
  })
})
