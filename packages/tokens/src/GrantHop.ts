/**
 * The hop by which a session passes a part of its authority on: to a sub-agent, or to another enrolled agent
 * (formats §3).
 *
 * @example
 * ```ts
 * import { GrantHop } from "@bailiwick/tokens"
 *
 * // chain ends in a session; the result ends in a grant for ai:claude/tests@acme
 * const granted = GrantHop.sign({ chain, session, jti, agent, cnf, iat: now, exp, redeem_by, narrower: { policy } })
 * ```
 */
import * as Authority from "@bailiwick/core/Authority"
import type * as Jti from "@bailiwick/core/Jti"
import type * as Jwk from "@bailiwick/core/Jwk"
import type * as MemberId from "@bailiwick/core/MemberId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Chain from "./Chain.ts"
import * as Extension from "./chain/Extension.ts"
import type { Ed25519, Ed25519Error } from "./Ed25519.ts"
import * as Payload from "./Payload.ts"
import type { PrivateSeed } from "./PrivateSeed.ts"
import * as TokenError from "./TokenError.ts"

export interface Options {
  /** Ends in a session. */
  readonly chain: Chain.Chain
  /** The seed of that session's key. */
  readonly session: PrivateSeed
  readonly jti: Jti.Jti
  /** The giver's NAME with a LABEL, or another enrolled agent. */
  readonly agent: MemberId.AgentId
  /** The receiver's key: of another enrolled agent, its enrolled one. */
  readonly cnf: Jwk.Jwk
  readonly iat: UnixTime.UnixTime
  readonly exp: UnixTime.UnixTime
  readonly redeem_by: UnixTime.UnixTime
  /** What the receiver gets less than the giver has. */
  readonly narrower?: Partial<Authority.Grant>
  /** Holds the hop to the project's lifetimes; without it to those of the formats. */
  readonly project?: ProjectRecord.ProjectRecord
}

/** Signs the grant and gives back the chain with it; what would not verify is not signed. */
export const sign: (options: Options) => Effect.Effect<Chain.Chain, TokenError.TokenError | Ed25519Error, Ed25519> =
  Effect.fn("GrantHop.sign")(function* ({ chain, session, jti, agent, cnf, iat, exp, redeem_by, narrower, project }) {
    const links = yield* Chain.read(chain)
    const parent = links.at(-1) ?? links[0]
    if (parent.kind !== "session") {
      return yield* TokenError.refuse(
        new TokenError.WrongKind({ expected: "a chain that ends in a session", found: `a ${parent.kind}` })
      )
    }
    const { depth, max_depth } = parent.token
    if (depth >= max_depth) {
      return yield* TokenError.refuse(new TokenError.DepthExceeded({ depth: depth + 1, max_depth }))
    }
    const payload = yield* Effect.fromResult(
      Payload.encode(
        Authority.GrantHop,
        {
          ...Extension.inherited(parent, narrower),
          jti,
          agent,
          cnf: { jwk: cnf },
          iat,
          exp,
          redeem_by,
          depth: depth + 1
        },
        "grant token"
      )
    )
    return yield* Extension.append({ chain, links, seed: session, kind: "grant", payload, project })
  })
