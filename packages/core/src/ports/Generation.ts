/**
 * The counter of every change of registry, project record or revocation: an answer cached under another generation is
 * not used. A small file mirrors it, written and fsynced before the commit and never lowered.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreError } from "../StoreError.ts"

export class Generation extends Context.Service<
  Generation,
  {
    /** As the running transaction sees it. */
    readonly current: Effect.Effect<number, StoreError>
    /** Raises it by one; only inside a transaction. */
    readonly bump: Effect.Effect<number, StoreError>
  }
>()("@bailiwick/core/ports/Generation") {}
