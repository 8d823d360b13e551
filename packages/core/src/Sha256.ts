/** A SHA-256 digest as canonical base64url (43 characters), the form in which signed objects name one another. */
import * as Schema from "effect/Schema"
import * as Base64Url from "./Base64Url.ts"

export const Sha256 = Base64Url.ofLength(32).pipe(Schema.brand("Sha256"))
export type Sha256 = typeof Sha256.Type
