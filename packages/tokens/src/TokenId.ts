/** Fresh ids for tokens: 16 bytes of the system's randomness, so that none can be guessed or met twice (formats §1). */
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Jti } from "@bailiwick/core/Jti"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"

const length = 16

export const random: Effect.Effect<Jti, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  const bytes = yield* (yield* SecureRandom.SecureRandom).randomBytes(length)
  return Jti.make(Base64Url.encode(bytes))
})
