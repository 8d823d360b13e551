/**
 * The audit log in SQL: one row a line, and one row for the end (formats §6).
 *
 * An append is O(log n). It trusts no row: the last line, hashed onto the frontier of the lines before it, must give the
 * root of the stored checkpoint, and that must be signed by a key of the log. So an end that was changed behind the
 * broker's back stops every further append; what was changed before it, `LogVerify` finds.
 *
 * The checkpoint is signed once for all lines of a commit, as the last thing before it. Lines that stand beyond the
 * checkpoint are believed only in the commit that writes them, and only as it has written them.
 *
 * One checkpoint is kept, the newest: an older one, signed and at hand in the same database, would let whoever can write
 * there cut the log back to it unseen.
 *
 * The SQL is what SQLite and PostgreSQL share. A second writer meets the primary key and fails with `Conflict`.
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import type { LogHead } from "@bailiwick/core/LogHead"
import * as AuditLog from "@bailiwick/core/ports/AuditLog"
import * as Commits from "@bailiwick/core/ports/Commits"
import type { KeyRing } from "@bailiwick/core/ports/KeyRing"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import * as Checkpoint from "./Checkpoint.ts"
import * as CompactRange from "./CompactRange.ts"
import { damaged } from "./internal/Damage.ts"
import * as LogEnd from "./internal/LogEnd.ts"
import * as LogKeys from "./internal/LogKeys.ts"
import * as Rotation from "./internal/Rotation.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

/** How many lines a page of `lines` holds. */
const pageSize = 512

// PostgreSQL gives a BIGINT as text, because it may be larger than a JavaScript integer.
const Count = Schema.Union([Schema.Int, Schema.NumberFromString.check(Schema.isInt())])

const LineRow = Schema.Struct({ seq: Count, line: Schema.String })

/** The last line beside the row of the end; each may be missing. */
const EndRow = Schema.Struct({
  size: Schema.NullOr(Count),
  frontier: Schema.NullOr(Schema.String),
  checkpoint: Schema.NullOr(Schema.String),
  seq: Schema.NullOr(Count),
  line: Schema.NullOr(Schema.String)
})

/** A line that is written and not committed, with what the checkpoint over it needs. */
interface Written extends AuditLog.StoredLine {
  /** The range of all lines before it. */
  readonly before: CompactRange.CompactRange
  readonly end: LogEnd.LogEnd
  readonly signing: LogKeys.Signing
}

/** The tables, as a room for the store's migrations to bring up to date. */
export const room = {
  room: "audit",
  steps: [
    {
      id: 1,
      name: "lines and end",
      up: Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE audit_lines (
          project TEXT NOT NULL,
          seq BIGINT NOT NULL,
          line TEXT NOT NULL,
          PRIMARY KEY (project, seq)
        )`
        // frontier: the compact range of all lines but the last.
        yield* sql`CREATE TABLE audit_ends (
          project TEXT NOT NULL PRIMARY KEY,
          size BIGINT NOT NULL,
          frontier TEXT NOT NULL,
          checkpoint TEXT NOT NULL
        )`
      })
    }
  ]
} as const

/**
 * The log of one project, in whatever transaction its caller has opened; without one, each append is its own.
 *
 * The tables of `room` are there already.
 */
export const layer = (
  owner: LogEnd.Owner
): Layer.Layer<AuditLog.AuditLog, never, SqlClient.SqlClient | Commits.Commits | KeyRing | Ed25519> =>
  Layer.effect(AuditLog.AuditLog, make(owner))

const make = Effect.fnUntraced(function* (owner: LogEnd.Owner) {
  const sql = yield* SqlClient.SqlClient
  const ed25519 = yield* Ed25519
  const keys = yield* LogKeys.make
  const commits = yield* Commits.Commits
  const { project } = owner
  /** By commit, the lines that it will make durable, in their order. */
  const written = new WeakMap<Commits.Commit, Array<Written>>()
  /** The end that was last verified or written here, and what the tables then said: the very same need not be verified again. */
  let trusted: { readonly row: typeof EndRow.Type; readonly end: LogEnd.LogEnd } | undefined

  /** Both in one statement, so that both are of one moment even outside a transaction. */
  const readEndRow = sql`
    SELECT e.size, e.frontier, e.checkpoint, l.seq, l.line FROM (SELECT 1 AS one) AS here
    LEFT JOIN audit_ends e ON e.project = ${project}
    LEFT JOIN (SELECT seq, line FROM audit_lines WHERE project = ${project} ORDER BY seq DESC LIMIT 1) AS l ON 1 = 1`.pipe(
    Effect.mapError(SqlFailure.during("reading the end of the audit log")),
    Effect.flatMap(decodeEnd),
    Effect.map(([row]) => row)
  )

  const isSigned = Effect.fnUntraced(
    function* (note: string, { size, root }: LogHead) {
      const signed = yield* Checkpoint.verify({ project, note, keys: (yield* keys.all).map(({ key }) => key) })
      return size === signed.size && root === signed.root
    },
    Effect.catchTag("CheckpointError", () => Effect.succeed(false)),
    Effect.provideService(Ed25519, ed25519)
  )

  const readSigned = Effect.fnUntraced(function* (row: typeof EndRow.Type) {
    if (trusted !== undefined && isSame(trusted.row, row)) return trusted.end
    const { size, frontier, checkpoint, seq, line } = row
    if (size === null && seq === null) return LogEnd.empty
    if (size === null || frontier === null || checkpoint === null || line === null || seq !== size - 1) {
      return yield* damaged("the end of the audit log is not where it was written")
    }
    const end = Option.map(CompactRange.decode(seq, frontier), (range) => LogEnd.after(range, line))
    if (Option.isNone(end) || !(yield* isSigned(checkpoint, CompactRange.head(end.value.range)))) {
      return yield* damaged("the end of the audit log is not the one that was signed")
    }
    trusted = { row, end: end.value }
    return end.value
  })

  /** What the running transaction's commit has written last of what still stands: a savepoint that was undone took its lines along. */
  const lastWritten = (row: typeof EndRow.Type): Effect.Effect<Written | undefined, StoreError> =>
    Effect.flatMap(commits.current, (commit) => {
      const lines = Option.isSome(commit) ? (written.get(commit.value) ?? []) : []
      while ((lines.at(-1)?.seq ?? -1) > (row.seq ?? -1)) lines.pop()
      const last = lines.at(-1)
      return last === undefined || (row.seq === last.seq && row.line === last.text)
        ? Effect.succeed(last)
        : damaged("the end of the audit log is not the one that was written")
    })

  const readEnd = Effect.flatMap(readEndRow, (row) =>
    Effect.flatMap(lastWritten(row), (last) => (last === undefined ? readSigned(row) : Effect.succeed(last.end)))
  )

  /** Signs the end once no more lines come; nothing to do where none are left, or where it was done already. */
  const sign = Effect.gen(function* () {
    const row = yield* readEndRow
    const last = yield* lastWritten(row)
    if (last === undefined || row.size === last.end.range.size) return
    const { end, before, signing } = last
    const checkpoint = yield* keys.sign(signing, project, CompactRange.head(end.range))
    const saved = { size: end.range.size, frontier: CompactRange.encode(before), checkpoint }
    yield* Effect.mapError(
      sql`INSERT INTO audit_ends ${sql.insert({ project, ...saved })}
        ON CONFLICT (project) DO UPDATE SET
          size = excluded.size, frontier = excluded.frontier, checkpoint = excluded.checkpoint`,
      SqlFailure.during("writing to the audit log")
    )
    trusted = { row: { ...saved, seq: last.seq, line: last.text }, end }
  })

  /** The lines that the running transaction's commit has written; it signs them at its end. */
  const linesOf = (commit: Commits.Commit): Array<Written> => {
    const known = written.get(commit)
    if (known !== undefined) return known
    const lines: Array<Written> = []
    written.set(commit, lines)
    commit.before(sign)
    return lines
  }

  const write = Effect.fnUntraced(function* (
    commit: Commits.Commit,
    from: LogEnd.LogEnd,
    signing: LogKeys.Signing,
    events: ReadonlyArray<AuditEvent.AuditEvent>,
    time: UnixTime.UnixTime
  ) {
    const { lines, before, end } = yield* Effect.fromResult(LogEnd.extend(from, owner, events, time))
    for (const { seq, text } of lines) yield* sql`INSERT INTO audit_lines ${sql.insert({ project, seq, line: text })}`
    const last = lines.at(-1)
    if (last !== undefined) linesOf(commit).push({ ...last, before, end, signing })
    return { seq: before.size, time }
  })

  const append: (event: AuditEvent.AuditEvent) => Effect.Effect<AuditLog.Place, StoreError | SqlError> =
    Effect.fnUntraced(function* (event) {
      const commit = Option.getOrUndefined(yield* commits.current)
      if (commit === undefined) return yield* sql.withTransaction(append(event))
      const time = yield* UnixTime.now
      const row = yield* readEndRow
      const last = yield* lastWritten(row)
      const start = last === undefined ? yield* readSigned(row) : last.end
      const signing = last?.signing ?? (yield* keys.standing(time))
      // One statement that stands or falls alone; a new key and the line that tells of it stand or fall with the event.
      if (signing !== undefined) return yield* write(commit, start, signing, [event], time)
      return yield* sql.withTransaction(
        Effect.flatMap(keys.signing(time), (fresh) =>
          write(commit, start, fresh, [...Rotation.events(fresh), event], time)
        )
      )
    })

  const page = (from: number) =>
    sql`SELECT seq, line FROM audit_lines WHERE project = ${project} AND seq >= ${from}
      ORDER BY seq LIMIT ${pageSize}`.pipe(
      Effect.mapError(SqlFailure.during("reading the audit log")),
      Effect.flatMap(decodeLines)
    )

  return AuditLog.AuditLog.of({
    append: Effect.fn("AuditLog.append")((event) =>
      Effect.catchTag(append(event), "SqlError", SqlFailure.during("writing to the audit log"))
    ),
    head: Effect.map(readEnd, ({ range }) => CompactRange.head(range)),
    lines: (from = 0) =>
      Stream.paginate(from, (seq) =>
        Effect.map(page(seq), (found) => {
          const last = found.length < pageSize ? undefined : found.at(-1)
          return [
            found.map((row) => ({ seq: row.seq, text: row.line })),
            Option.map(Option.fromNullishOr(last), (row) => row.seq + 1)
          ] as const
        })
      ),
    // As it is stored: whoever reads it verifies it, and a damaged end must not hide the lines before it from `LogVerify`.
    // Inside a transaction that has written lines it is one of them too.
    checkpoint: Effect.andThen(
      sign,
      Effect.map(readEndRow, ({ checkpoint }) => checkpoint ?? "")
    )
  })
})

const isSame = (one: typeof EndRow.Type, other: typeof EndRow.Type): boolean =>
  one.size === other.size &&
  one.frontier === other.frontier &&
  one.checkpoint === other.checkpoint &&
  one.seq === other.seq &&
  one.line === other.line

const decoder = <S extends Schema.Decoder<unknown>>(schema: S) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (rows: unknown): Effect.Effect<S["Type"], StoreError> =>
    Effect.mapError(decode(rows), () => damaged("a row of the audit log has another form than was written"))
}

const decodeEnd = decoder(Schema.Tuple([EndRow]))
const decodeLines = decoder(Schema.Array(LineRow))
