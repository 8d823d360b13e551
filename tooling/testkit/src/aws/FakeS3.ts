/** S3 of a fake AWS: objects by path-style addresses, and listings. */
import { authorise, type Caller, contextOf, Refused, type World } from "./FakeWorld.ts"
import type { SignedRequest } from "./SigV4.ts"

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

const xml = (text: string): Answer => ({ status: 200, type: "application/xml", body: Buffer.from(text) })

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const actions: Readonly<Record<string, string>> = {
  GET: "s3:GetObject",
  HEAD: "s3:GetObject",
  PUT: "s3:PutObject",
  DELETE: "s3:DeleteObject"
}

/** What a request asks for, as IAM names it. */
export const asked = ({ method, url }: SignedRequest) => {
  const { pathname, searchParams } = new URL(url, "http://s3")
  const [, bucket = "", ...rest] = pathname.split("/").map(decodeURIComponent)
  const key = rest.join("/")
  return key === ""
    ? { bucket, key, action: method === "GET" ? "s3:ListBucket" : `s3:${method}`, query: searchParams }
    : { bucket, key, action: actions[method] ?? `s3:${method}`, query: searchParams }
}

export const answer = (world: World, request: SignedRequest, caller: Caller): Answer => {
  const { action, bucket, key, query } = asked(request)
  const prefix = query.get("prefix")
  const resource = key === "" ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`
  authorise(caller, action, resource, {
    ...contextOf(caller, world.now()),
    ...(prefix === null ? {} : { "s3:prefix": prefix })
  })
  const objects = world.buckets.get(bucket)
  if (objects === undefined) throw new Refused(404, "NoSuchBucket", "The specified bucket does not exist")
  switch (action) {
    case "s3:ListBucket": {
      const keys = [...objects.keys()].filter((name) => name.startsWith(prefix ?? "")).toSorted()
      const contents = keys.map((name) => `<Contents><Key>${escape(name)}</Key></Contents>`).join("")
      return xml(
        `<ListBucketResult><Name>${bucket}</Name><KeyCount>${keys.length}</KeyCount>${contents}</ListBucketResult>`
      )
    }
    case "s3:PutObject":
      objects.set(key, request.body)
      return xml("")
    case "s3:DeleteObject":
      objects.delete(key)
      return { ...xml(""), status: 204 }
    default: {
      const body = objects.get(key)
      if (body === undefined) throw new Refused(404, "NoSuchKey", "The specified key does not exist.")
      return { status: 200, type: "application/octet-stream", body }
    }
  }
}
