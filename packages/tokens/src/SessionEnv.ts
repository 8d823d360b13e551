/**
 * The value of `BAILIWICK_SESSION`: which session, and the seed that proves it (formats §4 Env value).
 *
 * A secret throughout: whoever has it acts as the session until it ends. It carries no checksum and needs none: the
 * seed must give the key of the session that the id names.
 */
import * as Hex from "@bailiwick/core/Hex"
import { StorageId } from "@bailiwick/core/StorageId"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as PrivateSeed from "./PrivateSeed.ts"
import * as StorageIdOf from "./StorageIdOf.ts"
import * as TokenError from "./TokenError.ts"

export const prefix = "bw_s_"

export interface SessionEnv {
  readonly id: StorageId
  readonly seed: PrivateSeed.PrivateSeed
  /** A second seed, carried for `crypt` and read by nothing yet. */
  readonly third?: PrivateSeed.PrivateSeed
}

const seedAt = StorageIdOf.length
const thirdAt = seedAt + PrivateSeed.length
const longest = thirdAt + PrivateSeed.length

export const encode = ({ id, seed, third }: SessionEnv): Redacted.Redacted<string> => {
  const bytes = new Uint8Array(third === undefined ? thirdAt : longest)
  bytes.set(Option.getOrThrow(Hex.decode(id)))
  bytes.set(Redacted.value(seed), seedAt)
  if (third !== undefined) bytes.set(Redacted.value(third), thirdAt)
  const text = prefix + Base64.encode(bytes)
  bytes.fill(0)
  return Redacted.make(text, { label: "session value" })
}

/** Reads a value; anything but the one spelling of 44 or 76 bytes is refused. */
export const decode = (value: Redacted.Redacted<string>): Result.Result<SessionEnv, TokenError.TokenError> => {
  const text = Redacted.value(value)
  if (!text.startsWith(prefix)) return malformed(`it does not begin with ${prefix}`)
  const encoded = text.slice(prefix.length)
  const decoded = Base64.decode(encoded)
  // Decoders accept several spellings of the same bytes; encoding them again leaves one (RFC 4648 §3.5).
  if (Result.isFailure(decoded) || Base64.encode(decoded.success) !== encoded) {
    return malformed("what follows the prefix is not canonical base64")
  }
  const bytes = decoded.success
  if (bytes.length !== thirdAt && bytes.length !== longest) return malformed("it has a wrong length")
  const session: SessionEnv = {
    id: StorageId.make(Hex.encode(bytes.subarray(0, seedAt))),
    seed: PrivateSeed.fromBytes(bytes.subarray(seedAt, thirdAt))
  }
  const third = bytes.length === longest ? { third: PrivateSeed.fromBytes(bytes.subarray(thirdAt)) } : {}
  bytes.fill(0)
  return Result.succeed({ ...session, ...third })
}

const malformed = (detail: string) => Result.fail(TokenError.malformed("session value", detail))
