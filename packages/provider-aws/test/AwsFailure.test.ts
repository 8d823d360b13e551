import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import * as Loopback from "./support/Loopback.ts"
import * as World from "./support/World.ts"

type Aws = Effect.Success<typeof World.world>

const issue = Effect.fnUntraced(function* (
  aws: Aws,
  key?: Aws["broker"],
  endpoint?: string,
  settings: Readonly<Record<string, string>> = {}
) {
  const provider = yield* World.provider(aws, key === undefined ? {} : { key })
  const target = { ...World.targetOf(aws, settings), ...(endpoint === undefined ? {} : { endpoint }) }
  return yield* provider.issue(yield* provider.plan(yield* World.request(aws, { target })))
})

describe("a refusal of AWS", () => {
  it.live.each([
    ["AccessDenied", 403, "AccessDenied", "trust policy"],
    ["MalformedPolicyDocument", 400, "Misconfigured", "bailiwick explain"],
    ["PackedPolicyTooLarge", 400, "PolicyTooLarge", "fewer resources"],
    ["RegionDisabledException", 403, "Misconfigured", "another region"],
    ["ExpiredToken", 403, "ExpiredSource", "log the broker in again"],
    ["ExpiredTokenException", 400, "ExpiredSource", "log the broker in again"],
    ["InvalidClientTokenId", 403, "ExpiredSource", "another partition"],
    ["SignatureDoesNotMatch", 403, "Misconfigured", "NTP"],
    ["IncompleteSignature", 400, "Misconfigured", "NTP"],
    ["ValidationError", 400, "Misconfigured", "external_id"],
    ["IDPRejectedClaim", 403, "AccessDenied", "web identity token"],
    ["IDPCommunicationError", 400, "Unreachable", "discovery document"],
    ["InvalidIdentityToken", 400, "Misconfigured", "OIDC provider"],
    ["Throttling", 400, "Throttled", "in a minute"],
    ["ServiceUnavailable", 503, "Unreachable", "try again"],
    ["SomeNewRefusal", 403, "AccessDenied", "trust policy"],
    ["NoSuchThing", 400, "Misconfigured", "AWS documentation"]
  ] as const)("%s (%i) becomes %s, with the fix", ([code, status, reason, hint]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const message = `leak ${aws.broker.secretAccessKey}`
      aws.fail("AssumeRole", { status, code, message, times: 9 })
      const error = yield* Effect.flip(issue(aws))
      assert.strictEqual(error.reason, reason)
      assert.include(error.hint, hint)
      assert.isNotEmpty(error.message)
      const shown = `${inspect(error, { depth: 9 })}${JSON.stringify(error)}`
      for (const secret of [aws.broker.secretAccessKey, aws.broker.accessKeyId, "leak"])
        assert.notInclude(shown, secret)
    })
  )

  it.live("of a session that the broker itself has lent says where it came from, and no more of it", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const refused = (user: string) => {
        const message = `User: ${user} is not authorized to perform: sts:AssumeRole on resource: ${aws.url}`
        aws.fail("AssumeRole", { status: 403, code: "AccessDenied", message })
        return Effect.flip(issue(aws))
      }
      const inside = yield* refused("arn:aws:sts::111122223333:assumed-role/agent/bw-claude-01a2")
      assert.include(inside.message, "a session that bailiwick lent")
      assert.include(inside.hint, "outside of the run")
      assert.notInclude(inside.message, "01a2")
      for (const user of ["arn:aws:iam::111122223333:user/bw-claude", "arn:aws:sts::111122223333:assumed-role/ci/x"]) {
        assert.include((yield* refused(user)).hint, "trust policy")
      }
    })
  )

  it.live("of a life that the role does not give names the life", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.role({ name: "agent", maximum: 600 })
      const error = yield* Effect.flip(issue(aws))
      assert.include(error.hint, "--ttl")
    })
  )

  it.live("that passes is tried again", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.fail("AssumeRole", { status: 400, code: "Throttling" })
      yield* issue(aws)
      assert.lengthOf(aws.calls, 2)
    })
  )

  it.live("that stays is not", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.fail("AssumeRole", { status: 403, code: "AccessDenied", times: 9 })
      yield* Effect.flip(issue(aws))
      assert.lengthOf(aws.calls, 1)
    })
  )

  it.live("of nobody is an endpoint that cannot be reached", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const error = yield* Effect.flip(issue(aws, undefined, "http://127.0.0.1:1"))
      assert.strictEqual(error.reason, "Unreachable")
      assert.include(error.detail, "127.0.0.1:1")
    })
  )

  it.live("of a wrong secret and of an unknown key tells the two apart", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const wrong = yield* Effect.flip(issue(aws, { ...aws.broker, secretAccessKey: "wrong" }))
      assert.strictEqual(wrong.reason, "Misconfigured")
      const unknown = yield* Effect.flip(issue(aws, { ...aws.broker, accessKeyId: "AKIANOBODY" }))
      assert.strictEqual(unknown.reason, "ExpiredSource")
      const stranger = yield* Effect.flip(issue(aws, aws.stranger))
      assert.strictEqual(stranger.reason, "AccessDenied")
    })
  )

  it.live.each(
    ["assume-role", "scoped"].flatMap((method) =>
      [
        [400, "<ErrorResponse><Error></Error></ErrorResponse>"],
        [403, "<html>who are you?</html>"],
        [200, "<html>who are you?</html>"],
        [200, "<a>".repeat(80_000)],
        [200, ""],
        [302, ""],
        [400, "<ErrorResponse><Error><Code>topsecret AKIA/x</Code></Error></ErrorResponse>"]
      ].map(([status, body]) => [method, Number(status), String(body)] as const)
    )
  )("that nobody could read (%s, %i) is none of AWS, and nothing of it is told", ([method, status, body]) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const settings = { method }
      const server = yield* Loopback.serve(Loopback.always(status, body, { location: "https://example.com/" }))
      const error = yield* Effect.flip(issue(aws, aws.login("agent"), server.url, settings))
      assert.strictEqual(error.reason, "Unreachable")
      assert.include(error.detail, "answered with what is no answer of AWS")
      assert.notInclude(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`, "topsecret")
      assert.lengthOf(server.asked, 1)
    })
  )

  it.live.each(["assume-role", "scoped"])(
    "stands for credentials (%s) that are over, live too long or are of another role",
    (method) =>
      Effect.gen(function* () {
        const aws = yield* World.world
        const settings = { method }
        const given = (role: string, life: number) =>
          Effect.flatMap(
            Loopback.serve(({ body }, response) => {
              const action = new URLSearchParams(body).get("Action")
              const end = new Date(Date.now() + life * 1000).toISOString()
              response.end(
                `<${action}Response><${action}Result><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
                  `<SessionToken>t</SessionToken><Expiration>${end}</Expiration></Credentials><AssumedRoleUser>` +
                  `<Arn>arn:aws:sts::111122223333:assumed-role/${role}/bw-x</Arn></AssumedRoleUser></${action}Result></${action}Response>`
              )
            }),
            ({ url }) => issue(aws, aws.login("agent"), url, settings)
          )
        assert.strictEqual(World.secretOf(yield* given("agent", 900)).AccessKeyId, "ASIAX")
        assert.include((yield* Effect.flip(given("agent", -10))).detail, "no answer of AWS")
        assert.include((yield* Effect.flip(given("agent", 1800))).detail, "longer than was asked for")
        for (const role of ["admin", "agent2"]) {
          const error = yield* Effect.flip(given(role, 900))
          assert.strictEqual(error.reason, "Misconfigured")
          assert.match(error.detail, /a session of another role|own session is not of/u)
        }
      })
  )

  it.live("without the envelope of AWS is one of a server that numbers its answers, and not of a login page", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const answering = (headers: Readonly<Record<string, string>>) =>
        Effect.acquireRelease(
          Effect.callback<Server>((resume) => {
            const server = createServer((_, response) => {
              response.writeHead(403, { ...headers }).end("<Error><Code>AccessDenied</Code></Error>")
            })
            server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
          }),
          (server) => Effect.sync(() => server.close())
        )
      const refused = Effect.fnUntraced(function* (headers: Readonly<Record<string, string>>) {
        const { port } = (yield* answering(headers)).address() as AddressInfo // a TCP server that listens has no other
        return (yield* Effect.flip(issue(aws, undefined, `http://127.0.0.1:${port}`))).reason
      })
      assert.strictEqual(yield* refused({ "x-amz-request-id": "tx0001" }), "AccessDenied")
      assert.strictEqual(yield* refused({}), "Unreachable")
    })
  )
})
