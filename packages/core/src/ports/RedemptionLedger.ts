/** Which session redeemed which token: one line per `jti`, written once and never changed (formats §3 Redeem). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Jti from "../Jti.ts"
import * as Sha256 from "../Sha256.ts"
import * as StorageId from "../StorageId.ts"
import type { StoreError } from "../StoreError.ts"
import * as UnixTime from "../UnixTime.ts"

export const Redemption = Schema.Struct({
  jti: Jti.Jti,
  /** SHA-256 of the signing input of the session hop that redeemed it. */
  hop: Sha256.Sha256,
  session: StorageId.StorageId,
  /** The broker's own time, which alone decides cut-offs. */
  time: UnixTime.UnixTime,
  /** `seq` of the `token.redeemed` line: the place at which the root's keys are judged. */
  place: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
})
export type Redemption = typeof Redemption.Type

export class RedemptionLedger extends Context.Service<
  RedemptionLedger,
  {
    /** Inserts uniquely by `jti`; gives back the record that stands, ours or the earlier one. */
    redeem(redemption: Redemption): Effect.Effect<Redemption, StoreError>
    find(jti: Jti.Jti): Effect.Effect<Option.Option<Redemption>, StoreError>
  }
>()("@bailiwick/core/ports/RedemptionLedger") {}
