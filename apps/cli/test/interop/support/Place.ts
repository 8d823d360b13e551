/** A project whose target is the real gateway, an agent of it, and a bucket in which only the owner wrote. */
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import type * as CephGateway from "@bailiwick/testkit/aws/CephGateway"
import * as AwsWorld from "../../whole/support/AwsWorld.ts"
import * as RecordText from "../../whole/support/RecordText.ts"
import * as World from "../../whole/support/World.ts"

export const bucket = "whole"
const region = "us-east-1"

const objects = ["team/a.txt", "teams/a.txt"]

export interface Place {
  readonly world: World.World
  /** A session of the agent's that may read the team's objects and nothing else, beside the broker's login. */
  agent(): Promise<AwsWorld.Variables>
  /** What an object holds, for its owner. */
  holds(key: string): Promise<string>
}

export const read = ["--on", "cloud", "--allow", "s3:GetObject", "--resource", `s3://${bucket}/team/*`]

export const make = async ({ broker, owner, role, url }: CephGateway.Gateway): Promise<Place> => {
  const client = new S3Client({ endpoint: url, region, forcePathStyle: true, credentials: owner })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  for (const Key of objects) await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `of ${Key}` }))
  const holds = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    return (await Body?.transformToString()) ?? ""
  }
  const world = await World.found()
  await world.apply({ targets: { dev: RecordText.oidc(), cloud: { ...RecordText.aws(role, url), region } } })
  const agent = async () => ({
    ...AwsWorld.keyOf(broker),
    AWS_REGION: region,
    BAILIWICK_SESSION: await world.session("claude", read)
  })
  return { world, agent, holds }
}
