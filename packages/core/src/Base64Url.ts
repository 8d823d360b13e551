/**
 * Base64url without padding, in its one canonical spelling (RFC 4648 §5; formats §1).
 *
 * A second spelling of the same bytes would slip past a deny list keyed by text, so padding, line ends, the other
 * alphabet and non-zero unused bits (RFC 4648 §3.5) are refused.
 */
import * as Brand from "effect/Brand"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

// The last character of an incomplete group may only be one whose unused low bits are zero.
const canonical = /^(?:[\w-]{4})*(?:[\w-]{2}[AEIMQUYcgkosw048]|[\w-][AQgw])?$/u

export const Text = Schema.String.pipe(
  Schema.check(Schema.isPattern(canonical, { message: "base64url without padding" })),
  Schema.brand("Base64Url")
)
export type Text = typeof Text.Type

const brand = Brand.nominal<Text>()

/** Text of exactly so many bytes. */
export const ofLength = (bytes: number) =>
  Text.pipe(
    Schema.check(
      Schema.makeFilter((text: string) =>
        text.length === Math.ceil((bytes * 4) / 3) ? undefined : `${bytes} bytes as base64url without padding`
      )
    )
  )

export const encode = (bytes: Uint8Array): Text => brand(Base64Url.encode(bytes))

/** The bytes of canonical text; `None` for anything else. */
export const decode = (text: string): Option.Option<Uint8Array> => {
  if (text.length % 4 === 1) return Option.none()
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let [seen, bits, held, written] = [0, 0, 0, 0]
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? foreign
    seen |= value
    bits = ((bits << 6) | value) & 0xfff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[written++] = bits >> held
    }
  }
  const unused = bits & ((1 << held) - 1)
  return seen < foreign && unused === 0 ? Option.some(bytes) : Option.none()
}

// What each character stands for (RFC 4648 §5). One pass checks and decodes: tokens are read at every decision, and a
// pattern before a lenient decoder takes several times as long.
const foreign = 64
const values = new Uint8Array(128).fill(foreign)
for (const [value, character] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].entries()) {
  values[character.charCodeAt(0)] = value
}
