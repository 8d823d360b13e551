/** An Ed25519 public key as it stands in signed objects: exactly `{ kty, crv, x }` (formats §1; RFC 8037 §2). */
import * as Schema from "effect/Schema"
import * as Base64Url from "./Base64Url.ts"

export const Jwk = Schema.Struct({
  kty: Schema.Literal("OKP"),
  crv: Schema.Literal("Ed25519"),
  x: Base64Url.ofLength(32)
})
export type Jwk = typeof Jwk.Type
