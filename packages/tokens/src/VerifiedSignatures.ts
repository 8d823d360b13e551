/**
 * Signatures that this process has already found good, by hash; a decision is never remembered, only arithmetic.
 *
 * The hash covers the whole signed text, the kind and the key, so a hit says exactly that these bytes carry good
 * signatures of this kind by this key: what they mean now is judged again every time.
 */
import * as Effect from "effect/Effect"
import * as Digest from "./Digest.ts"
import { Ed25519 } from "./Ed25519.ts"
import * as Recent from "./internal/Recent.ts"
import * as Jws from "./Jws.ts"
import * as Payload from "./Payload.ts"
import type { PublicKey } from "./PublicKey.ts"
import type * as SignedKind from "./SignedKind.ts"
import * as TokenError from "./TokenError.ts"

/** Entries kept per implementation of Ed25519; the oldest goes first. */
export const capacity = 4096

// Kept per service, so that what one implementation accepted never counts for another.
const known = new WeakMap<Ed25519["Service"], Recent.Recent<true>>()

const once = Effect.fnUntraced(function* (
  entry: string,
  jws: string | Jws.General,
  what: string,
  verify: Effect.Effect<Uint8Array, Jws.JwsError, Ed25519>
) {
  const service = yield* Ed25519
  const seen = known.get(service) ?? Recent.make<true>(capacity)
  known.set(service, seen)
  const hash = Digest.text(entry)
  if (seen.get(hash)) return yield* Effect.fromResult(Payload.unverified(jws, what))
  const payload = yield* Effect.mapError(verify, TokenError.fromJws(what))
  seen.keep(hash, true)
  return payload
})

/** The payload of compact text, once its signature is known to be good. */
export const compact = (options: {
  readonly typ: SignedKind.CompactKind
  readonly text: string
  readonly key: PublicKey
  readonly what: string
}): Effect.Effect<Uint8Array, TokenError.TokenError, Ed25519> =>
  once(`${options.typ}\n${options.key.kid}\n${options.text}`, options.text, options.what, Jws.verifyCompact(options))

/** The payload of a root token, once both its signatures are known to be good. */
export const general = (options: {
  readonly typ: SignedKind.GeneralKind
  readonly general: Jws.General
  readonly delegator: PublicKey
  readonly binding: PublicKey
  readonly what: string
}): Effect.Effect<Uint8Array, TokenError.TokenError, Ed25519> =>
  once(
    `${options.typ}\n${options.delegator.kid}\n${options.binding.kid}\n${JSON.stringify(options.general)}`,
    options.general,
    options.what,
    Jws.verifyGeneral(options)
  )
