/** The end of the audit log that a signer saw: a log cut back behind it is found out (formats §2, §6). */
import * as Schema from "effect/Schema"
import * as Sha256 from "./Sha256.ts"

export const LogHead = Schema.Struct({
  size: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** RFC 6962 root over the first `size` lines. */
  root: Sha256.Sha256
})
export type LogHead = typeof LogHead.Type

/** The head of a log without lines: the root of the empty tree is SHA-256 of nothing (RFC 6962 §2.1). */
export const empty: LogHead = {
  size: 0,
  root: Sha256.Sha256.make("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
}
