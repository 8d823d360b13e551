/**
 * The hop by which a holder redeems a grant: signed with the holder key, bound to a fresh session key (formats §3).
 *
 * @example
 * ```ts
 * import { SessionHop } from "@bailiwick/tokens"
 *
 * // chain ends in a root or a grant; the result ends in the session
 * const redeeming = SessionHop.sign({ chain, holder, jti, cnf: sessionKey.jwk, iat: now })
 * ```
 */
import * as Authority from "@bailiwick/core/Authority"
import type * as Jti from "@bailiwick/core/Jti"
import type * as Jwk from "@bailiwick/core/Jwk"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Chain from "./Chain.ts"
import * as Extension from "./chain/Extension.ts"
import * as Link from "./chain/Link.ts"
import type { Ed25519, Ed25519Error } from "./Ed25519.ts"
import * as Payload from "./Payload.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import * as TokenError from "./TokenError.ts"

export interface Options {
  /** Ends in a root or a grant. */
  readonly chain: Chain.Chain
  /** The seed of that token's `cnf`. */
  readonly holder: PrivateSeed
  readonly jti: Jti.Jti
  /** The fresh session key. */
  readonly cnf: Jwk.Jwk
  readonly iat: UnixTime.UnixTime
  /** The parent's end unless said, or the longest session that the project allows. */
  readonly exp?: UnixTime.UnixTime
  /** What the session gives up of its grant. */
  readonly narrower?: Partial<Authority.Grant>
  /** Holds the hop to the project's lifetimes; without it to those of the formats. */
  readonly project?: ProjectRecord.ProjectRecord
}

/** Signs the session and gives back the chain with it; what would not verify is not signed. */
export const sign: (options: Options) => Effect.Effect<Chain.Chain, TokenError.TokenError | Ed25519Error, Ed25519> =
  Effect.fn("SessionHop.sign")(function* ({ chain, holder, jti, cnf, iat, exp, narrower, project }) {
    const links = yield* Chain.read(chain)
    const parent = links.at(-1) ?? links[0]
    if (parent.kind === "session") {
      return yield* TokenError.refuse(
        new TokenError.WrongKind({ expected: "a chain that ends in a root or a grant", found: "a session" })
      )
    }
    // Said here, because a hop that ends before it begins would be refused as no token at all.
    if (iat >= parent.token.exp) {
      return yield* TokenError.refuse(new TokenError.Expired({ what: Link.what(parent.kind), exp: parent.token.exp }))
    }
    const longest = UnixTime.plus(iat, Extension.cap(project)("session"))
    const { agent, depth } = parent.token
    const payload = yield* Effect.fromResult(
      Payload.encode(
        Authority.SessionHop,
        {
          ...Extension.inherited(parent, narrower),
          jti,
          agent,
          cnf: { jwk: cnf },
          iat,
          exp: exp ?? UnixTime.earliest(parent.token.exp, longest),
          depth
        },
        "session token"
      )
    )
    return yield* Extension.append({ chain, links, seed: holder, kind: "session", payload, project })
  })
