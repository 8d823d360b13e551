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

// Only a bucket that stands literally can be told from the key behind it.
const object = /^(arn:[^:*?]+:s3:::[^/*?]+)\/(.+)$/u

const listed = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  actions.filter((action) => patterns.some((pattern) => matches(Name.fold(pattern), Name.fold(action))))

const matches = (pattern: string, text: string): boolean => Glob.includes(Glob.compile(pattern), Glob.literal(text))

const prefixes = (resources: ReadonlyArray<string>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const buckets = new Map<string, ReadonlyArray<string>>()
  for (const resource of resources) {
    const [, bucket, key] = object.exec(resource) ?? []
    if (bucket === undefined || key === undefined) continue
    if (resources.some((pattern) => matches(pattern, bucket))) continue
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), key])
  }
  return buckets
}

/** The listings beneath prefixes that a statement speaks of, one statement a bucket; they stand beside the statement. */
export const beneath = (statement: IamStatement): ReadonlyArray<IamStatement> => {
  const names = listed(statement.actions)
  if (names.length === 0) return []
  return [...prefixes(statement.resources)].map(([bucket, keys]) => ({
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

/** Whether a grant lets the bucket of this listing be listed at all. */
export const isReached = (listing: IamStatement, grants: ReadonlyArray<IamStatement>): boolean =>
  listing.resources.some((bucket) =>
    grants.some(
      ({ actions, resources }) => listed(actions).length > 0 && resources.some((pattern) => matches(pattern, bucket))
    )
  )
