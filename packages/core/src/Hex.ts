/** Hexadecimal bytes in lower case, the only spelling that is read (formats §1). */
import * as Brand from "effect/Brand"
import * as Hex from "effect/encoding/Hex"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const canonical = /^(?:[0-9a-f]{2})*$/u

export const Text = Schema.String.pipe(
  Schema.check(Schema.isPattern(canonical, { message: "lower-case hex" })),
  Schema.brand("Hex")
)
export type Text = typeof Text.Type

const brand = Brand.nominal<Text>()

/** Text of exactly so many bytes. */
export const ofLength = (bytes: number) =>
  Text.pipe(
    Schema.check(
      Schema.makeFilter((text: string) => (text.length === bytes * 2 ? undefined : `${bytes} bytes as lower-case hex`))
    )
  )

export const encode = (bytes: Uint8Array): Text => brand(Hex.encode(bytes))

/** The bytes of lower-case text; `None` for anything else. */
export const decode = (text: string): Option.Option<Uint8Array> =>
  canonical.test(text) ? Result.getSuccess(Hex.decode(text)) : Option.none()
