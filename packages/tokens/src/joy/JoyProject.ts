/** What of a Joy project decides who is who: its id, its members' keys and the delegations that they gave. */
import * as Yaml from "effect/encoding/Yaml"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as JoyError from "./JoyError.ts"

export interface Member {
  /** Hex public key; a member without one never set up authentication. */
  readonly verify_key?: string
  /** The hex verifier of each delegation that the member gave, by AI member. */
  readonly delegations: ReadonlyMap<string, string>
}

export interface JoyProject {
  readonly id: string
  readonly members: ReadonlyMap<string, Member>
}

/** The id that sessions and tokens name: the acronym, else the name in small letters with hyphens for blanks. */
export const idOf = ({ name, acronym }: { readonly name: string; readonly acronym?: string | null }): string =>
  acronym ?? name.toLowerCase().replaceAll(" ", "-")

/** The largest `project.yaml` that is read, in UTF-16 code units. */
export const maxLength = 1024 * 1024

const what = "Joy project file"

/** Reads a `.joy/project.yaml` in which the members stand themselves (Joy up to 0.22). */
export const decode = (text: string): Result.Result<JoyProject, JoyError.JoyError> =>
  Result.gen(function* () {
    if (text.length > maxLength) return yield* Result.fail(JoyError.malformed(what, "it is larger than 1 MiB"))
    const value = yield* Result.try({
      try: () => Yaml.parse(text),
      catch: () => JoyError.malformed(what, "it is not YAML")
    })
    const { name, acronym, members } = yield* Result.mapError(Schema.decodeUnknownResult(Wire)(value), (error) =>
      JoyError.malformed(what, error.message)
    )
    return {
      id: idOf({ name, acronym: acronym ?? null }),
      members: new Map(Object.entries(members ?? {}).map(([member, record]) => [member, memberOf(record ?? {})]))
    }
  })

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

// Before Joy 0.12 the fields had other names.
const WireMember = Schema.Struct({
  verify_key: optional(Schema.String),
  public_key: optional(Schema.String),
  ai_delegations: optional(
    Schema.Record(
      Schema.String,
      Schema.Struct({ delegation_verifier: optional(Schema.String), delegation_key: optional(Schema.String) })
    )
  )
})

const Wire = Schema.Struct({
  name: Schema.String,
  acronym: optional(Schema.String),
  members: optional(Schema.Record(Schema.String, Schema.NullOr(WireMember)))
})

const memberOf = ({ verify_key, public_key, ai_delegations }: typeof WireMember.Type): Member => {
  const key = verify_key ?? public_key
  const delegations = new Map<string, string>()
  for (const [agent, { delegation_verifier, delegation_key }] of Object.entries(ai_delegations ?? {})) {
    const verifier = delegation_verifier ?? delegation_key
    if (typeof verifier === "string") delegations.set(agent, verifier)
  }
  return typeof key === "string" ? { verify_key: key, delegations } : { delegations }
}
