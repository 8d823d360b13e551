/**
 * One line of the log: the compact JSON of an event at its place (formats §6).
 *
 * Nothing is written that the reader below would refuse, and JSON escapes every control character: one event is one line,
 * whatever a caller put into its texts.
 */
import * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Hex from "@bailiwick/core/Hex"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Digest from "@bailiwick/tokens/Digest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The largest line in UTF-8 bytes, without its LF (formats §1). */
export const maxBytes = 64 * 1024

/** The `prev` of the first line. */
export const firstPrev = "0".repeat(64)

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {}) {
  override get message() {
    return `the line is larger than ${maxBytes} bytes`
  }
}

export class NotJson extends Schema.TaggedError<NotJson>()("NotJson", { detail: Schema.String }) {
  override get message() {
    return `the line is no strict JSON: ${this.detail}`
  }
}

/** A member is missing, unknown or of another form than formats §6 says. */
export class NotALine extends Schema.TaggedError<NotALine>()("NotALine", {}) {
  override get message() {
    return "the line has other members than a line of the log, or a member of another form"
  }
}

export class NotCompact extends Schema.TaggedError<NotCompact>()("NotCompact", {}) {
  override get message() {
    return "the line is not written in the one compact form"
  }
}

export class LogLineError extends Schema.TaggedError<LogLineError>()("LogLineError", {
  reason: Schema.Union([TooLarge, NotJson, NotALine, NotCompact])
}) {
  override get message() {
    return this.reason.message
  }
}

/** Reads a line without its LF. */
export const read = (line: string | Uint8Array): Result.Result<AuditEvent.LogLine, LogLineError> =>
  StrictJson.decode(AuditEvent.LogLine, line, { maxBytes }).pipe(
    Result.mapError((error) => new LogLineError({ reason: reasonOf(error) })),
    Result.filterOrFail(
      (decoded) => isText(line, encode(decoded)),
      () => new LogLineError({ reason: new NotCompact() })
    )
  )

/** Writes a line without its LF; refuses what `read` would refuse. */
export const write = (line: AuditEvent.LogLine): Result.Result<string, LogLineError> => {
  const text = encode(line)
  return Result.map(read(text), () => text)
}

/** What the next line's `prev` says of this one: hex SHA-256 of its bytes, without LF. */
export const hash = (line: Uint8Array): string => Hex.encode(Digest.bytes(line))

/** The compact form, members in the order of formats §6. */
const encode = (line: AuditEvent.LogLine): string => {
  const { human, agent, session, chain } = line.actor
  return CompactJson.encode({
    v: line.v,
    seq: line.seq,
    prev: line.prev,
    time: line.time,
    project: line.project,
    actor: { human, agent, session, chain },
    type: line.type,
    subject: line.subject,
    outcome: line.outcome,
    detail: line.detail,
    isolation: line.isolation
  })
}

const isText = (line: string | Uint8Array, text: string): boolean =>
  typeof line === "string" ? line === text : new TextDecoder("utf-8", { ignoreBOM: true }).decode(line) === text

const reasonOf = (error: StrictJson.StrictJsonError | Schema.SchemaError): LogLineError["reason"] => {
  if (error._tag === "SchemaError") return new NotALine()
  return error.reason === "TooLarge" ? new TooLarge() : new NotJson({ detail: error.message })
}
