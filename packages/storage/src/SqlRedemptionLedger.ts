/** Which session redeemed which token, in SQL: the primary key decides who was first, in whatever process. */
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import type * as Jti from "@bailiwick/core/Jti"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as Row from "./internal/Row.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"

export const layer: Layer.Layer<RedemptionLedger.RedemptionLedger, never, SqlClient.SqlClient> = Layer.effect(
  RedemptionLedger.RedemptionLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    const find = Effect.fn("RedemptionLedger.find")(
      (jti: Jti.Jti): Effect.Effect<Option.Option<RedemptionLedger.Redemption>, StoreError> =>
        sql`SELECT jti, hop, session, time, place FROM redemptions WHERE jti = ${jti}`.pipe(
          Effect.mapError(SqlFailure.toStoreError("looking up a redemption")),
          Effect.flatMap((rows) => Row.first(decode, rows))
        )
    )

    return RedemptionLedger.RedemptionLedger.of({
      find,
      redeem: Effect.fn("RedemptionLedger.redeem")(function* (redemption: RedemptionLedger.Redemption) {
        yield* Effect.mapError(
          sql`INSERT INTO redemptions ${sql.insert({ ...redemption })} ON CONFLICT DO NOTHING`,
          SqlFailure.toStoreError("redeeming a token")
        )
        // Read, not assumed: only the row that is there says who redeemed.
        return yield* Effect.flatMap(
          find(redemption.jti),
          Option.match({
            onSome: Effect.succeed,
            onNone: () => Effect.fail(SqlFailure.damaged("redeeming a token: the row that was written is not there"))
          })
        )
      })
    })
  })
)

const decode = Row.decoder(RedemptionLedger.Redemption, "redemptions", "jti")
