/** What has been ended before its time, in SQL, under the store's seal. */
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as Revocations from "./internal/Revocations.ts"
import * as Row from "./internal/Row.ts"
import * as Seal from "./internal/Seal.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer = (project: ProjectId.ProjectId) =>
  Layer.effect(
    RevocationList.RevocationList,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const transaction = yield* StoreTransaction.StoreTransaction
      const seal = yield* Seal.make(project)

      // The list that was decoded last. It is used again only for rows of the very same digest.
      let known: { readonly digest: string; readonly live: ReadonlyArray<RevocationList.Revocation> } | undefined

      // One statement, one snapshot: list and seal could otherwise come from before and after somebody's change.
      const read = sql`SELECT store.project, store.generation, store.revocations, store.mac,
          revocations.kind, revocations.subject, revocations.time, revocations."by", revocations.reason, revocations.until
        FROM store LEFT JOIN revocations ON 1 = 1`.pipe(
        Effect.mapError(SqlFailure.toStoreError("reading the revocations")),
        Effect.flatMap(
          Effect.fnUntraced(function* (joined) {
            const { generation, mac, project: owner, revocations: sealedDigest } = joined[0] ?? {}
            const sealed = yield* seal.check({ project: owner, generation, revocations: sealedDigest, mac })
            const rows = joined.filter((row) => row["kind"] !== null)
            const digest = yield* seal.digest(rows)
            if (digest !== sealed.revocations) {
              return yield* SqlFailure.damaged("the revocations are not the ones that the broker wrote")
            }
            if (known?.digest !== digest) {
              const live = yield* Effect.forEach(rows, ({ kind, subject, time, by, reason, until }) =>
                decode({ kind, subject, time, by, reason, until })
              )
              known = { digest, live }
            }
            return { generation: sealed.generation, live: known.live }
          })
        )
      )

      /** Replaces one list by another that was made from it, and seals it. */
      const change = <A>(
        doing: string,
        step: (live: ReadonlyArray<RevocationList.Revocation>) => {
          readonly live: ReadonlyArray<RevocationList.Revocation>
          readonly result: A
        }
      ) =>
        transaction.run(
          Effect.gen(function* () {
            const standing = yield* read
            const { live, result } = step(standing.live)
            const fresh = live.filter((entry) => !standing.live.includes(entry))
            const gone = standing.live.filter((entry) => !live.includes(entry))
            yield* Effect.mapError(
              Effect.gen(function* () {
                for (const { kind, subject } of gone) {
                  yield* sql`DELETE FROM revocations WHERE kind = ${kind} AND subject = ${subject}`
                }
                for (const entry of fresh) {
                  yield* sql`INSERT INTO revocations ${sql.insert({ ...entry, until: entry.until ?? null })}`
                }
              }),
              SqlFailure.toStoreError(doing)
            )
            yield* seal.write({ generation: standing.generation, revocations: yield* seal.digest(live) })
            return result
          })
        )

      return RevocationList.RevocationList.of({
        add: Effect.fn("RevocationList.add")((revocation: RevocationList.Revocation) =>
          change("revoking", (live) => ({ live: Revocations.add(live, revocation), result: undefined }))
        ),
        live: Effect.withSpan(
          Effect.map(read, ({ live }) => live),
          "RevocationList.live"
        ),
        prune: Effect.fn("RevocationList.prune")((before: UnixTime.UnixTime) =>
          change("forgetting revocations", (live) => {
            const kept = Revocations.prune(live, before)
            return { live: kept, result: live.length - kept.length }
          })
        )
      })
    })
  )

const decode = Row.decoder(RevocationList.Revocation, "revocations", "subject")
