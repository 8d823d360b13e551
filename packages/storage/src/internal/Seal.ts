/**
 * The seal of a store: a MAC under the master key over the generation and the live revocations (formats §7).
 *
 * It is made over `{ v, project, generation, revocations }`, where `revocations` is the SHA-256 of the list, so that the
 * generation alone can be read and checked without reading the list. Nothing is sealed anew before the standing seal
 * was checked: a row taken out behind the broker's back is not covered up by the next change.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as Commits from "@bailiwick/core/ports/Commits"
import type * as RevocationList from "@bailiwick/core/ports/RevocationList"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Digest from "effect/crypto/Digest"
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { Row as SqlRow } from "effect/sql/SqlConnection"
import { MasterKey } from "../MasterKey.ts"
import * as CommitMemo from "./CommitMemo.ts"
import * as Row from "./Row.ts"
import * as SqlFailure from "./SqlFailure.ts"

export interface Sealed {
  readonly generation: number
  /** SHA-256 of the live revocations. */
  readonly revocations: string
}

export interface Seal {
  /** As the running transaction sees it, checked. */
  readonly read: Effect.Effect<Sealed, StoreError>
  /** Checks the columns `project, generation, revocations, mac` of a row of `store`. */
  check(columns: SqlRow): Effect.Effect<Sealed, StoreError>
  write(sealed: Sealed): Effect.Effect<void, StoreError>
  /** The MAC as text, for the row that makes a store. */
  mac(sealed: Sealed): Effect.Effect<string>
  /** Of a list of revocations, or of the rows that hold one. */
  digest(revocations: ReadonlyArray<SqlRow | RevocationList.Revocation>): Effect.Effect<string>
}

const encoder = new TextEncoder()

const memo = CommitMemo.make<Sealed>()

export const columns = "project, generation, revocations, mac"

export const make = Effect.fnUntraced(function* (project: ProjectId.ProjectId) {
  const sql = yield* SqlClient.SqlClient
  const commits = yield* Commits.Commits
  const macs = yield* Mac.Mac
  const digests = yield* Digest.Digest
  const { sealing } = yield* MasterKey

  const message = ({ generation, revocations }: Sealed) =>
    CompactJson.encodeBytes({ v: 1, project, generation, revocations })

  // The columns that held last. Whether a MAC holds is arithmetic, so the very same columns need not be checked again;
  // any other ones are.
  let held: { readonly columns: SqlRow; readonly sealed: Sealed } | undefined

  const check = (row: SqlRow): Effect.Effect<Sealed, StoreError> =>
    held !== undefined && isSame(held.columns, row)
      ? Effect.succeed(held.sealed)
      : Effect.tap(verify(row), (sealed) => Effect.sync(() => (held = { columns: row, sealed })))

  const verify = Effect.fnUntraced(function* (row: SqlRow) {
    const sealed = yield* decode(row)
    // Constant time, and false for any length but the right one.
    const holds = yield* Effect.orDie(
      macs.verify(
        sealing,
        Option.getOrElse(Base64Url.decode(sealed.mac), () => new Uint8Array(0)),
        message(sealed)
      )
    )
    if (sealed.project !== project || !holds) {
      return yield* SqlFailure.damaged(
        "the seal of the store does not hold: it was changed behind the broker's back, or master.key is another one"
      )
    }
    return { generation: sealed.generation, revocations: sealed.revocations }
  })

  const mac = (sealed: Sealed) => Effect.orDie(Effect.map(macs.sign(sealing, message(sealed)), Base64Url.encode))

  const seal: Seal = {
    check,
    mac,
    read: memo.get(
      commits,
      sql`SELECT ${sql.literal(columns)} FROM store`.pipe(
        Effect.mapError(SqlFailure.toStoreError("reading the seal of the store")),
        Effect.flatMap(([row]) => check(row ?? {}))
      )
    ),
    write: (sealed) =>
      Effect.flatMap(Effect.andThen(memo.forget(commits), mac(sealed)), (text) =>
        Effect.asVoid(
          Effect.mapError(
            sql`UPDATE store SET ${sql.update({ ...sealed, mac: text })}`,
            SqlFailure.toStoreError("sealing the store")
          )
        )
      ),
    digest: (revocations) =>
      Effect.orDie(Effect.map(digests.digest(Digest.sha256, encoder.encode(inOrder(revocations))), Base64Url.encode))
  }
  return seal
})

const isSame = (one: SqlRow, other: SqlRow): boolean =>
  one["project"] === other["project"] &&
  one["generation"] === other["generation"] &&
  one["revocations"] === other["revocations"] &&
  one["mac"] === other["mac"]

const decode = Row.decoder(
  Schema.Struct({
    project: Schema.String,
    generation: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
    revocations: Schema.String,
    mac: Schema.String
  }),
  "store",
  "project"
)

/** The list as compact JSON: by code unit, not by a collation; members in the schema's order; NULL is absent. */
const inOrder = (revocations: ReadonlyArray<SqlRow>): string =>
  `[${revocations
    .map(({ kind, subject, time, by, reason, until }) =>
      JSON.stringify({ kind, subject, time, by, reason, until: until ?? undefined })
    )
    .toSorted()
    .join(",")}]`
