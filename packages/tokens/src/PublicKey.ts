/**
 * An Ed25519 public key that has been checked: canonical, on the curve, not of small order, torsion-free (formats §1).
 *
 * Holding a `PublicKey` is the proof of the check. It takes most of a millisecond, so accepted keys are remembered and
 * the same bytes give the same object; the implementations of {@link Ed25519} hang their imported keys on it.
 */
import type { Jwk } from "@bailiwick/core/Jwk"
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Point } from "@noble/ed25519"
import * as Hex from "effect/encoding/Hex"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CheckedKey from "./internal/CheckedKey.ts"

/** The bytes are no lower-case hex or base64url of 32 bytes. */
export class NotAKey extends Schema.TaggedError<NotAKey>()("NotAKey", {}) {
  override get message() {
    return "not the text of an Ed25519 public key: 32 bytes are needed"
  }
}

/** The bytes are no canonical encoding of a point of the curve (RFC 8032 §5.1.3). */
export class NotAPoint extends Schema.TaggedError<NotAPoint>()("NotAPoint", {}) {
  override get message() {
    return "not an Ed25519 public key: the bytes are not the canonical encoding of a point of the curve"
  }
}

/** The point is of small order: one signature under it can stand for every message. */
export class SmallOrder extends Schema.TaggedError<SmallOrder>()("SmallOrder", {}) {
  override get message() {
    return "refused Ed25519 public key: of small order, so one signature under it could stand for every message"
  }
}

/** The point has a component of small order: verifiers would disagree about its signatures. */
export class HasTorsion extends Schema.TaggedError<HasTorsion>()("HasTorsion", {}) {
  override get message() {
    return "refused Ed25519 public key: outside the prime-order group, so verifiers would disagree about its signatures"
  }
}

export class PublicKeyError extends Schema.TaggedError<PublicKeyError>()("PublicKeyError", {
  reason: Schema.Union([NotAKey, NotAPoint, SmallOrder, HasTorsion])
}) {
  override get message() {
    return this.reason.message
  }
}

export type PublicKey = CheckedKey.CheckedKey

/** Checks the key of a JWK. */
export const fromJwk = (jwk: Jwk): Effect.Effect<PublicKey, PublicKeyError> =>
  Effect.suspend(() => {
    const known = CheckedKey.find(jwk.x)
    return known === undefined
      ? fromBytes(Option.getOrElse(Base64Url.decode(jwk.x), () => nothing))
      : Effect.succeed(known)
  })

/** Checks 32 bytes. */
export const fromBytes = (bytes: Uint8Array): Effect.Effect<PublicKey, PublicKeyError> =>
  Effect.suspend(() => {
    if (bytes.length !== byteLength) {
      return Effect.fail(new PublicKeyError({ reason: new NotAKey() }))
    }
    const known = CheckedKey.find(Base64Url.encode(bytes))
    return known === undefined ? Effect.fromResult(check(Uint8Array.from(bytes))) : Effect.succeed(known)
  })

/** Checks lower-case hex. */
export const fromHex = (hex: string): Effect.Effect<PublicKey, PublicKeyError> =>
  /^[0-9a-f]{64}$/u.test(hex)
    ? fromBytes(Result.getOrElse(Hex.decode(hex), () => nothing))
    : Effect.fail(new PublicKeyError({ reason: new NotAKey() }))

export const toJwk = (key: PublicKey): Jwk => key.jwk

export const toHex = (key: PublicKey): string => Hex.encode(key.bytes)

/** Whether two keys are the same. */
export const equals = (one: PublicKey, other: PublicKey): boolean => one.kid === other.kid

const byteLength = 32
const nothing = new Uint8Array(0)

const check = (bytes: Uint8Array): Result.Result<PublicKey, PublicKeyError> => {
  const point = Result.try({
    try: () => Point.fromBytes(bytes, false),
    catch: () => new PublicKeyError({ reason: new NotAPoint() })
  })
  if (Result.isFailure(point)) return Result.fail(point.failure)
  if (point.success.isSmallOrder()) return Result.fail(new PublicKeyError({ reason: new SmallOrder() }))
  if (!point.success.isTorsionFree()) return Result.fail(new PublicKeyError({ reason: new HasTorsion() }))
  return Result.succeed(CheckedKey.accept(bytes))
}
