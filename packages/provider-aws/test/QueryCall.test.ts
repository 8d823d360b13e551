import * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"
import * as QueryCall from "@bailiwick/provider-aws/QueryCall"
import * as QueryXml from "@bailiwick/provider-aws/QueryXml"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Loopback from "./support/Loopback.ts"
import * as World from "./support/World.ts"

type Aws = Effect.Success<typeof World.world>

const call = (aws: Aws, endpoint = aws.url, options: { readonly changes?: boolean } = {}) =>
  QueryCall.send({
    ...options,
    endpoint,
    service: "sts",
    region: "eu-west-1",
    identity: World.identityOf(aws.broker),
    parameters: { Action: "GetCallerIdentity", Version: "2011-06-15" }
  })

describe("QueryCall", () => {
  it.live("is signed as a server checks it, and says how far its clock is off", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.ahead(120)
      const { ahead, xml } = yield* call(aws)
      assert.include(QueryXml.text(xml, "Arn"), ":user/")
      assert.approximately(ahead ?? 0, 120_000, 2000)
    })
  )

  it.live.each([7200, -7200])("is signed once more where the clock is off by %i seconds", (seconds) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.ahead(seconds)
      assert.include((yield* call(aws)).xml, "GetCallerIdentityResult")
    })
  )

  it.live("is not signed once more where the secret is wrong", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const broker = { ...aws.broker, secretAccessKey: "wrong" }
      const failure = yield* Effect.flip(call({ ...aws, broker }, aws.url))
      assert.strictEqual(failure.code, "SignatureDoesNotMatch")
    })
  )

  it.live("is tried again while AWS is busy, and no longer than that", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.fail("GetCallerIdentity", { status: 503, code: "ServiceUnavailable", times: 3 })
      yield* call(aws)
      assert.lengthOf(aws.calls, 4)
      aws.fail("GetCallerIdentity", { status: 503, code: "ServiceUnavailable", times: 9 })
      assert.strictEqual((yield* Effect.flip(call(aws))).status, 503)
      assert.lengthOf(aws.calls, 8)
    })
  )

  it.effect("is tried again after waits of any length down to none, so that many do not come back in step", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const busy = yield* Loopback.serve(Loopback.always(503))
      // The clock of the test stands still: whoever waits at all waits for ever.
      const chance = { nextDoubleUnsafe: () => 0, nextIntUnsafe: () => 0 }
      const failure = yield* Effect.flip(call(aws, busy.url)).pipe(Effect.provideService(Random.Random, chance))
      assert.strictEqual(failure.status, 503)
      assert.lengthOf(busy.asked, 4)
    })
  )

  it.live("follows no redirect: it would carry the signature to somebody else", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const elsewhere = yield* Loopback.serve(Loopback.always(200, "<Arn>x</Arn>"))
      const first = yield* Loopback.serve(Loopback.always(307, "", { location: elsewhere.url }))
      assert.deepInclude(yield* Effect.flip(call(aws, first.url)), { code: "Unknown", status: 307 })
      assert.lengthOf(first.asked, 1)
      assert.lengthOf(elsewhere.asked, 0)
    })
  )

  it.live.each([
    ["Access denied: AKIATOPSECRET", "Unknown"],
    ["\u001b[2J", "Unknown"],
    ["A".repeat(65), "Unknown"],
    ["&e;", "Unknown"],
    ["Some.New_Code2", "Some.New_Code2"]
  ] as const)("takes over of the code %j what has the form of one: %s", ([code, taken]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const body = `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`
      const server = yield* Loopback.serve(Loopback.always(400, body))
      assert.deepInclude(yield* Effect.flip(call(aws, server.url)), { code: taken, status: 400 })
    })
  )

  it.live.each([
    [404, "<html>who?</html>"],
    [200, "<html>who?</html>"],
    [200, "<html><Arn>arn:aws:iam::111122223333:user/x</Arn></html>"],
    [200, ""]
  ] as const)("takes an answer (%i, %s) that is none of AWS for a refusal without a code", ([status, body]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const proxy = yield* Loopback.serve(Loopback.always(status, body))
      assert.deepInclude(yield* Effect.flip(call(aws, proxy.url)), { code: "Unknown", status })
      assert.lengthOf(proxy.asked, 1)
    })
  )

  describe("that changes something", () => {
    const changes = { changes: true }

    it.live("is made once where nobody knows whether it was done", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const lossy = yield* Loopback.serve(Loopback.forward(aws.url, () => true))
        const failure = yield* Effect.flip(call(aws, lossy.url, changes))
        assert.isTrue(AwsFailure.isUncertain(failure))
        assert.lengthOf(aws.calls, 1)
        aws.fail("GetCallerIdentity", { status: 500, code: "InternalFailure", times: 9 })
        assert.isTrue(AwsFailure.isUncertain(yield* Effect.flip(call(aws, aws.url, changes))))
        assert.lengthOf(aws.calls, 2)
        // Beside it one that only asks.
        yield* Effect.flip(call(aws, lossy.url))
        assert.lengthOf(aws.calls, 6)
      })
    )

    it.live("is made again where AWS says that it did nothing", () =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.fail("GetCallerIdentity", { status: 400, code: "Throttling", times: 2 })
        yield* call(aws, aws.url, changes)
        assert.lengthOf(aws.calls, 3)
      })
    )
  })
})

describe("an unknown outcome", () => {
  const failure = (code: string, status?: number): AwsFailure.Failure => ({ code, status, message: "" })

  it.each([
    [failure("ECONNRESET"), true],
    [failure("TimeoutError"), true],
    [failure("IncompleteAnswer", 200), true],
    [failure("AnswerTooLarge", 200), true],
    [failure("InternalFailure", 500), true],
    [failure("Unknown", 200), true],
    [failure("Unknown"), true],
    [failure("Unknown", 302), false],
    [failure("Unknown", 403), false],
    [failure("ECONNREFUSED"), false],
    [failure("ENOTFOUND"), false],
    [failure("SELF_SIGNED_CERT_IN_CHAIN"), false],
    [failure("AccessDenied", 403), false],
    [failure("MalformedPolicyDocument", 400), false],
    [failure("SlowDown", 503), false]
  ])("of %o: %s", (failure, unknown) => {
    assert.strictEqual(AwsFailure.isUncertain(failure), unknown)
  })
})
