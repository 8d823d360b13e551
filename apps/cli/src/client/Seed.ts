/** A private seed as it lies in a private file: 32 bytes, base64url; redacted as soon as it is read. */
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"

const Opened = Schema.declare((value: unknown): value is PrivateSeed.PrivateSeed => Redacted.isRedacted(value))

export const Seed = Base64Url.ofLength(PrivateSeed.length).pipe(
  Schema.decodeTo(Opened, {
    decode: SchemaGetter.transform((text) => PrivateSeed.fromBytes(Option.getOrThrow(Base64Url.decode(text)))),
    encode: SchemaGetter.transform((seed) => Base64Url.encode(Redacted.value(seed)))
  })
)
