/** A public key as people hand it over: a JWK, its `x` alone, or a file that holds one of them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Jwk } from "@bailiwick/core/Jwk"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Document from "../input/Document.ts"
import { usage } from "../ui/Failure.ts"

const maximum = 4096

export const read = Effect.fnUntraced(function* (text: string) {
  const inline = parse(text)
  const jwk = Option.isSome(inline)
    ? inline
    : parse(new TextDecoder().decode(yield* Document.read(text, maximum)).trim())
  if (Option.isNone(jwk)) return yield* notAKey
  return PublicKey.toJwk(yield* Effect.mapError(PublicKey.fromJwk(jwk.value), () => notAKey))
})

const parse = (text: string): Option.Option<Jwk> =>
  text.startsWith("{")
    ? Result.getSuccess(StrictJson.decode(Jwk, text, { maxBytes: maximum }))
    : Schema.decodeUnknownOption(Jwk)({ kty: "OKP", crv: "Ed25519", x: text })

const notAKey = usage(
  "bad-key",
  "this is no Ed25519 public key",
  'give a JWK {"kty":"OKP","crv":"Ed25519","x":"…"}, its x, or a file that holds one'
)
