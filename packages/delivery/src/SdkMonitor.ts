/**
 * Hears which calls of a child's AWS SDK failed, by the SDKs' own client-side monitoring: a datagram on 127.0.0.1 for
 * each call, from botocore and the AWS CLI, Go v1, Java v1, JavaScript v2, PHP and Ruby. The newer SDKs have none.
 *
 * What is heard is a hint and decides nothing. Only datagrams with this run's random client id count, so that no other
 * user of the machine can put words into it. They carry access key ids and session tokens, never a secret key, and of a
 * failed call nothing is kept but four texts.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Dgram from "node:dgram"
import * as Variables from "./Variables.ts"

export interface FailedCall {
  /** The SDK's id of the service: `S3`, `CloudWatch Logs`. */
  readonly service: string
  readonly api: string
  readonly code: string
  readonly message: string
}

export interface SdkMonitor {
  /** The variables of the child; they hold the run's client id, which only this user can read. */
  readonly environment: Readonly<Record<string, string>>
  /** What has been heard so far, each once. What the child sent before it ended is there as soon as its end is known. */
  readonly failed: Effect.Effect<ReadonlyArray<FailedCall>>
}

/** No SDK sends more (botocore: 8 KiB). */
const maximumBytes = 16 * 1024
/** Failed calls that are read, and different ones that are kept: a child cannot make a run think for long. */
const maximumRead = 10_000
/** Looks at the queue before it counts as empty. */
const rounds = 100
export const maximumKept = 256

const text = (maximum: number) => Schema.String.check(Schema.isMaxLength(maximum))

// A call (`Final…`) and each attempt of it are told alike.
const Datagram = Schema.Struct({
  ClientId: text(255),
  Service: text(128),
  Api: text(128),
  AwsException: Schema.optionalKey(text(128)),
  AwsExceptionMessage: Schema.optionalKey(text(1024)),
  FinalAwsException: Schema.optionalKey(text(128)),
  FinalAwsExceptionMessage: Schema.optionalKey(text(1024))
})
const decode = Schema.decodeUnknownResult(Datagram)

const read = (bytes: Uint8Array, clientId: string): FailedCall | undefined => {
  const datagram = Result.flatMap(StrictJson.parseBytes(bytes, { maxBytes: maximumBytes }), decode)
  if (Result.isFailure(datagram) || datagram.success.ClientId !== clientId) return undefined
  const { Api, AwsException, AwsExceptionMessage, FinalAwsException, FinalAwsExceptionMessage, Service } =
    datagram.success
  const code = AwsException ?? FinalAwsException
  const message = AwsExceptionMessage ?? FinalAwsExceptionMessage ?? ""
  return code === undefined ? undefined : { service: Service, api: Api, code, message }
}

/** Listens until the scope closes; `None` where no port can be opened, for no run fails for want of a hint. */
export const listen: Effect.Effect<
  Option.Option<SdkMonitor>,
  never,
  Scope.Scope | SecureRandom.SecureRandom
> = Effect.gen(function* () {
  const random = yield* SecureRandom.SecureRandom
  const clientId = Base64Url.encode(yield* random.randomBytes(16))
  const heard = new Map<string, FailedCall>()
  let left = maximumRead
  const socket = yield* open((bytes) => {
    // Most calls succeed, and say so by saying nothing of an exception.
    if (bytes.length > maximumBytes || !bytes.includes("AwsException") || left-- <= 0) return
    const call = read(bytes, clientId)
    if (call !== undefined && heard.size < maximumKept) heard.set(JSON.stringify(call), call)
  })
  return Option.map(socket, ({ port, settled }) => ({
    environment: {
      [Variables.awsMonitor.enabled]: "true",
      [Variables.awsMonitor.host]: "127.0.0.1",
      [Variables.awsMonitor.port]: `${port}`,
      [Variables.awsMonitor.clientId]: clientId
    },
    failed: Effect.map(settled, () => [...heard.values()])
  }))
})

const open = (hear: (bytes: Buffer) => void) =>
  Effect.acquireRelease(
    Effect.callback<Option.Option<Dgram.Socket>>((resume) => {
      const socket = Dgram.createSocket("udp4")
      socket.once("error", () => {
        socket.close()
        resume(Effect.succeedNone)
      })
      // The literal address: no other machine reaches it.
      socket.bind({ address: "127.0.0.1", port: 0, exclusive: true }, () => {
        socket.removeAllListeners("error").on("error", () => undefined)
        resume(Effect.succeedSome(socket))
      })
    }),
    Option.match({
      onNone: () => Effect.void,
      onSome: (socket) => Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void)))
    })
  ).pipe(
    Effect.map(
      Option.map((socket) => {
        let count = 0
        socket.on("message", (bytes) => {
          count += 1
          hear(bytes)
        })
        // On loopback a datagram is in our queue before its sender goes on: the queue is empty once a turn brings nothing.
        const settled = Effect.promise(async () => {
          // Whoever keeps sending, such as another user of this machine, holds no run open.
          for (let before = -1, round = 0; before !== count && round < rounds; round++) {
            before = count
            for (let turn = 0; turn < 3; turn++) await new Promise((done) => setImmediate(done))
          }
        })
        return { port: socket.address().port, settled }
      })
    )
  )
