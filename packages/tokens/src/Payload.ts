/** The payload of a signed object: read strictly by its schema, written compactly in the schema's order (formats §1). */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Jws from "./Jws.ts"
import * as TokenError from "./TokenError.ts"

/** Schemas whose written form is plain JSON. */
export interface Codec<T> extends Schema.Codec<T, CompactJson.Value> {}

/** Reads bytes; unknown, missing and doubled members are refused. `what` names the object in the error. */
export const decode = <S extends Schema.Decoder<unknown>>(
  schema: S,
  bytes: Uint8Array,
  what: string
): Result.Result<S["Type"], TokenError.TokenError> =>
  Result.flatMap(json(bytes, what), (value) => fromJson(schema, value, what))

/** The JSON value in the bytes, which no schema has seen yet. */
export const json = (bytes: Uint8Array, what: string): Result.Result<unknown, TokenError.TokenError> =>
  Result.mapError(StrictJson.parseBytes(bytes, { maxBytes: Jws.maxBytes }), (error) =>
    TokenError.malformed(what, error.message)
  )

/** Reads what `json` gave; unknown and missing members are refused. */
export const fromJson = <S extends Schema.Decoder<unknown>>(
  schema: S,
  value: unknown,
  what: string
): Result.Result<S["Type"], TokenError.TokenError> =>
  Result.mapError(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(value), (error) =>
    TokenError.malformed(what, error.message)
  )

/** Reads a few members and passes over the others: only for what the full schema reads afterwards. */
export const fromJsonLoosely = <S extends Schema.Decoder<unknown>>(
  schema: S,
  value: unknown,
  what: string
): Result.Result<S["Type"], TokenError.TokenError> =>
  Result.mapError(Schema.decodeUnknownResult(schema)(value), (error) => TokenError.malformed(what, error.message))

/** Writes a value in the order of its schema; a value that the schema refuses is never written, hence never signed. */
export const encode = <T>(schema: Codec<T>, value: T, what: string): Result.Result<Uint8Array, TokenError.TokenError> =>
  Schema.encodeUnknownResult(schema, { onExcessProperty: "error" })(value).pipe(
    Result.map(CompactJson.encodeBytes),
    Result.mapError((error) => TokenError.malformed(what, error.message))
  )

/**
 * The payload's bytes before any signature was checked.
 *
 * Only to find the key that then verifies it, or to show it as unverified: nothing may be decided by it.
 */
export const unverified = (
  jws: string | Jws.General,
  what: string
): Result.Result<Uint8Array, TokenError.TokenError> => {
  const text = typeof jws === "string" ? jws.split(".", 4)[1] : jws.payload
  return Result.fromOption(Option.flatMap(Option.fromUndefinedOr(text), Base64Url.decode), () =>
    TokenError.malformed(what, "its payload is not canonical base64url")
  )
}
