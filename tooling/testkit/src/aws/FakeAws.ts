/**
 * A small AWS in this process: STS, IAM and S3 on one loopback port, with verified signatures and decisions made by the
 * evaluator, so that tests observe what a session policy stops.
 *
 * @example
 * ```ts
 * const aws = yield* FakeAws.make()
 * aws.put("acme", "team/x", "hello")
 * const client = new S3Client({ endpoint: aws.url, region: "us-east-1", forcePathStyle: true, credentials })
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import * as FakeIam from "./FakeIam.ts"
import * as FakeS3 from "./FakeS3.ts"
import * as FakeSts from "./FakeSts.ts"
import { account, type Caller, type Call, id, Refused, type Role, secret, type World } from "./FakeWorld.ts"
import * as IamEvaluator from "./IamEvaluator.ts"
import * as SigV4 from "./SigV4.ts"

export interface Fault {
  readonly status: number
  readonly code: string
  readonly message?: string
  /** How many calls meet it; one if not said. */
  readonly times?: number
}

export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface FakeAws {
  readonly url: string
  /** The broker's own long-lived key, of a user who may assume roles and write their inline policies. */
  readonly broker: Key
  /** A key of a user that no role trusts. */
  readonly stranger: Key
  /** A key of a session of the named role, without any session policy: what a person's login gives, for so many seconds. */
  login(role: string, seconds?: number): Key & { readonly expiration: Date }
  readonly world: World
  readonly calls: ReadonlyArray<Call>
  role(fields: Partial<Omit<Role, "policy" | "inline">> & { readonly name: string; readonly policy?: string }): string
  user(policy: string): Key
  /** A managed policy by its name, or by its ARN where it is one of AWS's own; its ARN. */
  managed(name: string, policy: string): string
  put(bucket: string, key: string, body: string): void
  /** The next calls of this action are refused so. */
  fail(action: string, fault: Fault): void
  /** Percent of the packed space that the next sessions' policies and tags take, computed again for undefined. */
  packs(percent: number | undefined): void
  /** Seconds by which this AWS is ahead of the machine. */
  ahead(seconds: number): void
}

export const everything = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

const start = (): FakeAws & {
  readonly handle: (request: SigV4.SignedRequest) => FakeS3.Answer
  listen(url: string): void
} => {
  let url = ""
  let ahead = 0
  const faults = new Map<string, Array<Fault>>()
  const world: World = {
    callers: new Map(),
    roles: new Map(),
    managed: new Map(),
    buckets: new Map(),
    calls: [],
    now: () => Date.now() + ahead * 1000,
    scoped: true,
    generous: 0
  }

  const user = (policy: string): Caller => {
    const document = IamEvaluator.parse(policy)
    const caller: Caller = {
      accessKeyId: id("AKIA"),
      secret: secret(),
      arn: `arn:aws:iam::${account}:user/${id("u")}`,
      userId: id("AIDA"),
      identity: () => [document]
    }
    world.callers.set(caller.accessKeyId, caller)
    return caller
  }
  const keyOf = ({ accessKeyId, secret: secretAccessKey, session }: Caller): Key => ({
    accessKeyId,
    secretAccessKey,
    ...(session === undefined ? {} : { sessionToken: session.token })
  })
  const broker = user(everything)

  /** The caller behind a signature, or the refusal that the service would give. */
  const authenticate = (request: SigV4.SignedRequest): { readonly caller: Caller; readonly service: string } => {
    const claimed = SigV4.claimed(request)
    if (claimed === undefined) throw new Refused(403, "MissingAuthenticationToken", "Request is missing a signature")
    const caller = world.callers.get(claimed.accessKeyId)
    const isS3 = claimed.service === "s3"
    if (caller === undefined) {
      throw new Refused(403, isS3 ? "InvalidAccessKeyId" : "InvalidClientTokenId", "The security token is invalid.")
    }
    if (!SigV4.isSignedBy(request, caller.secret)) {
      throw new Refused(403, "SignatureDoesNotMatch", "The request signature does not match.")
    }
    if (!SigV4.hasItsBody(request)) {
      const code = isS3 ? "XAmzContentSHA256Mismatch" : "SignatureDoesNotMatch"
      throw new Refused(isS3 ? 400 : 403, code, "The body is not the one that was signed.")
    }
    if (Math.abs(claimed.signed - world.now()) > 15 * 60 * 1000) {
      throw new Refused(403, isS3 ? "RequestTimeTooSkewed" : "SignatureDoesNotMatch", "Signature expired")
    }
    if ((request.headers["x-amz-security-token"] ?? undefined) !== caller.session?.token) {
      throw new Refused(403, isS3 ? "InvalidToken" : "InvalidClientTokenId", "The security token is invalid.")
    }
    if (caller.session !== undefined && caller.session.expires <= world.now()) {
      throw new Refused(403, "ExpiredToken", "The security token included in the request is expired")
    }
    return { caller, service: claimed.service }
  }

  const failing = (action: string): void => {
    const queue = faults.get(action)
    const fault = queue?.[0]
    if (queue === undefined || fault === undefined) return
    if ((fault.times ?? 1) > 1) queue[0] = { ...fault, times: (fault.times ?? 1) - 1 }
    else queue.shift()
    throw new Refused(fault.status, fault.code, fault.message ?? "as the test asked")
  }

  const handle = (request: SigV4.SignedRequest): FakeS3.Answer => {
    const { caller, service } = authenticate(request)
    const parameters = new Map(new URLSearchParams(service === "s3" ? "" : request.body.toString()))
    const action = service === "s3" ? FakeS3.asked(request).action : (parameters.get("Action") ?? "")
    world.calls.push({ service, action, parameters, by: caller.arn })
    failing(action)
    if (service === "s3") return FakeS3.answer(world, request, caller)
    if (service !== "sts" && service !== "iam") throw new Refused(404, "UnknownService", service)
    const text =
      service === "sts"
        ? FakeSts.answer(world, action, parameters, caller, request.headers.host)
        : FakeIam.answer(world, action, parameters, caller)
    return { status: 200, type: "text/xml", body: Buffer.from(text) }
  }

  return {
    get url() {
      return url
    },
    listen: (address) => {
      url = address
    },
    handle,
    world,
    calls: world.calls,
    broker: keyOf(broker),
    stranger: keyOf(user(everything)),
    user: (policy) => keyOf(user(policy)),
    login: (name, seconds = 3600) => {
      const role = [...world.roles.values()].find((each) => each.name === name)
      if (role === undefined) throw new Error(`no role ${name}`)
      const parameters = new Map([
        ["RoleArn", role.arn],
        ["RoleSessionName", "you@example.com"]
      ])
      FakeSts.answer(
        { ...world, roles: new Map([[role.arn, { ...role, trusted: [broker.arn] }]]) },
        "AssumeRole",
        parameters,
        broker
      )
      const opened = [...world.callers.values()].at(-1)
      if (opened?.session === undefined) throw new Error("AssumeRole opened no session")
      // By AssumeRole it would be 15 minutes at least; logins are of any age.
      const expires = world.now() + seconds * 1000
      world.callers.set(opened.accessKeyId, { ...opened, session: { ...opened.session, expires } })
      return { ...keyOf(opened), expiration: new Date(expires) }
    },
    role: ({ name, policy, ...fields }) => {
      const role: Role = {
        name,
        arn: `arn:aws:iam::${account}:role/${name}`,
        id: id("AROA"),
        trusted: [broker.arn],
        allowsTags: true,
        allowsSourceIdentity: true,
        maximum: 43_200,
        inline: new Map(),
        ...fields,
        policy: IamEvaluator.parse(policy ?? everything)
      }
      world.roles.set(role.arn, role)
      return role.arn
    },
    managed: (name, policy) => {
      const arn = name.startsWith("arn:") ? name : `arn:aws:iam::${account}:policy/${name}`
      world.managed.set(arn, IamEvaluator.parse(policy))
      return arn
    },
    put: (bucket, key, body) => {
      const objects = world.buckets.get(bucket) ?? new Map<string, Buffer>()
      world.buckets.set(bucket, objects.set(key, Buffer.from(body)))
    },
    fail: (action, fault) => {
      faults.set(action, [...(faults.get(action) ?? []), fault])
    },
    packs: (percent) => {
      if (percent === undefined) delete world.packed
      else world.packed = percent
    },
    ahead: (seconds) => {
      ahead = seconds
    }
  }
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const refusal = (request: SigV4.SignedRequest, error: unknown): FakeS3.Answer => {
  const refused = error instanceof Refused ? error : new Refused(500, "InternalFailure", String(error))
  const body = `<Code>${refused.code}</Code><Message>${escape(refused.message)}</Message>`
  const isS3 = SigV4.claimed(request)?.service === "s3"
  const text = isS3
    ? `<Error>${body}<RequestId>1</RequestId></Error>`
    : `<ErrorResponse><Error><Type>Sender</Type>${body}</Error><RequestId>1</RequestId></ErrorResponse>`
  return { status: refused.status, type: "text/xml", body: Buffer.from(text) }
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** Serves until the scope closes. */
export const make: Effect.Effect<FakeAws, never, Scope.Scope> = Effect.suspend(() => {
  const aws = start()
  const server = createServer((message, response) => {
    void bodyOf(message).then((body) => {
      const request = { method: message.method ?? "", url: message.url ?? "/", headers: message.headers, body }
      let found: FakeS3.Answer
      try {
        found = aws.handle(request)
      } catch (error) {
        found = refusal(request, error)
      }
      response.writeHead(found.status, {
        ...found.headers,
        "content-type": found.type,
        "content-length": found.body.length,
        date: new Date(aws.world.now()).toUTCString()
      })
      response.end(message.method === "HEAD" ? undefined : found.body)
    })
  })
  const listen = Effect.callback<void>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // a TCP server that listens has no other address
      aws.listen(`http://127.0.0.1:${port}`)
      resume(Effect.void)
    })
  })
  return Effect.as(
    Effect.acquireRelease(listen, () =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
    ),
    aws
  )
})
