import { assert, describe, it } from "@effect/vitest"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import { DeliveryError, Refused, Unavailable } from "@bailiwick/delivery/DeliveryError"
import * as LoopbackEndpoint from "@bailiwick/delivery/LoopbackEndpoint"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import { execFile } from "node:child_process"
import * as Http from "node:http"
import * as Net from "node:net"
import { credentials, services } from "./support/Fixtures.ts"

const revoked = new DeliveryError({ reason: new Refused({ code: "revoked", detail: "the session was revoked" }) })
const lend = Effect.map(UnixTime.now, (now) => ({ credentials: credentials("a.b.c", now + 900), generation: 1 }))
const lease = (ask: CredentialLease.Source["ask"] = lend) =>
  CredentialLease.make({ ask, generation: Effect.succeed(1) })

interface Reply {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A request as it stands: Node adds `Host` and `Connection` only where they are not given. */
const request = (url: string, options: Http.RequestOptions = {}, body?: string) =>
  Effect.callback<Reply>((resume) => {
    const sent = Http.request(url, { agent: false, ...options }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8")
          })
        )
      )
    })
    sent.on("error", (cause) => resume(Effect.die(cause)))
    sent.end(body)
  })

const served = Effect.gen(function* () {
  const endpoint = yield* LoopbackEndpoint.serve({
    lease: yield* lease(),
    documents: (baseUrl) => ({
      "/.well-known/jwks.json": Effect.succeed(`{"keys":[]}`),
      "/.well-known/openid-configuration": Effect.succeed(
        JSON.stringify({ jwks_uri: `${baseUrl}/.well-known/jwks.json` })
      ),
      "/broken": Effect.die("planted secret")
    })
  })
  return { ...endpoint, url: `${endpoint.baseUrl}/token`, authorization: Redacted.value(endpoint.authorization) }
})

const code = (reply: Reply) => JSON.parse(reply.body).code

describe("LoopbackEndpoint", () => {
  it.effect("answers the run's secret with the token and when it ends", () =>
    Effect.gen(function* () {
      const { url, authorization } = yield* served
      const reply = yield* request(url, { headers: { authorization } })
      assert.strictEqual(reply.status, 200)
      assert.strictEqual(reply.body, `{"version":1,"token":"a.b.c","expires":900}\n`)
      assert.strictEqual(reply.headers["content-type"], "application/json")
      assert.strictEqual(reply.headers["cache-control"], "no-store")
    }).pipe(Effect.provide(services))
  )

  it.effect("tells the child where and how to ask, and where the keys are", () =>
    Effect.gen(function* () {
      const { environment, url, baseUrl, authorization } = yield* served
      assert.deepStrictEqual(environment, {
        BAILIWICK_TOKEN_URL: url,
        BAILIWICK_TOKEN_AUTHORIZATION: authorization,
        BAILIWICK_JWKS_URL: `${baseUrl}/.well-known/jwks.json`
      })
      assert.match(authorization, /^Bearer [\w-]{43}$/u)
      assert.match(baseUrl, /^http:\/\/127\.0\.0\.1:\d+$/u)
    }).pipe(Effect.provide(services))
  )

  it.effect("serves a real child that knows nothing but its environment", () =>
    Effect.gen(function* () {
      const { environment } = yield* served
      const program = `
        const { BAILIWICK_TOKEN_URL: url, BAILIWICK_TOKEN_AUTHORIZATION: authorization } = process.env
        fetch(url, { headers: { authorization } }).then((r) => r.json()).then((d) => console.log(d.token))`
      const output = yield* Effect.callback<string>((resume) => {
        execFile(process.execPath, ["-e", program], { env: { ...environment } }, (error, stdout) =>
          resume(error === null ? Effect.succeed(stdout) : Effect.die(error))
        )
      })
      assert.strictEqual(output, "a.b.c\n")
    }).pipe(Effect.provide(services))
  )

  it.effect("serves public documents without the secret, knowing its own place", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* served
      assert.strictEqual((yield* request(`${baseUrl}/.well-known/jwks.json`)).body, `{"keys":[]}`)
      const discovery = JSON.parse((yield* request(`${baseUrl}/.well-known/openid-configuration`)).body)
      assert.strictEqual(discovery.jwks_uri, `${baseUrl}/.well-known/jwks.json`)
    }).pipe(Effect.provide(services))
  )

  it.effect("makes a secret of its own for each run", () =>
    Effect.gen(function* () {
      assert.notStrictEqual((yield* served).authorization, (yield* served).authorization)
    }).pipe(Effect.provide(services))
  )

  it.effect("refuses a missing, wrong, shortened, lengthened or repeated secret", () =>
    Effect.gen(function* () {
      const { url, authorization } = yield* served
      const secret = authorization.slice("Bearer ".length)
      const wrong = [
        [],
        [""],
        [secret],
        [`bearer ${secret}`],
        [authorization.slice(0, -1)],
        [`${authorization}A`],
        [`Bearer ${"A".repeat(43)}`],
        [authorization, authorization]
      ]
      const { host } = new URL(url)
      for (const values of wrong) {
        const headers = ["Host", host, ...values.flatMap((value) => ["Authorization", value])]
        const reply = yield* request(url, { headers })
        assert.strictEqual(reply.status, 401, values.join())
        assert.strictEqual(code(reply), "unauthorized")
        assert.notInclude(reply.body, "a.b.c")
      }
      assert.strictEqual((yield* request(url, { headers: { authorization } })).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.effect("refuses every host but its own address, with or without the secret", () =>
    Effect.gen(function* () {
      const { url, baseUrl, authorization } = yield* served
      const { port } = new URL(url)
      for (const host of [
        `localhost:${port}`,
        "127.0.0.1",
        `evil.example:${port}`,
        `127.0.0.1:${port}.`,
        `127.1:${port}`
      ]) {
        const reply = yield* request(url, { headers: { authorization, host } })
        assert.strictEqual(reply.status, 421, host)
        assert.strictEqual(code(reply), "wrong_host")
        assert.strictEqual((yield* request(`${baseUrl}/.well-known/jwks.json`, { headers: { host } })).status, 421)
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("refuses every web page, its own address included", () =>
    Effect.gen(function* () {
      const { url, baseUrl, authorization } = yield* served
      for (const origin of ["https://evil.example", baseUrl, "null", ""]) {
        const reply = yield* request(url, { headers: { authorization, origin } })
        assert.strictEqual(reply.status, 403, origin)
        assert.strictEqual(code(reply), "origin_refused")
        assert.strictEqual((yield* request(`${baseUrl}/.well-known/jwks.json`, { headers: { origin } })).status, 403)
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("answers GET alone, without a body, at exact paths", () =>
    Effect.gen(function* () {
      const { url, baseUrl, authorization } = yield* served
      const headers = { authorization }
      for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"]) {
        const reply = yield* request(url, { method, headers })
        assert.strictEqual(reply.status, 405, method)
        assert.strictEqual(reply.headers.allow, "GET")
      }
      assert.strictEqual((yield* request(url, { headers: { ...headers, "content-length": "2" } }, "{}")).status, 400)
      const chunked = { ...headers, "transfer-encoding": "chunked" }
      assert.strictEqual((yield* request(url, { headers: chunked }, "{}")).status, 400)
      for (const path of ["/", "/token/", "/token?x=1", "/TOKEN", "//token", "/.well-known/../token", "/constructor"]) {
        assert.strictEqual((yield* request(`${baseUrl}/`, { path, headers })).status, 404, path)
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("refuses headers beyond its bounds", () =>
    Effect.gen(function* () {
      const { url, authorization } = yield* served
      const reply = yield* request(url, { headers: { authorization, "x-filler": "x".repeat(9_000) } })
      assert.strictEqual(reply.status, 431)
    }).pipe(Effect.provide(services))
  )

  it.effect("listens on the loopback address alone", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      const { port } = new URL(url)
      const refused = yield* Effect.callback<boolean>((resume) => {
        const socket = Net.connect({ host: "127.0.0.2", port: Number(port) })
        socket.on("connect", () => {
          socket.destroy()
          resume(Effect.succeed(false))
        })
        socket.on("error", () => resume(Effect.succeed(true)))
      })
      assert.isTrue(refused)
    }).pipe(Effect.provide(services))
  )

  it.effect("says readably why the broker refused", () =>
    Effect.gen(function* () {
      const endpoint = yield* LoopbackEndpoint.serve({ lease: yield* lease(Effect.fail(revoked)) })
      const headers = { authorization: Redacted.value(endpoint.authorization) }
      const reply = yield* request(`${endpoint.baseUrl}/token`, { headers })
      assert.strictEqual(reply.status, 403)
      assert.deepStrictEqual(JSON.parse(reply.body), { code: "revoked", message: "the session was revoked" })
      assert.notProperty(endpoint.environment, "BAILIWICK_JWKS_URL")
    }).pipe(Effect.provide(services))
  )

  it.effect("says that the broker cannot be asked just now", () =>
    Effect.gen(function* () {
      const away = new DeliveryError({ reason: new Unavailable({ detail: "the store is busy" }) })
      const endpoint = yield* LoopbackEndpoint.serve({ lease: yield* lease(Effect.fail(away)) })
      const headers = { authorization: Redacted.value(endpoint.authorization) }
      const reply = yield* request(`${endpoint.baseUrl}/token`, { headers })
      assert.strictEqual(reply.status, 503)
      assert.deepStrictEqual(JSON.parse(reply.body), { code: "unavailable", message: "the store is busy" })
    }).pipe(Effect.provide(services))
  )

  it.effect("gives up on a broker that waits for somebody", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const waiting = Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      const endpoint = yield* LoopbackEndpoint.serve({ lease: yield* lease(waiting) })
      const headers = { authorization: Redacted.value(endpoint.authorization) }
      const reply = yield* Effect.forkChild(request(`${endpoint.baseUrl}/token`, { headers }))
      yield* Deferred.await(asked)
      yield* TestClock.adjust(LoopbackEndpoint.patience)
      assert.strictEqual((yield* Fiber.join(reply)).status, 503)
    }).pipe(Effect.provide(services))
  )

  it.effect("asks the broker once for many requests at once", () =>
    Effect.gen(function* () {
      let asked = 0
      const endpoint = yield* LoopbackEndpoint.serve({
        lease: yield* lease(
          Effect.andThen(
            Effect.sync(() => asked++),
            lend
          )
        )
      })
      const headers = { authorization: Redacted.value(endpoint.authorization) }
      const replies = yield* Effect.all(
        Array.from({ length: 40 }, () => request(`${endpoint.baseUrl}/token`, { headers })),
        { concurrency: "unbounded" }
      )
      assert.isTrue(replies.every((reply) => reply.status === 200))
      assert.strictEqual(asked, 1)
    }).pipe(Effect.provide(services))
  )

  it.effect("tells nothing of a fault inside", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* served
      const reply = yield* request(`${baseUrl}/broken`)
      assert.strictEqual(reply.status, 500)
      assert.notInclude(reply.body, "planted")
    }).pipe(Effect.provide(services))
  )

  it.effect("is gone with its scope", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(served)
      assert.strictEqual((yield* Effect.exit(request(url)))._tag, "Failure")
    }).pipe(Effect.provide(services))
  )
})
