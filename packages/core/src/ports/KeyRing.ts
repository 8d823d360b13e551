/** The random keys of a store, one purpose each, wrapped under its master key (formats §7). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Jwk from "../Jwk.ts"
import type * as Kid from "../Kid.ts"
import type { StoreError } from "../StoreError.ts"
import type * as UnixTime from "../UnixTime.ts"

export const KeyPurpose = Schema.Literals(["authority", "log", "agents-oidc"])
export type KeyPurpose = typeof KeyPurpose.Type

export interface RingKey {
  readonly kid: Kid.Kid
  readonly purpose: KeyPurpose
  readonly jwk: Jwk.Jwk
  /** The Ed25519 seed, opened only in memory. */
  readonly seed: Redacted.Redacted<Uint8Array>
  readonly created: UnixTime.UnixTime
  /** First moment at which it may sign: a JWKS shows a key before it is used. */
  readonly active_from: UnixTime.UnixTime
  /** From then on it signs nothing; it is still published until `gone`. */
  readonly retired_at?: UnixTime.UnixTime
  readonly gone?: UnixTime.UnixTime
}

export class KeyRing extends Context.Service<
  KeyRing,
  {
    /** Every key of a purpose, oldest first, the retired ones included. */
    keys(purpose: KeyPurpose): Effect.Effect<ReadonlyArray<RingKey>, StoreError>
    /** Makes a random key. */
    create(purpose: KeyPurpose, activeFrom: UnixTime.UnixTime): Effect.Effect<RingKey, StoreError>
    retire(
      kid: Kid.Kid,
      at: { readonly retired_at: UnixTime.UnixTime; readonly gone: UnixTime.UnixTime }
    ): Effect.Effect<void, StoreError>
  }
>()("@bailiwick/core/ports/KeyRing") {}

/** The key that signs at `now`: the newest one that is active and not retired. */
export const signer = (keys: ReadonlyArray<RingKey>, now: UnixTime.UnixTime): RingKey | undefined =>
  keys.findLast((key) => key.active_from <= now && (key.retired_at === undefined || now < key.retired_at))
