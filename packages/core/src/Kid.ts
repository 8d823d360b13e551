/** The RFC 7638 thumbprint of a public key: SHA-256, base64url. */
import * as Schema from "effect/Schema"
import * as Base64Url from "./Base64Url.ts"

export const Kid = Base64Url.ofLength(32).pipe(Schema.brand("Kid"))
export type Kid = typeof Kid.Type
