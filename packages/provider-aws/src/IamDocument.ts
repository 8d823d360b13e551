/**
 * A policy as people have it, an IAM JSON document, taken into the project's own algebra where it fits exactly.
 *
 * What the algebra cannot say as it stands is refused with the statement that says it: a policy is never taken for a
 * wider one, nor for a narrower one in silence.
 *
 * @example
 * import { IamDocument } from "@bailiwick/provider-aws"
 *
 * IamDocument.read('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}}')
 * // Result.succeed({ statements: [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme/*"] }], deny: [] })
 */
import * as Policy from "@bailiwick/core/Policy"
import { distinct } from "@bailiwick/core/UniqueList"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as BucketListing from "./document/BucketListing.ts"
import * as IamConditionText from "./document/IamConditionText.ts"
import { quote, type Refusal } from "./Refusal.ts"

const OneOrMore = Schema.Union([Schema.String, Schema.Array(Schema.String)])

const StatementText = Schema.Struct({
  Sid: Schema.optionalKey(Schema.String),
  Effect: Schema.Literals(["Allow", "Deny"]),
  Action: OneOrMore,
  Resource: OneOrMore,
  Condition: Schema.optionalKey(IamConditionText.Block)
})

const DocumentText = Schema.Struct({
  Version: Schema.optionalKey(Schema.Literals(["2012-10-17", "2008-10-17"])),
  Id: Schema.optionalKey(Schema.String),
  Statement: Schema.Union([Schema.Record(Schema.String, Schema.Unknown), Schema.Array(Schema.Unknown)])
})

const strictly = { onExcessProperty: "error" } as const
const decodeDocument = Schema.decodeUnknownResult(DocumentText, strictly)
const decodeStatement = Schema.decodeUnknownResult(StatementText, strictly)
const decodePolicy = Schema.decodeUnknownResult(Policy.Policy, strictly)

type Read<A> = Result.Result<A, Refusal>

/** Where in the document a refusal belongs; the whole for undefined. */
const refuse = (place: number | undefined, detail: string, hint: string): Read<never> =>
  Result.fail({
    reason: "PolicyRefused",
    detail: place === undefined ? `the IAM document: ${detail}` : `Statement[${place}] of the IAM document: ${detail}`,
    hint
  })

/** Whether a value calls itself an IAM document; a policy of the project's own form has neither member. */
export const isLike = (json: unknown): boolean =>
  Predicate.isObject(json) && ["Version", "Statement"].some((name) => Object.hasOwn(json, name))

/** Reads one document of at most 32 KiB. */
export const read = (text: string): Read<Policy.Policy> =>
  Result.flatMap(
    Result.mapError(StrictJson.parse(text, { maxBytes: Policy.maximumBytes }), (error) => whole(error.message)),
    fromJson
  )

/** Reads a document that a strict reader has parsed. */
export const fromJson = (json: unknown): Read<Policy.Policy> =>
  Result.gen(function* () {
    const document = yield* Result.mapError(decodeDocument(json), () =>
      whole("it is no IAM policy with Version and Statement alone")
    )
    const list = Array.isArray(document.Statement) ? document.Statement : [document.Statement]
    const reading = { variables: document.Version === "2012-10-17" }
    const taken: Array<Taken> = []
    for (const [place, statement] of list.entries()) taken.push(yield* readStatement(place, statement, reading))
    const allowed = taken.filter(({ effect }) => effect === "Allow")
    const unsaid = taken.findIndex((one) => one.effect === "Allow" && listsUnsaid(one, allowed))
    if (unsaid !== -1) return yield* refuse(unsaid, ...unsaidListing)
    const statements = allowed.flatMap(({ parts }) => parts)
    const deny = taken.filter(({ effect }) => effect === "Deny").flatMap(({ parts }) => parts)
    return yield* Result.mapError(decodePolicy({ statements: distinct(statements), deny: distinct(deny) }), () =>
      whole(statements.length === 0 ? "it allows nothing" : "it is larger than a policy may be, or holds odd text")
    )
  })

const whole = (detail: string): Refusal => ({
  reason: "PolicyRefused",
  detail: `the IAM document: ${detail}`,
  hint: 'give {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":…,"Resource":…}]}'
})

interface Reading {
  /** Whether `${…}` is a policy variable: under the older version it is plain text. */
  readonly variables: boolean
}

interface Taken {
  readonly effect: "Allow" | "Deny"
  readonly parts: ReadonlyArray<Policy.Statement>
  /** Whether it lists buckets by prefixes, which stand among the parts as keys. */
  readonly isListing: boolean
}

const unsaidListing = [
  "an action that it allows on objects would list their bucket beneath that prefix, which IAM does not",
  "name the actions on objects, such as s3:GetObject, or allow s3:ListBucket and s3:ListBucketVersions on the bucket, with s3:prefix, in a statement of its own"
] as const

/** Whether a policy lists buckets by objects of this statement where the document allows no such listing by itself. */
const listsUnsaid = ({ isListing, parts }: Taken, allowed: ReadonlyArray<Taken>): boolean => {
  if (isListing) return false
  const all = (of: boolean): Policy.Policy => ({
    statements: allowed.filter((one) => one.isListing === of).flatMap((one) => one.parts),
    deny: []
  })
  return parts.some((part) =>
    BucketListing.beneath({ ...part, effect: "Allow", condition: {} }).some(({ actions, condition, resources }) => {
      const isSaid = (names: ReadonlyArray<string>, by: Policy.Policy) =>
        Policy.isSubset({ statements: [{ ...part, actions, resources: names }], deny: [] }, by).subset
      const keys = Object.values(condition["StringLike"] ?? {}).flat()
      const prefixes = resources.flatMap((bucket) => keys.map((key) => `${bucket}/${key}`))
      return !isSaid(resources, all(false)) && !isSaid(prefixes, all(true))
    })
  )
}

const readStatement = (place: number, json: unknown, reading: Reading): Read<Taken> =>
  Result.gen(function* () {
    const negated = ["NotAction", "NotResource", "Principal", "NotPrincipal"].find(
      (name) => typeof json === "object" && json !== null && Object.hasOwn(json, name)
    )
    if (negated !== undefined) {
      return yield* refuse(place, `${negated} has no counterpart`, "say what is allowed, with Action and Resource")
    }
    const statement = yield* Result.mapError(decodeStatement(json), (): Refusal => ({
      reason: "PolicyRefused",
      detail: `Statement[${place}] of the IAM document: it is no statement of Effect, Action, Resource and Condition`,
      hint: "give Effect Allow or Deny, and texts or lists of texts for Action and Resource"
    }))
    const effect = statement.Effect
    const { conditions, prefixes } = yield* Result.mapError(
      IamConditionText.read(statement.Condition ?? {}, { effect, ...reading }),
      ({ detail, hint }): Refusal => ({
        reason: "PolicyRefused",
        detail: `Statement[${place}] of the IAM document: ${detail}`,
        hint
      })
    )
    const actions = [...new Set([statement.Action].flat())]
    const resources = [...new Set([statement.Resource].flat())]
    const variable = reading.variables ? resources.find((text) => text.includes("${")) : undefined
    if (variable !== undefined) {
      return yield* refuse(place, `${quote(variable)} holds a policy variable`, "write what the variable stands for")
    }
    const short = resources.find((text) => !/^\*+$|^arn(?::[^:]*){4}:./u.test(text))
    if (short !== undefined) {
      return yield* refuse(
        place,
        `${quote(short)} lacks fields, which IAM completes with wildcards`,
        "write * or an ARN with all six fields, such as arn:aws:s3:::bucket/*"
      )
    }
    const held = conditions === undefined ? {} : { conditions }
    if (prefixes === undefined) {
      return { effect, parts: [{ provider: "aws", actions, resources, ...held }], isListing: false }
    }
    if (!actions.every((text) => listings.has(text.toLowerCase())) || !resources.every((text) => bucket.test(text))) {
      return yield* refuse(
        place,
        "s3:prefix narrows more than the listing of named buckets",
        "put s3:ListBucket and s3:ListBucketVersions on buckets into a statement of their own"
      )
    }
    const keys = resources.flatMap((name) => prefixes.map((prefix) => `${name}/${prefix}`))
    return { effect, parts: [{ provider: "aws", actions, resources: [...new Set(keys)], ...held }], isListing: true }
  })

// An authority to list a bucket beneath a prefix is written as a listing of those objects; the compiler turns it back.
const listings = new Set(["s3:listbucket", "s3:listbucketversions"])
const bucket = /^arn:[^:*?]+:s3:::[^/*?]+$/u
