/** Inspects sessions: a human's session token, and the value of an environment variable. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Ed25519 } from "../Ed25519.ts"
import * as SessionEnv from "../SessionEnv.ts"
import * as SessionToken from "../SessionToken.ts"
import * as Chains from "./Chains.ts"
import { answer, type Inspection, ofProject, type Request } from "./Inspection.ts"

export const token = (request: Request): Effect.Effect<Inspection, never, Ed25519> =>
  answer(
    "session-token",
    null,
    Effect.gen(function* () {
      const { input, keys, at } = request
      const decoded = yield* Effect.fromResult(SessionToken.decode(input))
      const { claims, delegation } = decoded
      yield* ofProject(claims.project_id, request)
      yield* SessionToken.check({ claims, delegation, at })
      const examined = delegation === undefined ? undefined : yield* Chains.examine(delegation, request)
      const value = examined === undefined ? { claims } : { claims, delegation: { tokens: examined.tokens } }
      if (keys.identity === undefined) return { value, missing: "it is verified under the human's key: identity" }
      yield* SessionToken.verify({ token: decoded, identity: keys.identity, at })
      return { value, ...examined?.missing }
    })
  )

/** Which session it names and how long it is; the seed stays inside, and only a store knows whether both fit. */
export const env = ({ input }: Request): Inspection =>
  Result.match(SessionEnv.decode(Redacted.make(input)), {
    onFailure: (error): Inspection => ({
      kind: "env",
      profile: "bailiwick",
      verdict: "refused",
      reason: error.message,
      value: null
    }),
    onSuccess: ({ id, third }): Inspection => ({
      kind: "env",
      profile: "bailiwick",
      verdict: "unverified",
      reason: "whether the seed is that of the session, its store knows",
      value: { id, seed: 32, third: third === undefined ? 0 : 32 }
    })
  })
