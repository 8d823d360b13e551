/** The auth sessions of a store: what was redeemed or logged in, kept so that a caller need only name it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Jti from "../Jti.ts"
import * as MemberId from "../MemberId.ts"
import * as StorageId from "../StorageId.ts"
import type { StoreError } from "../StoreError.ts"
import * as UnixTime from "../UnixTime.ts"

export const AuthSessionStatus = Schema.Literals(["active", "closed", "revoked"])
export type AuthSessionStatus = typeof AuthSessionStatus.Type

export const AuthSession = Schema.Struct({
  id: StorageId.StorageId,
  kind: Schema.Literals(["human", "agent"]),
  human: MemberId.HumanId,
  /** The leaf's agent; for a human's session absent. */
  agent: Schema.optionalKey(MemberId.AgentId),
  /** The proof itself as JSON: a SessionToken, or a chain that ends in a session. Verified again at every use. */
  proof: Schema.String,
  /** The `jti`s of the chain, root first: revoking one ends the session. Empty for a human without a terminal grant. */
  lineage: Schema.Array(Jti.Jti),
  created: UnixTime.UnixTime,
  expires: UnixTime.UnixTime,
  /** Last use by the broker's time; a human's session idles out. */
  used: UnixTime.UnixTime,
  status: AuthSessionStatus
})
export type AuthSession = typeof AuthSession.Type

export class AuthSessionStore extends Context.Service<
  AuthSessionStore,
  {
    /** Inserts; the same id with the same proof changes nothing, with another proof it is a `Conflict`. */
    save(session: AuthSession): Effect.Effect<void, StoreError>
    find(id: StorageId.StorageId): Effect.Effect<Option.Option<AuthSession>, StoreError>
    readonly list: Effect.Effect<ReadonlyArray<AuthSession>, StoreError>
    /** Notes a use; never lowers `used`. */
    touch(id: StorageId.StorageId, used: UnixTime.UnixTime): Effect.Effect<void, StoreError>
    /** Leaves `active` for good; false if it had left before. */
    end(id: StorageId.StorageId, status: "closed" | "revoked"): Effect.Effect<boolean, StoreError>
  }
>()("@bailiwick/core/ports/AuthSessionStore") {}
