/** The id under which an auth session is stored and named: 12 bytes of SHA-256, lower-case hex (formats §4). */
import * as Schema from "effect/Schema"

export const StorageId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{24}$/u, { message: "a session id: 24 lower-case hex digits" })),
  Schema.brand("StorageId")
)
export type StorageId = typeof StorageId.Type
