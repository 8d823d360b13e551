/** The 32 bytes from which an Ed25519 key pair is made (RFC 8032 §5.1.5); always redacted, never text. */
import * as Brand from "effect/Brand"
import * as Redacted from "effect/Redacted"

export type PrivateSeed = Redacted.Redacted<Uint8Array> & Brand.Brand<"PrivateSeed">

export const length = 32

const brand = Brand.nominal<PrivateSeed>()

/**
 * Takes a copy of 32 bytes out of the caller's hands; the caller may wipe its own.
 *
 * Any other length is a mistake of the program and throws a `RangeError`: formats check lengths before they come here.
 */
export const fromBytes = (bytes: Uint8Array): PrivateSeed => {
  if (bytes.length !== length) {
    throw new RangeError("a private seed has 32 bytes")
  }
  return brand(Redacted.make(Uint8Array.from(bytes), { label: "private seed" }))
}
