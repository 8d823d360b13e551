/**
 * `bailiwick.toml`: what a project allows, as people write it. It limits nothing until an owner has signed it.
 *
 * Only here may actions be portable verbs, lifetimes be texts such as `15m`, and empty parts be left out; what comes out
 * is plain, and is what is shown and signed.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as DurationText from "@bailiwick/core/DurationText"
import * as Policy from "@bailiwick/core/Policy"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Document from "../input/Document.ts"
import * as Toml from "./Toml.ts"

/** The file that is looked for in the current directory. */
export const name = "bailiwick.toml"

const maximum = 256 * 1024

const Seconds = Schema.Unknown.pipe(
  Schema.decodeTo(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), {
    decode: SchemaGetter.transformEffect((value: unknown) => {
      if (typeof value === "number") return Effect.succeed(value)
      return Result.match(DurationText.parse(String(value)), {
        onFailure: ({ hint, message }) => Effect.fail(new SchemaIssue.InvalidValue({ message: `${message}: ${hint}` })),
        onSuccess: Effect.succeed
      })
    }),
    encode: SchemaGetter.passthrough()
  })
)

const fields = ProjectRecord.Limits.fields
const lifetime = Schema.optionalKey(Seconds)

const File = Schema.Struct({
  ...fields,
  ttl: Schema.Struct({
    redeem_bearer: lifetime,
    redeem_to: lifetime,
    token: lifetime,
    session: lifetime,
    human_session: lifetime,
    human_idle: lifetime,
    credentials: lifetime
  }).pipe(Schema.decodeTo(ProjectRecord.Ttl))
})

export const read = Effect.fnUntraced(function* (path: string) {
  const text = new TextDecoder().decode(yield* Document.read(path, maximum))
  return yield* Toml.decode({ path, text, schema: File, prepare: complete, hint })
})

/** What a place takes, where the schema's word for it is not enough. */
const hint = ([first, , part, setting]: ReadonlyArray<string>): string | undefined => {
  if (first === "ceiling")
    return "it is the most that anybody may lend: [[ceiling.statements]] with provider, actions and resources"
  return part === "settings" && setting !== undefined
    ? "a setting is one text in quotes; several values in it are parted by blanks"
    : undefined
}

/** Puts in what may be left out, and expands verbs; whatever has another shape is left for the schema to refuse. */
const complete = (document: Readonly<Record<string, unknown>>): unknown => ({
  targets: {},
  ttl: {},
  require_terminal: false,
  ...document,
  profiles: Predicate.isReadonlyObject(document.profiles)
    ? mapValues(document.profiles, policy)
    : (document.profiles ?? {}),
  ...("ceiling" in document ? { ceiling: policy(document.ceiling) } : {}),
  deny: statements(document.deny ?? [])
})

const policy = (value: unknown): unknown =>
  Predicate.isReadonlyObject(value)
    ? { ...value, statements: statements(at(value, "statements")), deny: statements(at(value, "deny") ?? []) }
    : value

const statements = (value: unknown): unknown => (Array.isArray(value) ? value.map(statement) : value)

const statement = (value: unknown): unknown => {
  if (!Predicate.isReadonlyObject(value)) return value
  const provider = at(value, "provider")
  const actions = at(value, "actions")
  if (!Schema.is(Policy.Provider)(provider) || !Schema.is(Schema.Array(Schema.String))(actions)) return value
  return { ...value, actions: Result.getOrElse(Policy.expandVerbs(provider, actions), () => actions) }
}

const at = (value: object, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const mapValues = (value: object, map: (value: unknown) => unknown): unknown =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, map(member)]))

/** What a new project begins with: one API of its own that reads tokens, and a ceiling to be narrowed. */
export const starter = (
  project: string
): string => `# What project ${project} allows. In force once an owner has signed it: bailiwick project apply
name = "${project}"

# An API of yours that reads tokens: the principal is their audience.
[targets.dev]
provider = "oidc"
principal = "urn:${project}:api"

# The most that anybody may ever lend.
[[ceiling.statements]]
provider = "oidc"
actions = ["*"]
resources = ["*"]

# A role of an AWS account; what it must allow then says: bailiwick setup role --on cloud
# [targets.cloud]
# provider = "aws"
# principal = "arn:aws:iam::111122223333:role/agent"
# region = "eu-west-1"
#
# [[ceiling.statements]]
# provider = "aws"
# actions = ["s3:*"]
# resources = ["arn:aws:s3:::${project}-*"]

[ttl]
token = "8h"
credentials = "15m"
`
