/**
 * Says what a piece of text is, shows what stands in it, and verifies what the given keys allow, without touching state.
 *
 * `verified` is said only when nothing was left unchecked that keys could check; what needs a store (members,
 * revocations, redemptions) is never part of it. No secret is shown: a bearer seed and a session seed stay inside.
 *
 * @example
 * ```ts
 * import { Inspect } from "@bailiwick/tokens"
 *
 * // Effect of Option<{ kind: "chain", profile: "bailiwick", verdict: "unverified", reason, value }>
 * const answer = Inspect.inspect({ input: "bw_d_…", keys: {}, at: now })
 * ```
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Ed25519 } from "./Ed25519.ts"
import * as Chains from "./inspect/Chains.ts"
import * as Compact from "./inspect/Compact.ts"
import type { Inspection, Request } from "./inspect/Inspection.ts"
import * as Sessions from "./inspect/Sessions.ts"
import * as SessionEnv from "./SessionEnv.ts"
import * as TokenText from "./TokenText.ts"

export type { Inspection, Keys, Kind, Profile, Request, Role, Verdict } from "./inspect/Inspection.ts"

/** Larger than everything that this package writes. */
export const maxLength = 1024 * 1024

/** `None` for text that is nothing of this package's. */
export const inspect: (request: Request) => Effect.Effect<Option.Option<Inspection>, never, Ed25519> = Effect.fn(
  "Inspect.inspect"
)(function* (request) {
  const { input, profile } = request
  if (input.length > maxLength || (profile !== undefined && profile !== "bailiwick")) return Option.none()
  if (input.startsWith(SessionEnv.prefix)) return Option.some(Sessions.env(request))
  if (input.startsWith(TokenText.prefix) || input.startsWith(TokenText.bearerPrefix)) {
    return Option.some(yield* Chains.text(request))
  }
  const shape = membersOf(input)
  if (shape.has("claims")) return Option.some(yield* Sessions.token(request))
  if (shape.has("tokens")) return Option.some(yield* Chains.chain(request))
  if (shape.has("payload") && shape.has("signatures")) return Option.some(yield* Chains.root(request))
  return yield* Compact.inspect(request)
})

// A lenient look, only to name the kind: each kind is then read strictly, and says itself why it is refused.
const membersOf = (input: string): ReadonlySet<string> =>
  Result.match(
    Result.try((): unknown => JSON.parse(input)),
    {
      onFailure: () => new Set(),
      onSuccess: (value) => new Set(typeof value === "object" && value !== null ? Object.keys(value) : [])
    }
  )
