/** A provider that is logged in to the real gateway, and what it needs there. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { AwsProvider } from "@bailiwick/provider-aws/AwsProvider"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import type * as CephGateway from "@bailiwick/testkit/aws/CephGateway"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
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

const request = (gateway: CephGateway.Gateway, changes: Record<string, unknown> = {}) => {
  const target = World.targetOf(gateway, { service_endpoint: gateway.url })
  return World.request(gateway, { target: { ...target, principal: gateway.role, region: "us-east-1" }, ...changes })
}

export const issue = Effect.fnUntraced(function* (
  gateway: CephGateway.Gateway,
  changes: Record<string, unknown> = {},
  key: CephGateway.Key = gateway.broker
) {
  const asked = yield* request(gateway, changes)
  return yield* AwsProvider.use((provider) => Effect.flatMap(provider.plan(asked), provider.issue)).pipe(
    Effect.provide(providerOf(key))
  )
})

/** The gateway's answers hold too little for names: 403 is refused, everything else is not. */
export const isRefused = (outcome: string): boolean => ["403", "AccessDenied", "Forbidden"].includes(outcome)
