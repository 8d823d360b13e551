/** The id of a credential session: a UUIDv7; version 4 is read too (formats §1). Validated before it joins a path or a query. */
import * as Schema from "effect/Schema"

export const CredentialSessionId = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u, {
      message: "a credential session id: a lower-case UUID of version 7 or 4"
    })
  ),
  Schema.brand("CredentialSessionId")
)
export type CredentialSessionId = typeof CredentialSessionId.Type
