/** Hexadecimal as Joy reads it: both cases; it writes lower case only (formats §1). */
import * as Hex from "@bailiwick/core/Hex"
import * as Option from "effect/Option"

/** The bytes of text in either case; `None` for an odd length or another character. */
export const decode = (text: string): Option.Option<Uint8Array> =>
  // Only ASCII letters may be lowered: other characters must not become digits on the way.
  /^[0-9a-fA-F]*$/u.test(text) ? Hex.decode(text.toLowerCase()) : Option.none()
