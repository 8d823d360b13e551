/**
 * A delegation token as text to hand over: `bw_d_…`, or `bw_db_…` with the holder's seed inside (formats §3 Text).
 *
 * Who has a `bw_db_` text can redeem it, once; a `bw_d_` text is worth nothing without the key that its holder keeps.
 * Both are kept redacted, so that no log tells them apart.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Chain from "./Chain.ts"
import * as Form from "./chain/Form.ts"
import { Ed25519 } from "./Ed25519.ts"
import * as PrivateSeed from "./PrivateSeed.ts"
import * as PublicKey from "./PublicKey.ts"
import * as TokenError from "./TokenError.ts"

export const prefix = "bw_d_"
export const bearerPrefix = "bw_db_"

export interface Token {
  /** Ends in a root or a grant. */
  readonly chain: Chain.Chain
  /** The seed of the last `cnf`, if whoever has the text may redeem it. */
  readonly holder: Option.Option<PrivateSeed.PrivateSeed>
}

const what = "delegation token"

/** Writes the text; what could not be read back or redeemed is not written. */
export const encode = Effect.fn("TokenText.encode")(function* (
  token: Token
): Effect.fn.Return<Redacted.Redacted<string>, TokenError.TokenError, Ed25519> {
  yield* check(token)
  const { v, tokens } = token.chain
  const text = Option.match(token.holder, {
    onNone: () => prefix + pack({ v, tokens: [...tokens] }),
    onSome: (seed) =>
      bearerPrefix + pack({ v, tokens: [...tokens], holder_seed: Base64Url.encode(Redacted.value(seed)) })
  })
  return Redacted.make(text, { label: what })
})

/** Reads the text, limits first. The chain in it is not verified: the store does that at the redeem. */
export const decode = Effect.fn("TokenText.decode")(function* (
  text: Redacted.Redacted<string>
): Effect.fn.Return<Token, TokenError.TokenError, Ed25519> {
  const token = yield* Effect.fromResult(unpack(Redacted.value(text)))
  yield* check(token)
  return token
})

const Plain = Schema.Struct({ ...Form.Chain.fields })
const Bearer = Schema.Struct({ ...Form.Chain.fields, holder_seed: Base64Url.ofLength(PrivateSeed.length) })

const malformed = (detail: string) => TokenError.malformed(what, detail)

const pack = (value: CompactJson.Value): string => Base64Url.encode(CompactJson.encodeBytes(value))

// Four characters carry three bytes; no longer text can hold a chain within its limit.
const maxLength = bearerPrefix.length + Math.ceil((Form.maxBytes * 4) / 3)

const unpack = (text: string): Result.Result<Token, TokenError.TokenError> => {
  if (text.length > maxLength) {
    return Result.fail(new TokenError.TokenError({ reason: new TokenError.TooLarge({ what, limit: "256 KiB" }) }))
  }
  const isBearer = text.startsWith(bearerPrefix)
  if (!isBearer && !text.startsWith(prefix))
    return Result.fail(malformed(`it begins neither with ${prefix} nor with ${bearerPrefix}`))
  const json = Base64Url.decode(text.slice(isBearer ? bearerPrefix.length : prefix.length))
  if (Option.isNone(json)) return Result.fail(malformed("what follows the prefix is not canonical base64url"))
  const read: Result.Result<Token, StrictJson.StrictJsonError | Schema.SchemaError> = isBearer
    ? Result.map(StrictJson.decode(Bearer, json.value, Form), ({ v, tokens, holder_seed }) => ({
        chain: { v, tokens },
        holder: Option.map(Base64Url.decode(holder_seed), PrivateSeed.fromBytes)
      }))
    : Result.map(StrictJson.decode(Plain, json.value, Form), (chain) => ({ chain, holder: Option.none() }))
  return read.pipe(
    Result.mapError((error) => malformed(error.message)),
    Result.flatMap((token) => Result.map(Form.withinLimits(token.chain), () => token))
  )
}

/** What makes a token worth handing over, both ways. */
const check = Effect.fnUntraced(function* ({ chain, holder }: Token) {
  const links = yield* Chain.read(chain)
  const leaf = links.at(-1) ?? links[0]
  if (leaf.kind === "session") return yield* malformed("it ends in a session, which nobody can redeem")
  // Its key was used once in one process; a text of it could only be a copy.
  if (leaf.token.agent === leaf.token.human) return yield* malformed("a terminal grant has no text form")
  if (Option.isNone(holder)) return
  const ed25519 = yield* Ed25519
  if (!PublicKey.equals(yield* ed25519.publicKey(holder.value), leaf.key)) {
    return yield* TokenError.refuse(
      new TokenError.WrongKey({ detail: "the holder's seed is not that of the last token's key" })
    )
  }
  const seconds = leaf.token.redeem_by - leaf.token.iat
  const cap = ProjectRecord.ttlCaps.redeem_bearer
  if (seconds > cap)
    return yield* TokenError.refuse(new TokenError.LifetimeExceeded({ name: "redeem_bearer", seconds, cap }))
})
