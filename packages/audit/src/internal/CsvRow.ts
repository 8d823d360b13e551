/** A line of the log as cells for a spreadsheet. */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as LogLine from "../LogLine.ts"

export const columns = [
  "seq",
  "time",
  "project",
  "human",
  "agent",
  "session",
  "chain",
  "type",
  "subject",
  "outcome",
  "detail",
  "isolation",
  "prev",
  "hash"
] as const

export type CsvRow = Readonly<Record<(typeof columns)[number], string>>

/** `text` is the line that `line` was read from: `hash` is its, so that a row can be found and checked in the log. */
export const fromLine = (line: AuditEvent.LogLine, text: string): CsvRow => ({
  seq: String(line.seq),
  time: UnixTime.toText(line.time),
  project: line.project,
  human: inert(line.actor.human ?? ""),
  agent: inert(line.actor.agent ?? ""),
  session: inert(line.actor.session ?? ""),
  chain: inert(line.actor.chain ?? ""),
  type: line.type,
  subject: inert(line.subject),
  outcome: line.outcome,
  detail: inert(CompactJson.encode(line.detail)),
  isolation: line.isolation,
  prev: line.prev,
  hash: LogLine.hash(new TextEncoder().encode(text))
})

// A spreadsheet takes such a cell for a formula, which could send what stands beside it away (CWE-1236).
const inert = (cell: string): string => (/^[=+\-@\t\r]/u.test(cell) ? `'${cell}` : cell)
