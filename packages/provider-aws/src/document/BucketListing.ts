/**
 * Listing in S3 is a right on the bucket, narrowed by a prefix: an authority to list `bucket/prefix/*` becomes one to list
 * the bucket where `s3:prefix` is `prefix/*`.
 *
 * Without a prefix in the request only a statement that names the bucket itself allows a listing.
 */
import * as Glob from "@bailiwick/core/policy/Glob"
import * as Name from "@bailiwick/core/policy/Name"
import type { IamStatement } from "./IamStatement.ts"

/** The actions whose requests carry `s3:prefix`. */
const actions = ["s3:ListBucket", "s3:ListBucketVersions"]

// A grant says its bucket literally; one of buckets with wildcards and keys lists nothing, which is never wider.
const object = /^(arn:[^:*?]+:s3:::[^/*?]+)\/(.+)$/u

const listed = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  actions.filter((action) => patterns.some((pattern) => includes(Name.fold(pattern), Name.fold(action))))

const includes = (outer: string, inner: string): boolean => Glob.includes(Glob.compile(outer), Glob.compile(inner))

/**
 * What a statement speaks of: its resources, and what lies beneath them where it lists buckets. A bucket and a prefix of
 * it are two names that never overlap as text, and yet decide about one listing.
 */
export const scope = (of: Pick<IamStatement, "actions" | "resources">): ReadonlyArray<string> =>
  listed(of.actions).length === 0
    ? of.resources
    : of.resources.flatMap((text) => (/^arn:[^:]*:s3:/u.test(text) ? [text, `${text}/*`] : [text]))

/** Wildcards in the names of denied buckets, each of which is one more way to part such a name from its keys. */
const maximumWildcards = 256

/** Whether denials have more of them than are looked at: of 32 KiB they would be thousands, and none of it would fit. */
export const isBoundless = (denials: ReadonlyArray<Pick<IamStatement, "actions" | "resources">>): boolean => {
  const names = denials
    .filter(({ actions }) => listed(actions).length > 0)
    .flatMap(({ resources }) => resources.map((text) => /^arn:[^:]*:s3:[^/]*/u.exec(text)?.[0] ?? ""))
  return names.join("").replaceAll(/[^*?]/gu, "").length > maximumWildcards
}

interface Part {
  readonly bucket: string
  readonly key: string
}

const literalPart = (resource: string): ReadonlyArray<Part> => {
  const [, bucket, key] = object.exec(resource) ?? []
  return bucket === undefined || key === undefined ? [] : [{ bucket, key }]
}

/**
 * All the ways in which a pattern parts into a bucket and its keys: at its first slash, and at every wildcard before that,
 * which may stand for the slash itself.
 */
const everyPart = (resource: string): ReadonlyArray<Part> => {
  const [, lead = "", name = ""] = /^(arn:[^:*?]+:s3:(?:\*?:){2})(.+)$/u.exec(resource) ?? []
  const parts: Array<Part> = []
  for (let index = 0; index < name.length && name[index - 1] !== "/"; index++) {
    const symbol = name[index] ?? ""
    if (!"*?/".includes(symbol)) continue
    const isRun = symbol === "*"
    parts.push({ bucket: lead + name.slice(0, isRun ? index + 1 : index), key: name.slice(isRun ? index : index + 1) })
  }
  return parts.filter(({ bucket, key }) => bucket !== lead && key !== "")
}

const prefixes = ({ effect, resources }: IamStatement): ReadonlyMap<string, ReadonlyArray<string>> => {
  const buckets = new Map<string, ReadonlyArray<string>>()
  const patterns = resources.map(Glob.compile)
  for (const { bucket, key } of resources.flatMap(effect === "Deny" ? everyPart : literalPart)) {
    const name = Glob.compile(bucket)
    if (patterns.some((pattern) => Glob.includes(pattern, name))) continue
    buckets.set(bucket, [...new Set([...(buckets.get(bucket) ?? []), key])])
  }
  return buckets
}

/** The listings beneath prefixes that a statement speaks of, one statement a bucket; they stand beside the statement. */
export const beneath = (statement: IamStatement): ReadonlyArray<IamStatement> => {
  const names = listed(statement.actions)
  if (names.length === 0) return []
  return [...prefixes(statement)].map(([bucket, keys]) => ({
    ...statement,
    actions: names,
    resources: [bucket],
    // Never `…IfExists`: a request without a prefix is one for the bucket itself, on which other statements decide.
    condition: { ...statement.condition, StringLike: { "s3:prefix": keys } }
  }))
}

/** The statement without listings of objects, which no request ever asks for; undefined if nothing is left. */
export const withoutObjects = (statement: IamStatement): IamStatement | undefined => {
  if (!statement.resources.every((resource) => object.test(resource))) return statement
  const left = statement.actions.filter((action) => !actions.some((name) => Name.fold(name) === Name.fold(action)))
  return left.length === 0 ? undefined : { ...statement, actions: left }
}

/** Whether a grant lets a bucket of this listing be listed at all. */
export const isReached = (listing: IamStatement, grants: ReadonlyArray<IamStatement>): boolean =>
  listing.resources.some((bucket) =>
    grants.some(
      ({ actions, resources }) => listed(actions).length > 0 && resources.some((pattern) => meet(pattern, bucket))
    )
  )

const meet = (left: string, right: string): boolean => Glob.mayOverlap(Glob.compile(left), Glob.compile(right))
