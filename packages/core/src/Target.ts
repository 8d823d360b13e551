/**
 * An alias in the project record for a provider and a principal.
 *
 * Endpoint overrides live here and nowhere else: whoever chooses an endpoint chooses who receives the broker's requests.
 */
import * as Schema from "effect/Schema"
import * as Alias from "./Alias.ts"
import * as Policy from "./Policy.ts"
import * as Text from "./Text.ts"
import { UniqueList } from "./UniqueList.ts"

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"])

const isEndpoint = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false
  return url.protocol === "https:" || (url.protocol === "http:" && loopbackHosts.has(url.hostname))
}

export const Endpoint = Text.Text.pipe(
  Schema.check(
    Schema.makeFilter((text: string) =>
      isEndpoint(text) ? undefined : "an endpoint: https, or http to localhost, 127.0.0.1 or [::1]"
    )
  )
)

const name = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z][a-z0-9_]{0,31}$/u)))

/** A target as the project record defines it. */
export const Definition = Schema.Struct({
  provider: Policy.Provider,
  principal: Text.Text,
  region: Schema.optionalKey(Text.Text),
  endpoint: Schema.optionalKey(Endpoint),
  settings: Schema.optionalKey(Schema.Record(name, Text.Text))
})
export type Definition = typeof Definition.Type

/** A target as a token names it: what the holder may reach, frozen at signing. */
export const Entry = Schema.Struct({
  alias: Alias.Alias,
  provider: Policy.Provider,
  principal: Text.Text
})
export type Entry = typeof Entry.Type

/** The targets of a token: 1 to 32, an alias once (formats §3). */
export const Entries = UniqueList(Entry, { minimum: 1, maximum: 32 }).check(
  Schema.makeFilter((entries: ReadonlyArray<Entry>) =>
    new Set(entries.map((entry) => entry.alias)).size === entries.length ? undefined : "an alias stands twice"
  )
)

export const isSame = (left: Entry, right: Entry): boolean =>
  left.alias === right.alias && left.provider === right.provider && left.principal === right.principal

/** The entries of `child` that stand in no equal form in `parent`; empty means subset (formats §3). */
export const excess = (child: ReadonlyArray<Entry>, parent: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
  child.filter((entry) => !parent.some((other) => isSame(entry, other)))
