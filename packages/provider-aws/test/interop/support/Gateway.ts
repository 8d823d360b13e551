/** A provider that is logged in to the real gateway, and what it needs there. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { AwsProvider } from "@bailiwick/provider-aws/AwsProvider"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import type * as CephGateway from "@bailiwick/testkit/aws/CephGateway"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { parsed } from "../../support/Policies.ts"
import * as World from "../../support/World.ts"

export const objects = ["team/a.txt", "team/b.txt", "other/a.txt", "x"] as const

/** A bucket whose objects the owner wrote. */
export const bucket = async ({ owner, url }: CephGateway.Gateway, name: string): Promise<void> => {
  const client = new S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, credentials: owner })
  await client.send(new CreateBucketCommand({ Bucket: name }))
  for (const Key of objects) await client.send(new PutObjectCommand({ Bucket: name, Key, Body: `of ${Key}` }))
}

export const providerOf = (key: CephGateway.Key) =>
  AwsProvider.layer({ target: () => Effect.succeed(Option.none()), profiles: Effect.succeed({}) }).pipe(
    Layer.provide(SourceCredentials.layerFixed(World.identityOf(key)))
  )

const request = (gateway: CephGateway.Gateway, changes: object = {}) =>
  Effect.map(UnixTime.now, (now) =>
    Schema.decodeUnknownSync(CredentialRequest.CredentialRequest)({
      session: World.id,
      project: "acme",
      alias: "dev",
      target: {
        provider: "aws",
        principal: gateway.role,
        region: "us-east-1",
        endpoint: gateway.url,
        settings: { service_endpoint: gateway.url }
      },
      policy: parsed("s3:GetObject", "s3://acme/team/*"),
      ttl: 900,
      not_after: now + 7200,
      tags: {},
      human: "you@example.com",
      agent: "ai:claude@acme",
      auth_session: "0123456789abcdef01234567",
      leaf: `${"C".repeat(42)}A`,
      isolation: "same-user",
      ...changes
    })
  )

export const issue = Effect.fnUntraced(function* (
  gateway: CephGateway.Gateway,
  changes: object = {},
  key: CephGateway.Key = gateway.broker
) {
  const asked = yield* request(gateway, changes)
  return yield* AwsProvider.use((provider) => Effect.flatMap(provider.plan(asked), provider.issue)).pipe(
    Effect.provide(providerOf(key))
  )
})

/** The gateway's answers hold too little for names: 403 is refused, everything else is not. */
export const isRefused = (outcome: string): boolean => ["403", "AccessDenied", "Forbidden"].includes(outcome)
