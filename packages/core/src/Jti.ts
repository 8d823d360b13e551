/** The id of one signed token: 16 random bytes, base64url (formats §1). */
import * as Schema from "effect/Schema"
import * as Base64Url from "./Base64Url.ts"

export const Jti = Base64Url.ofLength(16).pipe(Schema.brand("Jti"))
export type Jti = typeof Jti.Type
