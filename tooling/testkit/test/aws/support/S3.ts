/** What a key can do in the bucket of a fake AWS, with the real SDK. */
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} from "@aws-sdk/client-s3"
import type * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"

const Bucket = "acme"

/** What it read, `done`, or the name of the refusal. */
type Outcome = Effect.Effect<string>

const outcome =
  (act: (client: S3Client) => Promise<string>) =>
  (aws: FakeAws.FakeAws, credentials: FakeAws.Key): Outcome =>
    Effect.promise(async () => {
      const client = new S3Client({
        endpoint: aws.url,
        region: "us-east-1",
        forcePathStyle: true,
        maxAttempts: 1,
        // The time of this AWS, whatever the machine's.
        systemClockOffset: aws.world.now() - Date.now(),
        credentials
      })
      try {
        return await act(client)
      } catch (error) {
        const { $metadata, name } = Object(error)
        // An answer without a body has no name.
        return String(name === "Unknown" ? $metadata.httpStatusCode : name)
      }
    })

export const get = (aws: FakeAws.FakeAws, key: FakeAws.Key, Key: string): Outcome =>
  outcome(async (client) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    return (await Body?.transformToString()) ?? ""
  })(aws, key)

export const head = (aws: FakeAws.FakeAws, key: FakeAws.Key, Key: string): Outcome =>
  outcome(async (client) => {
    const { ContentLength, LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key }))
    return LastModified === undefined ? "no time" : `${ContentLength} bytes`
  })(aws, key)

export const put = (aws: FakeAws.FakeAws, key: FakeAws.Key, Key: string): Outcome =>
  outcome(async (client) => {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "new" }))
    return "done"
  })(aws, key)

export const remove = (aws: FakeAws.FakeAws, key: FakeAws.Key, Key: string): Outcome =>
  outcome(async (client) => {
    await client.send(new DeleteObjectCommand({ Bucket, Key }))
    return "done"
  })(aws, key)

/** The objects that went, and behind `!` those that were refused. */
export const removeMany = (aws: FakeAws.FakeAws, key: FakeAws.Key, keys: ReadonlyArray<string>): Outcome =>
  outcome(async (client) => {
    const Delete = { Objects: keys.map((Key) => ({ Key })) }
    const { Deleted = [], Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete }))
    return [...Deleted.map(({ Key }) => Key), ...Errors.map(({ Code, Key }) => `!${Key} ${Code}`)].join(", ")
  })(aws, key)

/** The objects and folders. */
export const list = (aws: FakeAws.FakeAws, key: FakeAws.Key, Prefix: string, Delimiter?: string): Outcome =>
  outcome(async (client) => {
    const asked = { Bucket, Prefix, ...(Delimiter === undefined ? {} : { Delimiter }) }
    const { CommonPrefixes = [], Contents = [] } = await client.send(new ListObjectsV2Command(asked))
    return [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map((folder) => folder.Prefix)].join(", ")
  })(aws, key)
