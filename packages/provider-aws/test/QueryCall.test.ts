import * as QueryCall from "@bailiwick/provider-aws/QueryCall"
import * as QueryXml from "@bailiwick/provider-aws/QueryXml"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import * as World from "./support/World.ts"

const call = (aws: Effect.Success<typeof World.world>, endpoint = aws.url) =>
  QueryCall.send({
    endpoint,
    service: "sts",
    region: "eu-west-1",
    identity: World.identityOf(aws.broker),
    parameters: { Action: "GetCallerIdentity", Version: "2011-06-15" }
  })

/** A server that answers everything alike. */
const server = (status: number, headers: Readonly<Record<string, string>>, body = "") =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly seen: Array<string>; readonly close: () => void }>((resume) => {
      const seen: Array<string> = []
      const listening = createServer((request, response) => {
        seen.push(String(request.headers.authorization))
        response.writeHead(status, headers).end(body)
      })
      listening.listen(0, "127.0.0.1", () => {
        const address = Object(listening.address())
        resume(Effect.succeed({ url: `http://127.0.0.1:${address.port}`, seen, close: () => listening.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

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

  it.live("follows no redirect: it would carry the signature to somebody else", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const elsewhere = yield* server(200, {}, "<Arn>x</Arn>")
      const first = yield* server(307, { location: elsewhere.url })
      yield* Effect.flip(call(aws, first.url))
      assert.isAbove(first.seen.length, 0)
      assert.lengthOf(elsewhere.seen, 0)
    })
  )

  it.live("takes an answer that is no refusal of AWS as one without a code", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const proxy = yield* server(404, {}, "<html>who?</html>")
      assert.deepInclude(yield* Effect.flip(call(aws, proxy.url)), { code: "Unknown", status: 404 })
    })
  )
})
