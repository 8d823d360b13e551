/**
 * Base64url without padding, in its one canonical spelling (RFC 4648 §5; formats §1).
 *
 * A second spelling of the same bytes would slip past a deny list keyed by text, so padding, line ends, the other
 * alphabet and non-zero unused bits (RFC 4648 §3.5) are refused.
 */
import * as Brand from "effect/Brand"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
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
export const decode = (text: string): Option.Option<Uint8Array> =>
  canonical.test(text) ? Result.getSuccess(Base64Url.decode(text)) : Option.none()
