/** The highest time that the store has seen, in its one row. */
import * as ClockMark from "@bailiwick/core/ports/ClockMark"
import * as Commits from "@bailiwick/core/ports/Commits"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as CommitMemo from "./internal/CommitMemo.ts"
import * as Row from "./internal/Row.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<ClockMark.ClockMark, never, SqlClient.SqlClient | Commits.Commits> = Layer.effect(
  ClockMark.ClockMark,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const commits = yield* Commits.Commits
    return ClockMark.ClockMark.of({
      read: memo
        .get(
          commits,
          sql`SELECT clock FROM store`.pipe(
            Effect.mapError(SqlFailure.toStoreError("reading the clock mark")),
            Effect.flatMap(([row]) => decode(row ?? {})),
            Effect.map((row) => row.clock)
          )
        )
        .pipe(Effect.withSpan("ClockMark.read")),
      raise: Effect.fn("ClockMark.raise")(
        function* (time: UnixTime.UnixTime) {
          // Most often it is there already: it has seconds, and they are long.
          const standing = yield* memo.peek(commits)
          if (standing !== undefined && standing >= time) return
          yield* memo.forget(commits)
          yield* sql`UPDATE store SET clock = ${time} WHERE clock < ${time}`
        },
        Effect.mapError(SqlFailure.toStoreError("raising the clock mark"))
      ),
      reset: Effect.fn("ClockMark.reset")(
        (time: UnixTime.UnixTime) =>
          Effect.andThen(memo.forget(commits), Effect.asVoid(sql`UPDATE store SET clock = ${time}`)),
        Effect.mapError(SqlFailure.toStoreError("resetting the clock mark"))
      )
    })
  })
)

const memo = CommitMemo.make<UnixTime.UnixTime>()

const decode = Row.decoder(Schema.Struct({ clock: UnixTime.UnixTime }), "store", "clock")
