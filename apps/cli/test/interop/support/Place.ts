/** A project whose target is the real gateway, an agent of it, and a bucket in which only the owner wrote. */
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import type * as CephGateway from "@bailiwick/testkit/aws/CephGateway"
import * as World from "../../whole/support/World.ts"

type Variables = Readonly<Record<string, string>>

export const bucket = "whole"

const objects = ["team/a.txt", "teams/a.txt"]

export interface Place {
  readonly world: World.World
  /** The broker's own login, and nothing of an agent. */
  readonly login: Variables
  /** A session of the agent's that may read the team's objects and nothing else, beside the broker's login. */
  agent(): Promise<Variables>
  /** What an object holds, for its owner. */
  holds(key: string): Promise<string>
}

export const read = ["--on", "cloud", "--allow", "s3:GetObject", "--resource", `s3://${bucket}/team/*`]

const record = (url: string, principal: string) => `name = "acme"

[targets.dev]
provider = "oidc"
principal = "urn:acme:api"

[targets.cloud]
provider = "aws"
principal = "${principal}"
region = "us-east-1"
endpoint = "${url}"
[targets.cloud.settings]
service_endpoint = "${url}"

[[ceiling.statements]]
provider = "oidc"
actions = ["*"]
resources = ["*"]

[[ceiling.statements]]
provider = "aws"
actions = ["*"]
resources = ["*"]
`

/** A project with a target at this place, where the role may be assumed with this key. */
export const project = async (url: string, principal: string, broker: CephGateway.Key) => {
  const world = await World.found()
  world.file("bailiwick.toml", record(url, principal))
  await world.must(["project", "apply", ...world.signed])
  const login = {
    AWS_ACCESS_KEY_ID: broker.accessKeyId,
    AWS_SECRET_ACCESS_KEY: broker.secretAccessKey,
    AWS_REGION: "us-east-1"
  }
  const agent = async () => {
    const token = await world.must(["delegate", "claude", "--bearer", ...read, ...world.signed])
    return { ...login, BAILIWICK_SESSION: await world.redeem(token) }
  }
  return { world, login, agent }
}

export const make = async ({ broker, owner, role, url }: CephGateway.Gateway): Promise<Place> => {
  const client = new S3Client({ endpoint: url, region: "us-east-1", forcePathStyle: true, credentials: owner })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  for (const Key of objects) await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `of ${Key}` }))
  const holds = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    return (await Body?.transformToString()) ?? ""
  }
  return { ...(await project(url, role, broker)), holds }
}
