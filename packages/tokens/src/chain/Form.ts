/** A chain as it travels and is stored: `{ v: 1, tokens }`, the root an object, every hop compact text (formats §3). */
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Jws from "../Jws.ts"
import * as TokenError from "../TokenError.ts"

/** The whole chain as the JSON of its text form, in bytes. */
export const maxBytes = 256 * 1024

/** A root, its session, and four grants with theirs. */
export const maxTokens = 10

/** Signed tokens from the root on; `root, session, (grant, session)*`. Nothing in it is verified. */
export interface Chain {
  readonly v: 1
  readonly tokens: readonly [Jws.General, ...ReadonlyArray<string>]
}

/** The schema of a chain inside another object; read it with `onExcessProperty: "error"`. */
export const Chain = Schema.Struct({
  v: Schema.Literal(1),
  tokens: Schema.TupleWithRest(Schema.Tuple([Jws.General]), [Schema.String])
})

const refuse = (reason: TokenError.Reason) => Result.fail(new TokenError.TokenError({ reason }))

const tooLarge = (what: string, limit: string) => refuse(new TokenError.TooLarge({ what, limit }))

/** The limits, before any cryptography is spent on a chain. */
export const withinLimits = (chain: Chain): Result.Result<Chain, TokenError.TokenError> => {
  if (chain.tokens.length > maxTokens) return tooLarge("chain", `${maxTokens} tokens`)
  if (chain.tokens.some((token) => sizeOf(token) > Jws.maxBytes)) return tooLarge("token", "64 KiB")
  return encode(chain).length > maxBytes ? tooLarge("chain", "256 KiB") : Result.succeed(chain)
}

/** Reads the JSON of a chain, limits first. */
export const decode = (json: string | Uint8Array): Result.Result<Chain, TokenError.TokenError> =>
  StrictJson.decode(Chain, json, { maxBytes }).pipe(
    Result.mapError((error) =>
      error._tag === "StrictJsonError" && error.reason === "TooLarge"
        ? new TokenError.TokenError({ reason: new TokenError.TooLarge({ what: "chain", limit: "256 KiB" }) })
        : TokenError.malformed("chain", error.message)
    ),
    Result.flatMap(withinLimits)
  )

/** The compact JSON of a chain. */
export const encode = (chain: Chain): string => CompactJson.encode({ v: chain.v, tokens: [...chain.tokens] })

// Base64url throughout, so characters are bytes; anything else falls when the token itself is read.
const sizeOf = (token: string | Jws.General): number =>
  typeof token === "string"
    ? token.length
    : token.signatures.reduce(
        (sum, entry) => sum + entry.protected.length + entry.signature.length,
        token.payload.length
      )
