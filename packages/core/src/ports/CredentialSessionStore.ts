/** The credential sessions of a store, looked up by id, by owner and by the one digest that decides reuse. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as CredentialSession from "../CredentialSession.ts"
import type * as CredentialSessionId from "../CredentialSessionId.ts"
import type * as MemberId from "../MemberId.ts"
import type * as Sha256 from "../Sha256.ts"
import type * as StorageId from "../StorageId.ts"
import type { StoreError } from "../StoreError.ts"
import type * as UnixTime from "../UnixTime.ts"

export interface Filter {
  readonly human?: MemberId.HumanId
  readonly agent?: MemberId.AgentId
  readonly auth_session?: StorageId.StorageId
  readonly status?: CredentialSession.Status
  /** Only those that expire after this moment. */
  readonly expires_after?: UnixTime.UnixTime
  /** Newest first; at most 1,000 unless said. */
  readonly limit?: number
}

export class CredentialSessionStore extends Context.Service<
  CredentialSessionStore,
  {
    /** Inserts a new session; an id that is there already is a `Conflict`. */
    save(session: CredentialSession.CredentialSession): Effect.Effect<void, StoreError>
    find(
      id: CredentialSessionId.CredentialSessionId
    ): Effect.Effect<Option.Option<CredentialSession.CredentialSession>, StoreError>
    /** Newest first by `created_at`, then id. */
    list(filter: Filter): Effect.Effect<ReadonlyArray<CredentialSession.CredentialSession>, StoreError>
    /** Replaces a session that is still active; false if it is not there or has ended: a final status is never left. */
    update(session: CredentialSession.CredentialSession): Effect.Effect<boolean, StoreError>
    /** Notes in a session that has ended what its cloud said to that; false if it is not there or still active. */
    noteEnd(
      id: CredentialSessionId.CredentialSessionId,
      end: CredentialSession.CloudEnd
    ): Effect.Effect<boolean, StoreError>
    /** The newest active session of this digest with more than `minimum` seconds left, in O(log n). */
    findReusable(
      reuse: Sha256.Sha256,
      at: UnixTime.UnixTime,
      minimum: number
    ): Effect.Effect<Option.Option<CredentialSession.CredentialSession>, StoreError>
  }
>()("@bailiwick/core/ports/CredentialSessionStore") {}
