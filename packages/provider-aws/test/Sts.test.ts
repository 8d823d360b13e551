import * as SessionPolicy from "@bailiwick/provider-aws/SessionPolicy"
import * as Sts from "@bailiwick/provider-aws/Sts"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import { globalAgent } from "node:https"
import { vi } from "vitest"
import * as Loopback from "./support/Loopback.ts"
import * as World from "./support/World.ts"

const good =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/team/*"}]}'

const ask = Effect.fnUntraced(function* (
  call: "AssumeRole" | "GetScopedCredentials",
  aws: Effect.Success<typeof World.world>,
  { policy = good, endpoint = aws.url }: { readonly policy?: string; readonly endpoint?: string } = {}
) {
  const target = Result.getOrThrow(AwsTarget.read({ ...World.targetOf(aws), endpoint }))
  const identity = World.identityOf(call === "AssumeRole" ? aws.broker : aws.login("agent"))
  const sts = yield* Sts.make
  // What a careless change would do: the type says a session policy, and the text is none.
  const common = { target, identity, policy: policy as SessionPolicy.SessionPolicy, duration: 900 }
  return yield* call === "AssumeRole"
    ? sts.assumeRole({ ...common, session: { name: "bw-test", tags: [] }, managed: [] })
    : sts.getScopedCredentials(common)
})

const calls = ["AssumeRole", "GetScopedCredentials"] as const

const notPolicies = [
  "",
  " ",
  "{}",
  "null",
  '""',
  '{"Version":"2012-10-17"}',
  '{"Version":"2012-10-17","Statement":[]}',
  '{"Version":"2012-10-17","Statement":[{}]}',
  '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}]}',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::x"}]}',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"","Resource":"*"}]}',
  good.slice(0, -1),
  good.replace("team", "te\u0000am"),
  good.replace("team", "te\u2028am"),
  good.replace("team", "t".repeat(2048))
]

describe("a session policy", () => {
  it("is what the compiler writes", () => {
    assert.isTrue(Option.isSome(SessionPolicy.fromText(good)))
  })

  it("is nothing else", () => {
    for (const text of notPolicies) assert.isTrue(Option.isNone(SessionPolicy.fromText(text)), text)
  })

  it.live.each(calls)("stands in every %s that is sent, and without one none is sent", (call) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      yield* ask(call, aws)
      const sent = aws.calls.length
      assert.strictEqual(aws.calls.at(-1)?.parameters.get("Policy"), good)
      for (const policy of notPolicies) {
        assert.strictEqual((yield* Effect.flip(ask(call, aws, { policy }))).code, "NoSessionPolicy", policy)
      }
      assert.lengthOf(aws.calls, sent)
    })
  )
})

describe("STS", () => {
  it.live("is asked by many logins, and Node's own agent of https stays whole for everybody else", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const target = Result.getOrThrow(AwsTarget.read(World.targetOf(aws)))
      const destroy = yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(globalAgent, "destroy")),
        (spy) => Effect.sync(() => spy.mockRestore())
      )
      const common = { target, policy: good as SessionPolicy.SessionPolicy, duration: 900 }
      // More than are kept, and then all of them closed.
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sts = yield* Sts.make
          const session = { name: "bw-test", tags: [] }
          for (let login = 0; login < 12; login++) {
            const identity = World.identityOf({ ...aws.stranger, accessKeyId: `AKIA${login}` })
            yield* Effect.flip(sts.assumeRole({ ...common, identity, session, managed: [] }))
          }
          yield* sts.assumeRole({ ...common, identity: World.identityOf(aws.broker), session, managed: [] })
        })
      )
      // The one whose key AWS knows.
      assert.lengthOf(aws.calls, 1)
      assert.strictEqual(destroy.mock.calls.length, 0)
    })
  )

  it.live("is asked with the token of now, also where only that was renewed", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.role({ name: "agent", trusted: [World.roleArn] })
      const target = Result.getOrThrow(AwsTarget.read(World.targetOf(aws)))
      const sts = yield* Sts.make
      const login = aws.login("agent")
      const asking = (key: typeof login) =>
        sts.assumeRole({
          target,
          identity: World.identityOf(key),
          policy: good as SessionPolicy.SessionPolicy,
          duration: 900,
          session: { name: "bw-test", tags: [] },
          managed: []
        })
      yield* asking(login)
      const caller = aws.world.callers.get(login.accessKeyId)
      assert.isDefined(caller?.session)
      if (caller?.session === undefined) return
      aws.world.callers.set(login.accessKeyId, { ...caller, session: { ...caller.session, token: "renewed" } })
      assert.strictEqual((yield* Effect.flip(asking(login))).code, "InvalidClientTokenId")
      yield* asking({ ...login, sessionToken: "renewed" })
    })
  )

  it.live.each(calls.flatMap((call) => [3600, -3600].map((off) => [call, off] as const)))(
    "is asked for %s by its own clock where this machine's is off by %i seconds",
    ([call, off]) =>
      Effect.gen(function* () {
        const aws = yield* World.world
        aws.ahead(off)
        const session = yield* ask(call, aws)
        assert.approximately(session.ahead, off, 2)
        assert.approximately(session.expiration, Date.now() / 1000 + off + 900, 5)
      })
  )

  it.live.each(calls)("answers %s with no more than is ever read", (call) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const endless = yield* Loopback.serve((_, response) => {
        response.writeHead(200, { "content-type": "text/xml" })
        const more = () => {
          while (!response.destroyed && response.write("<A>".repeat(10_000)));
          if (!response.destroyed) response.once("drain", more)
        }
        more()
      })
      const failure = yield* Effect.flip(ask(call, aws, { endpoint: endless.url }))
      assert.strictEqual(failure.code, "AnswerTooLarge")
      assert.lengthOf(endless.asked, 1)
    })
  )

  it.effect.each(calls)("that never answers %s is waited for half a minute, whatever is tried again", (call) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const mute = yield* Loopback.serve(() => {})
      const asked = yield* Effect.forkChild(Effect.flip(ask(call, aws, { endpoint: mute.url })))
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(asked.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(asked)).code, "TimeoutError")
    })
  )

  it.live.each(
    calls.flatMap((call) =>
      ["MalformedPolicyDocument", "AccessDenied", "ValidationError", "PackedPolicyTooLarge"].map(
        (code) => [call, code] as const
      )
    )
  )("is asked for %s no second time after %s", ([call, code]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.fail(call, { status: code === "AccessDenied" ? 403 : 400, code, times: 9 })
      assert.include((yield* Effect.flip(ask(call, aws))).code, code)
      assert.lengthOf(
        aws.calls.filter(({ action }) => action === call),
        1
      )
    })
  )
})
