/** The append-only, hash-chained, checkpoint-signed log of one store (formats §6). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as AuditEvent from "../AuditEvent.ts"
import type * as LogHead from "../LogHead.ts"
import type { StoreError } from "../StoreError.ts"
import type * as UnixTime from "../UnixTime.ts"

/** Where an event came to stand. */
export interface Place {
  readonly seq: number
  readonly time: UnixTime.UnixTime
}

/** A line as it was hashed, without its LF. */
export interface StoredLine {
  readonly seq: number
  readonly text: string
}

export class AuditLog extends Context.Service<
  AuditLog,
  {
    /** Inside the transaction of the state change that it tells of; the checkpoint is signed with the commit. */
    append(event: AuditEvent.AuditEvent): Effect.Effect<Place, StoreError>
    readonly head: Effect.Effect<LogHead.LogHead, StoreError>
    /** Lines from `from` on (0 unless said), in order, read in pages. */
    lines(from?: number): Stream.Stream<StoredLine, StoreError>
    /** The signed note over exactly the lines that are there now; "" for an empty log. */
    readonly checkpoint: Effect.Effect<string, StoreError>
  }
>()("@bailiwick/core/ports/AuditLog") {}
