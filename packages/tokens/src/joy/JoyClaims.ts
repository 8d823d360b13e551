/**
 * The claims of a Joy session, in the order in which each generation of Joy signs them.
 *
 * A reader of one generation drops the claims of the others, writes the rest anew, and so refuses their signatures. A
 * person's session is the same in all of them.
 */
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as JoyError from "./JoyError.ts"
import * as JoyJson from "./JoyJson.ts"
import * as JoyTime from "./JoyTime.ts"

const required = ["member", "project_id", "created", "expires"] as const

const optional = {
  /** The seed of this profile. */
  "0.16": ["token_key", "session_public_key", "tty"],
  /** The only one with sessions of a job. */
  "0.19": ["token_key", "session_public_key", "tty", "job_id", "issuer", "delegated_by"],
  "0.20": ["delegation_key", "session_public_key", "tty", "delegated_by", "grant"]
} as const

export type Generation = keyof typeof optional

/** Which versions of Joy write a generation. */
export const versions: Readonly<Record<Generation, string>> = {
  "0.16": "0.10.3 to 0.18.0",
  "0.19": "0.19.0",
  "0.20": "0.20.0 and later"
}

type OptionalClaim = (typeof optional)[Generation][number]

/** Ids and keys are what Joy wrote: any text. Nothing of it is safe in a path, a query or a terminal. */
export interface JoyClaims extends Readonly<Partial<Record<OptionalClaim, string>>> {
  readonly member: string
  readonly project_id: string
  readonly created: JoyTime.JoyTime
  readonly expires: JoyTime.JoyTime
}

const what = "Joy session's claims"

/** Reads the claims of a generation, without trust. */
export const decode = (
  value: JoyJson.Value | undefined,
  generation: Generation
): Result.Result<JoyClaims, JoyError.JoyError> =>
  Result.gen(function* () {
    const struct = { names: [...required, ...optional[generation]], atLeast: required.length }
    const { member, project_id, created, expires, ...rest } = yield* JoyJson.decode(
      Wire,
      yield* JoyJson.members(value, struct, what),
      what
    )
    const claims: { -readonly [name in keyof JoyClaims]: JoyClaims[name] } = { member, project_id, created, expires }
    for (const name of optional[generation]) {
      const claim = rest[name]
      // Null and absent are the same to Joy.
      if (typeof claim === "string") claims[name] = claim
    }
    return claims
  })

/** The claims of the generation as they are written, absent ones as undefined. */
export const ordered = (claims: JoyClaims, generation: Generation): Readonly<Record<string, string | undefined>> => {
  const { member, project_id, created, expires } = claims
  const rest = optional[generation].map((name) => [name, claims[name]] as const)
  return {
    member,
    project_id,
    created: JoyTime.format(created),
    expires: JoyTime.format(expires),
    ...Object.fromEntries(rest)
  }
}

/** The text that is signed: the claims of the generation, written anew. */
export const signedText = (claims: JoyClaims, generation: Generation = "0.16"): string =>
  CompactJson.encode(ordered(claims, generation))

/** The generation that claims speak of; `0.16` for what all of them share, and for what cannot be read. */
export const generationOf = (value: JoyJson.Value | undefined): Generation => {
  const names = [...required, ...new Set(Object.values(optional).flat())]
  const held = Result.getOrElse(JoyJson.members(value, { names, atLeast: required.length }, what), () => ({}))
  if ("delegation_key" in held || "grant" in held) return "0.20"
  if ("job_id" in held || "issuer" in held) return "0.19"
  return "delegated_by" in held ? "0.20" : "0.16"
}

const Optional = Schema.optional(Schema.NullOr(Schema.String))

const Wire = Schema.Struct({
  member: Schema.String,
  project_id: Schema.String,
  created: JoyTime.FromText,
  expires: JoyTime.FromText,
  token_key: Optional,
  delegation_key: Optional,
  session_public_key: Optional,
  tty: Optional,
  job_id: Optional,
  issuer: Optional,
  delegated_by: Optional,
  grant: Optional
})
