/** S3 of a fake AWS: objects by path-style addresses, listings, and deletions of one or many. */
import { createHash } from "node:crypto"
import { authorise, type Caller, contextOf, Refused, type World } from "./FakeWorld.ts"
import type { SignedRequest } from "./SigV4.ts"

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const xml = (text: string): Answer => ({ status: 200, type: "application/xml", body: Buffer.from(text) })

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const unescape = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&")

const ofObjects: Readonly<Record<string, string>> = {
  GET: "s3:GetObject",
  HEAD: "s3:GetObject",
  PUT: "s3:PutObject",
  DELETE: "s3:DeleteObject"
}

const ofBuckets: Readonly<Record<string, string>> = { GET: "s3:ListBucket", HEAD: "s3:ListBucket" }

/** What a request asks for, as IAM names it. */
export const asked = ({ method, url }: SignedRequest) => {
  const { pathname, searchParams: query } = new URL(url, "http://s3")
  const [, bucket = "", ...rest] = pathname.split("/").map(decodeURIComponent)
  const key = rest.join("/")
  const isMany = method === "POST" && key === "" && query.has("delete")
  const action = isMany ? "s3:DeleteObject" : (key === "" ? ofBuckets : ofObjects)[method]
  return { bucket, key, query, isMany, action: action ?? `s3:${method}` }
}

/** Objects have no time of their own here. */
const written = "2026-01-01T00:00:00.000Z"

const etag = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`

const listing = (bucket: string, objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): Answer => {
  const prefix = query.get("prefix") ?? ""
  const delimiter = query.get("delimiter") ?? ""
  const folderOf = (name: string): string | undefined => {
    const end = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
    return end < 0 ? undefined : name.slice(0, end + delimiter.length)
  }
  const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).toSorted()
  const folders = new Set(names.flatMap((name) => folderOf(name) ?? []))
  const contents = names
    .filter((name) => folderOf(name) === undefined)
    .map((name) => {
      const body = objects.get(name) ?? Buffer.alloc(0)
      const facts = `<LastModified>${written}</LastModified><ETag>${etag(body)}</ETag><Size>${body.length}</Size>`
      return `<Contents><Key>${escape(name)}</Key>${facts}</Contents>`
    })
  const common = [...folders].map((name) => `<CommonPrefixes><Prefix>${escape(name)}</Prefix></CommonPrefixes>`)
  const head = `<Name>${bucket}</Name><Prefix>${escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>`
  const count = `<KeyCount>${contents.length + common.length}</KeyCount>`
  return xml(`<ListBucketResult>${head}${count}${[...contents, ...common].join("")}</ListBucketResult>`)
}

/** The parameters that leave a request what its method says; any other makes it an operation that is not here. */
const plain = /^(?:x-id|list-type|prefix|delimiter|max-keys|encoding-type|fetch-owner|start-after|delete)$/u

/** Copies, parts and everything beside an object have actions of their own, which nothing here decides. */
const isKnown = ({ headers }: SignedRequest, query: URLSearchParams): boolean =>
  [...query.keys()].every((name) => plain.test(name)) && headers["x-amz-copy-source"] === undefined

export const answer = (world: World, request: SignedRequest, caller: Caller): Answer => {
  const { action, bucket, isMany, key, query } = asked(request)
  if (!isKnown(request, query)) throw new Refused(501, "NotImplemented", "This operation is not in the fake S3")
  const conditions = ["prefix", "delimiter", "max-keys"].flatMap((name) => {
    const value = query.get(name)
    return value === null ? [] : [[`s3:${name}`, value]]
  })
  const context = { ...contextOf(caller, world.now()), ...Object.fromEntries(conditions) }
  const authoriseOf = (what: string, name: string) => {
    const resource = name === "" ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${name}`
    authorise(caller, { action: what, resource, context }, `"${resource}"`)
  }
  const existing = (): Map<string, Buffer> => {
    const objects = world.buckets.get(bucket)
    if (objects === undefined) throw new Refused(404, "NoSuchBucket", "The specified bucket does not exist")
    return objects
  }

  /** Every object is decided for itself, and the answer says which were refused. */
  const deleteMany = (): Answer => {
    const names = [...request.body.toString().matchAll(/<Key>([^<]*)<\/Key>/gu)].map(([, name]) => unescape(name ?? ""))
    const parts = names.map((name) => {
      const named = `<Key>${escape(name)}</Key>`
      try {
        authoriseOf(action, name)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        return `<Error>${named}<Code>${error.code}</Code><Message>${escape(error.message)}</Message></Error>`
      }
      existing().delete(name)
      return `<Deleted>${named}</Deleted>`
    })
    return xml(`<DeleteResult>${parts.join("")}</DeleteResult>`)
  }

  if (isMany) return deleteMany()
  authoriseOf(action, key)
  const objects = existing()
  switch (action) {
    case "s3:ListBucket":
      return request.method === "HEAD" ? xml("") : listing(bucket, objects, query)
    case "s3:PutObject":
      objects.set(key, request.body)
      return { ...xml(""), headers: { etag: etag(request.body) } }
    case "s3:DeleteObject":
      objects.delete(key)
      return { ...xml(""), status: 204 }
    default: {
      const body = objects.get(key)
      if (body === undefined) {
        // Who may not list learns not even that there is nothing.
        authoriseOf("s3:ListBucket", "")
        throw new Refused(404, "NoSuchKey", "The specified key does not exist.")
      }
      const headers = { etag: etag(body), "last-modified": new Date(written).toUTCString() }
      return { status: 200, type: "application/octet-stream", body, headers }
    }
  }
}
