/** A fake AWS with a bucket and a role, a provider that is logged in to it, and what its sessions can do there. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} from "@aws-sdk/client-s3"
import * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import type { Credentials } from "@bailiwick/core/Credentials"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { AwsProvider } from "@bailiwick/provider-aws/AwsProvider"
import * as SourceCredentials from "@bailiwick/provider-aws/SourceCredentials"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { parsed } from "./Policies.ts"

export const roleArn = "arn:aws:iam::111122223333:role/agent"

export const world = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent", id: "AROAAGENT" })
  aws.put("acme", "team/x", "hello")
  aws.put("acme", "other/x", "secret")
  return aws
})

export const identityOf = (key: FakeAws.Key & { readonly expiration?: Date }): SourceCredentials.Identity => ({
  accessKeyId: key.accessKeyId,
  secretAccessKey: Redacted.make(key.secretAccessKey),
  ...(key.sessionToken === undefined ? {} : { sessionToken: Redacted.make(key.sessionToken) }),
  ...(key.expiration === undefined
    ? {}
    : { expiration: UnixTime.UnixTime.make(Math.floor(key.expiration.getTime() / 1000)) })
})

type Settings = Readonly<Record<string, string>>

export const targetOf = (aws: Pick<FakeAws.FakeAws, "url">, settings: Settings = {}) => ({
  provider: "aws" as const,
  principal: roleArn,
  region: "eu-west-1",
  endpoint: aws.url,
  ...(Object.keys(settings).length === 0 ? {} : { settings })
})

interface Options {
  readonly key?: FakeAws.Key & { readonly expiration?: Date }
  readonly settings?: Settings
  /** For revocations; the target of the same settings if not said. */
  readonly target?: Option.Option<ReturnType<typeof targetOf>>
  readonly profiles?: Readonly<Record<string, Policy.Policy>>
}

/** The provider, as one process of a broker has it. */
export const provider = (aws: FakeAws.FakeAws, options: Options = {}) => {
  const target = options.target ?? Option.some(targetOf(aws, options.settings))
  const layer = AwsProvider.layer({
    target: () => Effect.succeed(target),
    profiles: Effect.succeed(options.profiles ?? {})
  }).pipe(Layer.provide(SourceCredentials.SourceCredentials.layerFixed(identityOf(options.key ?? aws.broker))))
  return Effect.map(Layer.build(layer), (context) => {
    const [built] = [...context.mapUnsafe.values()]
    return built as AwsProvider["Service"] // the layer builds this one service
  })
}

export const id = "01980000-0000-7000-8000-000000000001"

/** A good request for reading the team's objects, but for what a test changes. */
export const request = (
  aws: Pick<FakeAws.FakeAws, "url">,
  { settings, ...changes }: Record<string, unknown> & { readonly settings?: Settings } = {}
) =>
  Effect.map(UnixTime.now, (now) => {
    const fields = {
      session: id,
      project: "acme",
      alias: "dev",
      target: targetOf(aws, settings),
      policy: parsed("s3:GetObject", "s3://acme/team/*"),
      ttl: 900,
      not_after: now + 7200,
      tags: {},
      human: "you@example.com",
      agent: "ai:claude@acme",
      auth_session: "0123456789abcdef01234567",
      leaf: "C".repeat(42) + "A",
      isolation: "same-user",
      ...changes
    }
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    return Schema.decodeUnknownSync(CredentialRequest.CredentialRequest)(Object.fromEntries(given))
  })

/** The record that a broker keeps of what was issued. */
export const sessionOf = (
  asked: CredentialRequest.CredentialRequest,
  plan: { readonly report: CredentialSession.CredentialSession["enforcement"] },
  credentials: Credentials
): CredentialSession.CredentialSession =>
  Schema.decodeUnknownSync(CredentialSession.CredentialSession)({
    id: asked.session,
    created_at: 0,
    expires_at: credentials.expires,
    ttl_seconds: asked.ttl,
    status: "active",
    provider: "aws",
    role_arn: asked.target.principal,
    policy: asked.policy,
    tags: {},
    command: [],
    project_id: asked.project,
    human: asked.human,
    delegation_id: "C".repeat(42) + "A",
    auth_session_id: asked.auth_session,
    target: asked.alias,
    enforcement: plan.report,
    isolation: "same-user",
    reuse: "C".repeat(42) + "A",
    issue_count: 1
  })

export const secretOf = ({ secret }: Credentials) => Redacted.value(secret)

/** What S3 says to these credentials: `done`, or the code of the refusal. */
export const uses = (server: { readonly url: string }, credentials: Credentials, bucket = "acme") => {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = secretOf(credentials)
  return usesKey(
    server,
    { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    bucket
  )
}

/** The same of a key that somebody else opened. */
export const usesKey = (server: { readonly url: string }, credentials: FakeAws.Key, bucket = "acme") => {
  const client = new S3Client({
    endpoint: server.url,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 2,
    credentials
  })
  const outcome = (run: () => Promise<unknown>) =>
    Effect.promise(() =>
      run().then(
        () => "done",
        (error: unknown) => String(Object(error).name)
      )
    )
  const at = (Key: string) => ({ Bucket: bucket, Key })
  return {
    get: (key: string) => outcome(() => client.send(new GetObjectCommand(at(key)))),
    put: (key: string) => outcome(() => client.send(new PutObjectCommand({ ...at(key), Body: "new" }))),
    delete: (key: string) => outcome(() => client.send(new DeleteObjectCommand(at(key)))),
    list: (prefix: string) => outcome(() => client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })))
  }
}

/** Where something answers in the place of STS, and drops the header `Date`. */
export const dateless = Effect.map(
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((_, response) => {
        response.sendDate = false
        const arn = "<Arn>arn:aws:iam::111122223333:user/broker</Arn>"
        response.end(`<GetCallerIdentityResponse>${arn}</GetCallerIdentityResponse>`)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server that listens has no other address
)
