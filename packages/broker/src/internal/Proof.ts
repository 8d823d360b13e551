/** What an auth session is kept by: an agent's chain, or a human's SessionToken with the chain of a terminal grant. */
import type { AuthSession } from "@bailiwick/core/ports/AuthSessionStore"
import * as Chain from "@bailiwick/tokens/Chain"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as Effect from "effect/Effect"
import * as BrokerError from "../BrokerError.ts"

export const chain = (proof: string) => Effect.mapError(Effect.fromResult(Chain.decode(proof)), BrokerError.fromToken)

export const sessionToken = (proof: string) =>
  Effect.mapError(Effect.fromResult(SessionToken.decode(proof)), BrokerError.fromToken)

/** The tokens of its chain, unverified: only to find whose names it passed through. */
export const tokens = Effect.fnUntraced(function* (session: AuthSession) {
  const found = session.kind === "agent" ? yield* chain(session.proof) : (yield* sessionToken(session.proof)).delegation
  if (found === undefined) return []
  const links = yield* Effect.mapError(Chain.read(found), BrokerError.fromToken)
  return links.map(({ token }) => token)
})
