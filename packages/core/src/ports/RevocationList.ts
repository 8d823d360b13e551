/**
 * What has been ended before its time. A revocation covers everything beneath its subject.
 *
 * Reads check a MAC over the live revocations and the generation: rows taken out behind the broker's back are found.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as MemberId from "../MemberId.ts"
import type { StoreError } from "../StoreError.ts"
import * as UnixTime from "../UnixTime.ts"

export const RevocationKind = Schema.Literals([
  "human",
  "agent",
  "delegation",
  "token",
  "session",
  "credential-session"
])
export type RevocationKind = typeof RevocationKind.Type

export const Revocation = Schema.Struct({
  kind: RevocationKind,
  /** Member id, `human` LF `agent`, `jti`, storage id or credential session id. */
  subject: Schema.String,
  /** Everything redeemed or issued at or before this broker time is ended. */
  time: UnixTime.UnixTime,
  by: MemberId.MemberId,
  reason: Schema.String,
  /** When nothing beneath it can still be alive; swept afterwards. Absent: for ever. */
  until: Schema.optionalKey(UnixTime.UnixTime)
})
export type Revocation = typeof Revocation.Type

export class RevocationList extends Context.Service<
  RevocationList,
  {
    /** Adds one; the same kind and subject again keeps the later `time`. Bump the generation in the same transaction. */
    add(revocation: Revocation): Effect.Effect<void, StoreError>
    /** All that are live, after the MAC was checked. */
    readonly live: Effect.Effect<ReadonlyArray<Revocation>, StoreError>
    prune(before: UnixTime.UnixTime): Effect.Effect<number, StoreError>
  }
>()("@bailiwick/core/ports/RevocationList") {}
