/**
 * The value of `JOY_SESSION`: which session, the seed that proves it and, for a token with `crypt`, the delegation's
 * seed (formats §4 Env value).
 *
 * A secret throughout. It has the layout of our own value under another prefix; anything but the one spelling of 44 or
 * 76 bytes is refused, as Joy does, without tolerance for blanks, quotes or the other alphabet.
 */
import type { StorageId } from "@bailiwick/core/StorageId"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as SessionEnv from "../SessionEnv.ts"
import * as JoyError from "./JoyError.ts"

export const prefix = "joy_s_"

export interface JoyEnv {
  readonly id: StorageId
  readonly seed: PrivateSeed
  /** The seed of the delegation; its presence makes the value 76 bytes long. */
  readonly delegation?: PrivateSeed
}

export const encode = ({ id, seed, delegation }: JoyEnv): Redacted.Redacted<string> => {
  const value = SessionEnv.encode(delegation === undefined ? { id, seed } : { id, seed, third: delegation })
  return redact(prefix + Redacted.value(value).slice(SessionEnv.prefix.length))
}

/** Reads a value. Joy gives no reason for a refusal; here it is said. */
export const decode = (value: Redacted.Redacted<string>): Result.Result<JoyEnv, JoyError.JoyError> => {
  const text = Redacted.value(value)
  if (!text.startsWith(prefix)) return Result.fail(JoyError.malformed(what, `it does not begin with ${prefix}`))
  return Result.match(SessionEnv.decode(redact(SessionEnv.prefix + text.slice(prefix.length))), {
    onFailure: () => Result.fail(JoyError.malformed(what, "what follows the prefix is not base64 of 44 or 76 bytes")),
    onSuccess: ({ id, seed, third }) =>
      Result.succeed(third === undefined ? { id, seed } : { id, seed, delegation: third })
  })
}

const what = "JOY_SESSION value"

const redact = (text: string) => Redacted.make(text, { label: what })
