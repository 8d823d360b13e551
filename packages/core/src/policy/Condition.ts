/**
 * The closed set of conditions under which a statement holds, and what a request says about them.
 *
 * Values are plain text, never globs. Every condition of a statement must hold (formats §3, `policy`).
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Text } from "../Text.ts"
import { defaultMaximum, UniqueList } from "../UniqueList.ts"
import { UnixTime } from "../UnixTime.ts"
import * as Name from "./Name.ts"
import * as Network from "./Network.ts"

/** A network in canonical CIDR notation. */
export const Cidr = Text.pipe(
  Schema.check(
    Schema.makeFilter((text: string) =>
      Option.isSome(Network.read(text)) ? undefined : "a network in canonical CIDR notation, such as 192.0.2.0/24"
    )
  )
)

const Values = UniqueList(Name.Name, { minimum: 1, maximum: defaultMaximum })

// Keys are checked here and not by the record's key schema: a key that such a schema does not know may be dropped, and
// a dropped key is a dropped condition. Cloud tags compare their keys without case, so two spellings are one key.
const hasTagKeys = (minimum: number) =>
  Schema.makeFilter((tags: object) => {
    const keys = Object.keys(tags)
    if (keys.length < minimum || keys.length > defaultMaximum) return `${minimum} to ${defaultMaximum} tag keys`
    if (!keys.every((key) => Schema.is(Name.Name)(key))) return "tag keys that are text without outer blanks"
    return new Set(keys.map(Name.fold)).size === keys.length ? undefined : "a tag key stands twice"
  })

export const Conditions = Schema.Struct({
  source_ip: Schema.optionalKey(UniqueList(Cidr, { minimum: 1, maximum: defaultMaximum })),
  vpc: Schema.optionalKey(Values),
  vpc_endpoint: Schema.optionalKey(Values),
  not_after: Schema.optionalKey(UnixTime),
  resource_tag: Schema.optionalKey(Schema.Record(Schema.String, Values).check(hasTagKeys(1)))
}).check(
  Schema.makeFilter((conditions: object) => (Object.keys(conditions).length > 0 ? undefined : "at least one condition"))
)
export type Conditions = typeof Conditions.Type

const Address = Text.pipe(
  Schema.check(
    Schema.makeFilter((text: string) =>
      Option.isSome(Network.readAddress(text)) ? undefined : "an IPv4 or IPv6 address"
    )
  )
)

/** What is known about a request; an absent member is unknown, and unknown never widens. */
export const Context = Schema.Struct({
  source_ip: Schema.optionalKey(Address),
  vpc: Schema.optionalKey(Text),
  vpc_endpoint: Schema.optionalKey(Text),
  time: Schema.optionalKey(UnixTime),
  resource_tag: Schema.optionalKey(Schema.Record(Schema.String, Text).check(hasTagKeys(0)))
})
export type Context = typeof Context.Type
