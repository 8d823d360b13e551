import { assert, describe, it } from "@effect/vitest"
import * as SdkMonitor from "@bailiwick/delivery/SdkMonitor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Dgram from "node:dgram"
import { services } from "./support/Fixtures.ts"

const listening = Effect.map(SdkMonitor.listen, Option.getOrThrow)

/** Sends each as a datagram, and comes back when the system has taken them. */
const send = ({ environment }: SdkMonitor.SdkMonitor, ...datagrams: ReadonlyArray<string | Uint8Array>) =>
  Effect.promise(async () => {
    const socket = Dgram.createSocket("udp4")
    for (const datagram of datagrams) {
      await new Promise<void>((done, failed) =>
        socket.send(datagram, Number(environment["AWS_CSM_PORT"]), environment["AWS_CSM_HOST"], (error) =>
          error === null ? done() : failed(error)
        )
      )
    }
    socket.close()
  })

const attempt = (monitor: SdkMonitor.SdkMonitor, more: object = {}) => ({
  Version: 1,
  ClientId: monitor.environment["AWS_CSM_CLIENT_ID"],
  Type: "ApiCallAttempt",
  Service: "S3",
  Api: "PutObject",
  Timestamp: 1_900_000_000_000,
  AttemptLatency: 12,
  Fqdn: "s3.eu-west-1.amazonaws.com",
  Region: "eu-west-1",
  AccessKey: "ASIAEXAMPLE",
  SessionToken: "a session's token",
  HttpStatusCode: 403,
  AwsException: "AccessDenied",
  AwsExceptionMessage: "Access Denied",
  ...more
})

const call = (more: object = {}): SdkMonitor.FailedCall => ({
  service: "S3",
  api: "PutObject",
  code: "AccessDenied",
  message: "Access Denied",
  ...more
})

describe("SdkMonitor", () => {
  it.live("hears which calls failed, each once, and keeps nothing else of them", () =>
    Effect.gen(function* () {
      const monitor = yield* listening
      const { AwsException, AwsExceptionMessage, ...whole } = attempt(monitor)
      yield* send(
        monitor,
        JSON.stringify(attempt(monitor)),
        JSON.stringify({
          ...whole,
          Type: "ApiCall",
          FinalAwsException: "AccessDenied",
          FinalAwsExceptionMessage: "Access Denied"
        }),
        JSON.stringify(attempt(monitor, { Api: "GetObject", AwsException: "NoSuchKey" })),
        JSON.stringify({ ...whole, HttpStatusCode: 200 })
      )
      assert.deepStrictEqual(yield* monitor.failed, [call(), call({ api: "GetObject", code: "NoSuchKey" })])
      assert.deepStrictEqual([AwsException, AwsExceptionMessage], ["AccessDenied", "Access Denied"])
    }).pipe(Effect.provide(services))
  )

  it.live("listens on this machine alone, under an id that nobody can guess", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* listening, yield* listening]
      assert.deepStrictEqual(Object.keys(one.environment), [
        "AWS_CSM_ENABLED",
        "AWS_CSM_HOST",
        "AWS_CSM_PORT",
        "AWS_CSM_CLIENT_ID"
      ])
      assert.deepInclude(one.environment, { AWS_CSM_ENABLED: "true", AWS_CSM_HOST: "127.0.0.1" })
      assert.match(one.environment["AWS_CSM_CLIENT_ID"] ?? "", /^[\w-]{22}$/u)
      assert.notStrictEqual(one.environment["AWS_CSM_CLIENT_ID"], other.environment["AWS_CSM_CLIENT_ID"])
      yield* send(one, JSON.stringify(attempt(other)))
      assert.deepStrictEqual(yield* one.failed, [])
    }).pipe(Effect.provide(services))
  )

  it.live("takes nothing that is not exactly such a call", () =>
    Effect.gen(function* () {
      const monitor = yield* listening
      const good = JSON.stringify(attempt(monitor))
      const of = (more: object) => JSON.stringify(attempt(monitor, more))
      yield* send(
        monitor,
        "AwsException",
        good.slice(0, -1),
        `${good}${good}`,
        good.replace("{", '{"ClientId":"x",'),
        Buffer.concat([Buffer.from(good.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]),
        of({ ClientId: undefined }),
        of({ ClientId: "" }),
        of({ ClientId: [monitor.environment["AWS_CSM_CLIENT_ID"]] }),
        of({ Service: 3 }),
        of({ Api: "x".repeat(129) }),
        of({ AwsExceptionMessage: "x".repeat(1025) }),
        of({ Fqdn: "x".repeat(17_000) }),
        of({ Fqdn: "[".repeat(5_000) }).replaceAll('"', ""),
        JSON.stringify([attempt(monitor)])
      )
      assert.deepStrictEqual(yield* monitor.failed, [])
      yield* send(monitor, good)
      assert.deepStrictEqual(yield* monitor.failed, [call()])
    }).pipe(Effect.provide(services))
  )

  it.live("keeps a bounded number of them", () =>
    Effect.gen(function* () {
      const monitor = yield* listening
      // In lots that the system's own queue holds.
      for (let lot = 0; lot < 10; lot++) {
        yield* send(
          monitor,
          ...Array.from({ length: 40 }, (_, index) =>
            JSON.stringify(attempt(monitor, { AwsException: `E${lot}-${index}` }))
          )
        )
        yield* monitor.failed
      }
      assert.lengthOf(yield* monitor.failed, SdkMonitor.maximumKept)
    }).pipe(Effect.provide(services))
  )

  it.live("hears nothing once its scope has closed", () =>
    Effect.gen(function* () {
      const monitor = yield* Effect.scoped(listening)
      yield* send(monitor, JSON.stringify(attempt(monitor)))
      assert.deepStrictEqual(yield* monitor.failed, [])
    }).pipe(Effect.provide(services))
  )
})
