/**
 * What of a Joy project decides who is who: its id, its members' keys and the delegations that they gave.
 *
 * Joy trusts these files as they stand in the repository: whoever can push can change a key. So nothing that is judged
 * by them alone counts for the broker.
 */
import * as Yaml from "effect/encoding/Yaml"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as JoyError from "./JoyError.ts"

export interface Delegation {
  /** Hex public key of the delegation. */
  readonly verifier: string
  /** Hex salt from which its key is derived; absent where the key lies in a file (before Joy 0.14). */
  readonly salt?: string
}

export interface Member {
  /** Hex public key; a member without one never set up authentication. */
  readonly verify_key?: string
  /** Hex salt of the passphrase. */
  readonly kdf_nonce?: string
  /** The identity's seed under the passphrase; without it the derived key itself is the seed. */
  readonly passphraseWrap?: string
  /** The identity's seed under the recovery key. */
  readonly recoveryWrap?: string
  /** By AI member, in whichever form of its name stands there. */
  readonly delegations: ReadonlyMap<string, Delegation>
}

export interface JoyProject {
  readonly id: string
  readonly members: ReadonlyMap<string, Member>
}

/** The id that sessions and tokens name: the acronym, else the name in small letters with hyphens for blanks. */
export const idOf = ({ name, acronym }: { readonly name: string; readonly acronym?: string | null }): string =>
  acronym ?? name.toLowerCase().replaceAll(" ", "-")

/** The largest file that is read, in UTF-16 code units. */
export const maxLength = 1024 * 1024

/**
 * Reads `.joy/project.yaml`. From Joy 0.23 on the members stand in files of their own, `.joy/members/*.yaml`, whose
 * texts are given beside it.
 */
export const decode = (
  text: string,
  memberFiles: ReadonlyArray<string> = []
): Result.Result<JoyProject, JoyError.JoyError> =>
  Result.gen(function* () {
    const { name, acronym, members: held } = yield* read(WireProject, text, "Joy project file")
    const members = new Map<string, Member>()
    if (held !== undefined && held !== null && !isList(held)) {
      for (const [member, record] of Object.entries(held)) members.set(member, memberOf(record ?? {}))
    }
    for (const file of memberFiles) {
      const { identity, ai_delegations } = yield* read(WireFile, file, "Joy member file")
      for (const [member, keys] of Object.entries(identity)) {
        members.set(member, memberOf({ ...keys, ai_delegations }))
      }
    }
    return { id: idOf({ name, acronym: acronym ?? null }), members }
  })

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))
const Text = optional(Schema.String)

// Before Joy 0.12 some fields had other names, and again in the files of 0.23.
const WireKeys = Schema.Struct({
  verify_key: Text,
  public_key: Text,
  kdf_nonce: Text,
  salt: Text,
  seed_wrap_passphrase: Text,
  seed_wrap: Text,
  seed_wrap_recovery: Text
})

const WireDelegations = optional(
  Schema.Record(
    Schema.String,
    Schema.Struct({ delegation_verifier: Text, delegation_key: Text, delegation_salt: Text })
  )
)

const WireMember = Schema.Struct({ ...WireKeys.fields, ai_delegations: WireDelegations })

const WireProject = Schema.Struct({
  name: Schema.String,
  acronym: Text,
  members: optional(
    Schema.Union([Schema.Array(Schema.String), Schema.Record(Schema.String, Schema.NullOr(WireMember))])
  )
})

const WireFile = Schema.Struct({
  identity: Schema.Record(Schema.String, Schema.NullOr(WireKeys)),
  ai_delegations: WireDelegations
})

const read = <S extends Schema.Decoder<unknown>>(
  schema: S,
  text: string,
  what: string
): Result.Result<S["Type"], JoyError.JoyError> => {
  if (text.length > maxLength) return Result.fail(JoyError.malformed(what, "it is larger than 1 MiB"))
  // Joy writes no anchors; a few of them could make a small text stand for an endless one.
  if (/(?:^|[\s[{,])[&*][^\s]/mu.test(text)) return Result.fail(JoyError.malformed(what, "it holds anchors or aliases"))
  return Result.flatMap(
    Result.try({ try: () => Yaml.parse(text), catch: () => JoyError.malformed(what, "it is not YAML") }),
    (value) =>
      Result.mapError(Schema.decodeUnknownResult(schema)(value), ({ message }) => JoyError.malformed(what, message))
  )
}

const isList = <A>(held: ReadonlyArray<string> | A): held is ReadonlyArray<string> => Array.isArray(held)

const memberOf = (record: Partial<typeof WireMember.Type>): Member => {
  const delegations = new Map<string, Delegation>()
  for (const [agent, held] of Object.entries(record.ai_delegations ?? {})) {
    const verifier = held.delegation_verifier ?? held.delegation_key
    if (typeof verifier === "string") {
      delegations.set(agent, { verifier, ...texts({ salt: held.delegation_salt }) })
    }
  }
  return {
    ...texts({
      verify_key: record.verify_key ?? record.public_key,
      kdf_nonce: record.kdf_nonce ?? record.salt,
      passphraseWrap: record.seed_wrap_passphrase ?? record.seed_wrap,
      recoveryWrap: record.seed_wrap_recovery
    }),
    delegations
  }
}

/** The members that are there. */
const texts = <Name extends string>(
  record: Readonly<Record<Name, string | null | undefined>>
): { readonly [name in Name]?: string } => {
  const found: { [name in Name]?: string } = {}
  for (const name in record) {
    const text = record[name]
    if (typeof text === "string") found[name] = text
  }
  return found
}
