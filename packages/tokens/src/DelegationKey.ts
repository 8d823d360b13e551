/**
 * The key pair of one delegation, derived from the human's identity and never stored (formats §2).
 *
 * A new salt gives an unrelated key: that is how a delegation is rotated, and how everything beneath it ends at once.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type { MemberId } from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Kdf from "effect/crypto/Kdf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as PrivateSeed from "./PrivateSeed.ts"

const saltLength = 32

/** A fresh salt, as it stands in the delegation record. */
export const newSalt: Effect.Effect<Base64Url.Text, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  const random = yield* SecureRandom.SecureRandom
  return Base64Url.encode(yield* random.randomBytes(saltLength))
})

/** The delegation key of `identity` for `agent` (without a label) under the salt of the record (RFC 5869). */
export const derive: (options: {
  readonly identity: PrivateSeed.PrivateSeed
  readonly salt: Base64Url.Text
  readonly project: ProjectId
  readonly agent: MemberId
}) => Effect.Effect<PrivateSeed.PrivateSeed, never, Kdf.Kdf> = Effect.fnUntraced(function* ({
  identity,
  salt,
  project,
  agent
}) {
  const kdf = yield* Kdf.Kdf
  const derived = yield* Effect.orDie(
    kdf.derive(Kdf.hkdfSha256, Redacted.value(identity), {
      salt: Option.getOrThrow(Base64Url.decode(salt)),
      // No id holds a zero byte, so no two pairs of project and agent share an info.
      info: new TextEncoder().encode(`bailiwick/delegation/v1\0${project}\0${agent}`),
      length: PrivateSeed.length
    })
  )
  const seed = PrivateSeed.fromBytes(derived)
  derived.fill(0)
  return seed
})
