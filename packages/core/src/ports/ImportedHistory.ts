/**
 * What other programs left behind, as it was taken over: history to look at.
 *
 * It lies apart from this program's own sessions and records, and nothing that decides ever reads it: whatever stands in
 * it, however it came there, is no authority.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Sha256 from "../Sha256.ts"
import type { StoreError } from "../StoreError.ts"
import * as UnixTime from "../UnixTime.ts"

/** The programs that this one descends from. */
export const Source = Schema.Literals(["audex", "joy"])
export type Source = typeof Source.Type

export const Kind = Schema.Literals(["session", "member", "delegation", "event"])
export type Kind = typeof Kind.Type

export const Entry = Schema.Struct({
  source: Source,
  kind: Kind,
  /** What it is called where it came from; of an event, which has no name, the digest. */
  name: Schema.String,
  /** Of the bytes that it was taken from: the same bytes are not taken twice. */
  digest: Sha256.Sha256,
  /** Of a session: how it stood when it was taken over. */
  status: Schema.optionalKey(Schema.String),
  /** When it was taken over. */
  time: UnixTime.UnixTime,
  /** What stood there, as text; never a secret. */
  body: Schema.String
})
export type Entry = typeof Entry.Type

export interface Filter {
  readonly source?: Source
  readonly kind?: Kind
  /** At most 1,000 unless said. */
  readonly limit?: number
}

export class ImportedHistory extends Context.Service<
  ImportedHistory,
  {
    find(source: Source, kind: Kind, name: string): Effect.Effect<Option.Option<Entry>, StoreError>
    /** Keeps an entry, in place of the one of the same source, kind and name. */
    put(entry: Entry): Effect.Effect<void, StoreError>
    /** By source, kind and name. */
    list(filter: Filter): Effect.Effect<ReadonlyArray<Entry>, StoreError>
  }
>()("@bailiwick/core/ports/ImportedHistory") {}
