/** The one error of every store port: what went wrong with the keeping of things, not with what was asked. */
import * as Schema from "effect/Schema"

export const StoreReason = Schema.Literals([
  /** Cannot be opened, read or written now: permissions, missing directory, lost connection. */
  "Unavailable",
  /** No space, or a quota. */
  "Full",
  /** Held by another process beyond the time allowed. */
  "Busy",
  /** Holds what this program never wrote, or fails its own checks. */
  "Damaged",
  /** Somebody else changed the same thing first. */
  "Conflict",
  /** Readable or writable by others; the hint is the chmod to run. */
  "Exposed"
])
export type StoreReason = typeof StoreReason.Type

export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  reason: StoreReason,
  /** What was being done, in words without values. */
  detail: Schema.String,
  hint: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return this.detail
  }
}
