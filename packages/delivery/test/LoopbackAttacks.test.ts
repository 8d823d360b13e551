/** Bytes that no client of HTTP would send, from whoever else reaches 127.0.0.1: another user, a web page, another run. */
import { assert, describe, it } from "@effect/vitest"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import * as LoopbackEndpoint from "@bailiwick/delivery/LoopbackEndpoint"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Net from "node:net"
import { credentials, services } from "./support/Fixtures.ts"

const secret = "a.b.c"

const served = Effect.gen(function* () {
  const ask = Effect.map(UnixTime.now, (now) => ({ credentials: credentials(secret, now + 900), generation: 1 }))
  const lease = yield* CredentialLease.make({ ask, generation: Effect.succeed(1) })
  const endpoint = yield* LoopbackEndpoint.serve({ lease })
  const { host, port } = new URL(endpoint.baseUrl)
  return { host, port: Number(port), authorization: Redacted.value(endpoint.authorization) }
})

/** All that comes back, until the endpoint or an error ends it. */
const send = (port: number, bytes: string) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = Net.connect({ host: "127.0.0.1", port }, () => socket.write(bytes))
    socket.setEncoding("utf8").on("data", (more) => (text += more))
    socket.on("error", () => undefined).on("close", () => resume(Effect.succeed(text)))
  })

const statuses = (text: string) => text.match(/HTTP\/1\.1 \d+/gu)?.map((line) => Number(line.slice(9))) ?? []

/** Lines as they go over the wire, and no further request. */
const lines = (...all: ReadonlyArray<string>) => `${[...all, "Connection: close"].join("\r\n")}\r\n\r\n`

describe("LoopbackEndpoint, attacked with raw bytes", () => {
  it.effect("answers what an honest client sends", () =>
    Effect.gen(function* () {
      const { authorization, host, port } = yield* served
      const text = yield* send(port, lines("GET /token HTTP/1.1", `Host: ${host}`, `Authorization: ${authorization}`))
      assert.deepStrictEqual(statuses(text), [200])
      assert.include(text, secret)
    }).pipe(Effect.provide(services))
  )

  it.effect.each<[what: string, bytes: (host: string, authorization: string) => string]>([
    ["a tunnel", (host, value) => lines(`CONNECT ${host} HTTP/1.1`, `Host: ${host}`, `Authorization: ${value}`)],
    [
      "a tunnel, and a request behind it",
      (host) => `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n${lines("GET /token HTTP/1.1", `Host: ${host}`)}`
    ],
    [
      "a socket of a web page",
      (host) =>
        lines("GET /token HTTP/1.1", `Host: ${host}`, "Upgrade: websocket", "Origin: http://evil.example").replace(
          "close",
          "Upgrade, close"
        )
    ],
    ["no host", (_, value) => lines("GET /token HTTP/1.1", `Authorization: ${value}`)],
    ["HTTP/1.0 without a host", (_, value) => lines("GET /token HTTP/1.0", `Authorization: ${value}`)],
    [
      "a target that names another host",
      (host, value) => lines("GET http://evil.example/token HTTP/1.1", `Host: ${host}`, `Authorization: ${value}`)
    ],
    [
      "a target that names this host",
      (host, value) => lines(`GET http://${host}/token HTTP/1.1`, `Host: ${host}`, `Authorization: ${value}`)
    ],
    [
      "two hosts",
      (host, value) => lines("GET /token HTTP/1.1", `Host: ${host}`, `Host: ${host}`, `Authorization: ${value}`)
    ],
    [
      "two secrets",
      (host, value) => lines("GET /token HTTP/1.1", `Host: ${host}`, "Authorization: x", `Authorization: ${value}`)
    ],
    [
      "a secret over two lines",
      (host, value) =>
        lines("GET /token HTTP/1.1", `Host: ${host}`, `Authorization: Bearer\r\n ${value.slice("Bearer ".length)}`)
    ],
    [
      "a name with a blank behind it",
      (host, value) => lines("GET /token HTTP/1.1", `Host: ${host}`, `Authorization : ${value}`)
    ],
    [
      "a body of two lengths",
      (host, value) =>
        `${lines("GET /token HTTP/1.1", `Host: ${host}`, `Authorization: ${value}`, "Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`
    ],
    [
      "a secret behind a body in pieces",
      (host, value) =>
        `${lines("GET /token HTTP/1.1", `Host: ${host}`, "Trailer: Authorization", "Transfer-Encoding: chunked")}0\r\nAuthorization: ${value}\r\n\r\n`
    ],
    ["another protocol", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/0.9", () => "GET /token\r\n\r\n"]
  ])("gives no credential to %s", ([, bytes]) =>
    Effect.gen(function* () {
      const { authorization, host, port } = yield* served
      const text = yield* send(port, bytes(host, authorization))
      assert.notInclude(text, secret)
      assert.notInclude(text, authorization.slice("Bearer ".length))
      assert.isTrue(
        statuses(text).every((status) => status >= 400),
        text
      )
    }).pipe(Effect.provide(services))
  )

  it.effect("judges each of several requests in one connection by itself", () =>
    Effect.gen(function* () {
      const { authorization, host, port } = yield* served
      const open = (...more: ReadonlyArray<string>) =>
        `${["GET /token HTTP/1.1", `Host: ${host}`, ...more].join("\r\n")}\r\n\r\n`
      const text = yield* send(
        port,
        open() +
          open(`Authorization: ${authorization}`) +
          open("Authorization: Bearer x") +
          lines("GET / HTTP/1.1", `Host: ${host}`)
      )
      assert.deepStrictEqual(statuses(text), [401, 200, 401, 404])
      assert.lengthOf(text.split(secret), 2)
    }).pipe(Effect.provide(services))
  )

  it.live("is there again for its run when whoever held all its connections has been thrown out", () =>
    Effect.gen(function* () {
      const { authorization, host, port } = yield* served
      const honest = send(port, lines("GET /token HTTP/1.1", `Host: ${host}`, `Authorization: ${authorization}`))
      // Half of them say nothing, the others never come to an end; more than it takes are not let in.
      const held = Array.from({ length: 70 }, (_, index) =>
        send(port, index % 2 === 0 ? "" : `GET /token HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `)
      )
      const ended = yield* Effect.all(held, { concurrency: "unbounded" })
      assert.isTrue(ended.flatMap(statuses).every((status) => status === 408))
      assert.deepStrictEqual(statuses(yield* honest), [200])
    }).pipe(Effect.scoped, Effect.provide(services))
  )
})
