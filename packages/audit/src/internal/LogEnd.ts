/** The end of a log: what the next line needs to know of all the lines before it. */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import type { Isolation } from "@bailiwick/core/Isolation"
import type { StoredLine } from "@bailiwick/core/ports/AuditLog"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StoreError } from "@bailiwick/core/StoreError"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Result from "effect/Result"
import * as CompactRange from "../CompactRange.ts"
import * as LogLine from "../LogLine.ts"
import * as MerkleTree from "../MerkleTree.ts"

/** Whose log it is, and where it stands; a part of every line. */
export interface Owner {
  readonly project: ProjectId
  readonly isolation: Isolation
}

export interface LogEnd {
  readonly range: CompactRange.CompactRange
  /** `prev` of the next line. */
  readonly prev: string
}

export const empty: LogEnd = { range: CompactRange.empty, prev: LogLine.firstPrev }

/** The end after a line, given the range before it. */
export const after = (before: CompactRange.CompactRange, line: string): LogEnd => {
  const bytes = new TextEncoder().encode(line)
  return { range: CompactRange.append(before, MerkleTree.leafHash(bytes)), prev: LogLine.hash(bytes) }
}

export interface Extension {
  readonly lines: ReadonlyArray<StoredLine>
  /** All lines but the last of the new end: from them and the last line the end can be found again. */
  readonly before: CompactRange.CompactRange
  readonly end: LogEnd
}

/** Chains events to an end; refused if a reader would not take one of them: what cannot be logged must not happen. */
export const extend = (
  start: LogEnd,
  owner: Owner,
  events: ReadonlyArray<AuditEvent.AuditEvent>,
  time: UnixTime
): Result.Result<Extension, StoreError> =>
  events.reduce<Result.Result<Extension, StoreError>>(
    (extended, event) => Result.flatMap(extended, (so) => Result.map(write(so.end, owner, event, time), add(so))),
    Result.succeed({ lines: [], before: start.range, end: start })
  )

const add =
  ({ lines, end }: Extension) =>
  (text: string): Extension => ({
    lines: [...lines, { seq: end.range.size, text }],
    before: end.range,
    end: after(end.range, text)
  })

const write = (
  end: LogEnd,
  owner: Owner,
  event: AuditEvent.AuditEvent,
  time: UnixTime
): Result.Result<string, StoreError> =>
  LogLine.write({ ...event, v: 1, seq: end.range.size, prev: end.prev, time, ...owner }).pipe(
    Result.mapError(
      ({ reason }) =>
        new StoreError({
          reason: reason._tag === "TooLarge" ? "Full" : "Damaged",
          detail: `the event cannot be written to the audit log: ${reason.message}`
        })
    )
  )
