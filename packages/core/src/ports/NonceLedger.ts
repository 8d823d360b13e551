/** Nonces of request signatures and login challenges, each usable once across all replicas (formats §5). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreError } from "../StoreError.ts"
import type * as UnixTime from "../UnixTime.ts"

export class NonceLedger extends Context.Service<
  NonceLedger,
  {
    /** True exactly once per scope and nonce; kept until `expires`. */
    use(scope: string, nonce: string, expires: UnixTime.UnixTime): Effect.Effect<boolean, StoreError>
    /** Forgets what expired before `before`; returns how many. */
    prune(before: UnixTime.UnixTime): Effect.Effect<number, StoreError>
  }
>()("@bailiwick/core/ports/NonceLedger") {}
