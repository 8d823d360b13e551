/**
 * An HTTP endpoint on 127.0.0.1 for one run, from which a child takes fresh credentials whenever it needs them.
 *
 * With the run's secret, `GET /token` answers `{ version: 1, token, expires }`, and `GET /aws` what AWS SDKs take from a
 * container endpoint, however close to the end they ask: a request costs a look at the lease, never a call to the cloud.
 * Documents such as the issuer's keys need no secret. Every other answer is `{ code, message }`, at `/aws` with the names
 * that SDKs show, `{ Code, Message }`. It answers from a lease and never waits for a human.
 *
 * @example
 * ```ts
 * import { LoopbackEndpoint } from "@bailiwick/delivery"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const endpoint = yield* LoopbackEndpoint.serve({ lease })
 *   yield* ChildRun.run({ command: "my-agent", args: [], env: { ...env, ...endpoint.environment } })
 * }))
 * ```
 */
import type * as Credentials from "@bailiwick/core/Credentials"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "@bailiwick/core/Base64Url"
import type * as Policy from "@bailiwick/core/Policy"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as AwsDocument from "./AwsDocument.ts"
import * as CredentialProcess from "./CredentialProcess.ts"
import type { CredentialLease } from "./CredentialLease.ts"
import { DeliveryError, NoPort, NotDeliverable, Unavailable } from "./DeliveryError.ts"
import * as LoopbackRequest from "./LoopbackRequest.ts"
import * as Variables from "./Variables.ts"

/** Public JSON documents by path, each of which begins with `/`. */
export type Documents = Readonly<Record<string, Effect.Effect<string, DeliveryError>>>

export interface Options {
  readonly lease: CredentialLease
  /** Whose credentials the lease holds; oidc if not said. They decide which variables the child receives. */
  readonly provider?: Policy.Provider
  /** Given the endpoint's base URL, because documents name their own place. */
  readonly documents?: (baseUrl: string) => Documents
}

export interface LoopbackEndpoint {
  /** `http://127.0.0.1:PORT` */
  readonly baseUrl: string
  /** The exact `Authorization` value of this run. */
  readonly authorization: Redacted.Redacted<string>
  /** The variables of the child. Secret values: for the child's environment only. */
  readonly environment: Readonly<Record<string, string>>
}

export const tokenPath = "/token"
export const awsPath = "/aws"
export const jwksPath = "/.well-known/jwks.json"

/** The longest that a request waits for the broker: the AWS SDKs give up a container endpoint after seconds too. */
export const patience = Duration.seconds(5)

/** Bounds of what a child can make the endpoint hold: milliseconds, bytes and connections. */
const limits = {
  headersTimeout: 2_000,
  requestTimeout: 4_000,
  keepAliveTimeout: 2_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024
} as const
const maxHeaders = 64
const maxConnections = 64
const secretLength = 32

/** Serves until the scope closes. */
export const serve = Effect.fn("LoopbackEndpoint.serve")(function* (
  options: Options
): Effect.fn.Return<LoopbackEndpoint, DeliveryError, Scope.Scope | SecureRandom.SecureRandom> {
  const random = yield* SecureRandom.SecureRandom
  const authorization = `Bearer ${Base64Url.encode(yield* random.randomBytes(secretLength))}`
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const server = yield* listen
  const host = `127.0.0.1:${port(server)}`
  const baseUrl = `http://${host}`
  const documents = new Map(Object.entries(options.documents?.(baseUrl) ?? {}))

  const answer = (request: LoopbackRequest.Request): Effect.Effect<Reply> => {
    const path = request.url ?? ""
    const refuse = path === awsPath ? refuseToAws : refuseToOthers
    const refused = LoopbackRequest.refusal(request, host)
    if (refused !== undefined) return Effect.succeed(refuse(refused))
    const document = documents.get(path)
    if (document !== undefined) return respond(document, refuse)
    const write = writers.get(path)
    if (write === undefined) return Effect.succeed(refuse(notFound))
    if (!LoopbackRequest.isAuthorized(request, authorization)) {
      return Effect.succeed(refuse(LoopbackRequest.unauthorized))
    }
    return respond(
      Effect.flatMap(options.lease.current, (credentials) => body(credentials, write)),
      refuse
    )
  }

  server.on("request", (request, response) => {
    // A child that hangs up interrupts nothing: another of its requests may share the same question to the broker.
    run(Effect.map(answer(request), (reply) => send(response, reply)))
  })

  return {
    baseUrl,
    authorization: Redacted.make(authorization, { label: "loopback authorization" }),
    environment:
      options.provider === "aws"
        ? {
            [Variables.awsContainerUri]: `${baseUrl}${awsPath}`,
            [Variables.awsContainerAuthorization]: authorization
          }
        : {
            [Variables.tokenUrl]: `${baseUrl}${tokenPath}`,
            [Variables.tokenAuthorization]: authorization,
            ...(documents.has(jwksPath) ? { [Variables.jwksUrl]: `${baseUrl}${jwksPath}` } : {})
          }
  }
})

const writers = new Map([
  [tokenPath, CredentialProcess.token],
  [awsPath, AwsDocument.container]
])

interface Reply {
  readonly status: number
  readonly body: string
}

const notFound: LoopbackRequest.Refusal = {
  status: 404,
  code: "not_found",
  message: `there is nothing here; credentials are at ${tokenPath} and ${awsPath}`
}

type Refuse = (refusal: LoopbackRequest.Refusal) => Reply

const refuseToOthers: Refuse = ({ status, code, message }) => ({ status, body: JSON.stringify({ code, message }) })

// The SDKs show `Message` of a 4xx, and of nothing else.
const refuseToAws: Refuse = ({ status, code, message }) => ({
  status,
  body: JSON.stringify({ Code: code, Message: message })
})

const body = (
  { expires, provider, secret }: Credentials.Credentials,
  write: typeof CredentialProcess.document
): Effect.Effect<string, DeliveryError> => {
  const document = write({ provider, expires, secret: Redacted.value(secret) })
  return document === undefined
    ? Effect.fail(new DeliveryError({ reason: new NotDeliverable({ provider }) }))
    : Effect.succeed(document)
}

const respond = (document: Effect.Effect<string, DeliveryError>, refuse: Refuse): Effect.Effect<Reply> =>
  document.pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(new DeliveryError({ reason: new Unavailable({ detail: "the broker took too long to answer" }) }))
    }),
    Effect.match({ onSuccess: (text) => ({ status: 200, body: text }), onFailure: (error) => refuse(explain(error)) }),
    // A defect says nothing to the child: its text is not meant for anyone but us.
    Effect.catchCause(() => Effect.succeed(refuse(broken)))
  )

const broken: LoopbackRequest.Refusal = { status: 500, code: "internal", message: "the endpoint failed" }

const explain = ({ reason }: DeliveryError): LoopbackRequest.Refusal => {
  switch (reason._tag) {
    case "Refused":
      return { status: 403, code: reason.code, message: reason.detail }
    case "NotDeliverable":
      return { status: 404, code: "not_deliverable", message: reason.message }
    default:
      return { status: 503, code: "unavailable", message: reason.message }
  }
}

const send = (response: Http.ServerResponse, reply: Reply): void => {
  response.writeHead(reply.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(reply.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(reply.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(reply.status === 405 ? { allow: "GET" } : {})
  })
  response.end(reply.body)
}

const listen: Effect.Effect<Http.Server, DeliveryError, Scope.Scope> = Effect.acquireRelease(
  Effect.callback<Http.Server, DeliveryError>((resume) => {
    const server = Http.createServer(limits)
    server.maxHeadersCount = maxHeaders
    server.maxConnections = maxConnections
    server.on("error", () => resume(Effect.fail(new DeliveryError({ reason: new NoPort() }))))
    // The literal address: a name might resolve to another interface, and no host at all means every interface.
    server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
)

// `address()` is text only for a pipe and null only before listening, and this server listens on a port.
const port = (server: Http.Server): number => (server.address() as AddressInfo).port
