/** Step 3: times only shrink, lifetimes stay within the project's, and depth is counted (formats §3). */
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as TokenError from "../TokenError.ts"
import * as Link from "./Link.ts"

export interface Rules {
  readonly now: UnixTime.UnixTime
  /** The cap of one lifetime in seconds; without a project record those of the formats. */
  readonly cap: (name: ProjectRecord.TtlName) => number
  /** The token whose redemption is still to come: it needs `now < redeem_by`. */
  readonly pending?: Link.Link | undefined
}

/** The caps that hold for every project. */
export const formatCap = (name: ProjectRecord.TtlName): number => ProjectRecord.ttlCaps[name]

export const refusal = (links: Link.Links, rules: Rules): TokenError.Reason | undefined =>
  links.reduce<TokenError.Reason | undefined>(
    (found, link, index) =>
      found ?? (index === 0 ? undefined : shrinks(links[index - 1] ?? links[0], link)) ?? stands(link, rules),
    undefined
  )

const shrinks = (parent: Link.Link, child: Link.Link): TokenError.Reason | undefined => {
  if (child.token.iat < parent.token.iat) {
    return new TokenError.NotSubset({ member: "iat", excess: [UnixTime.toText(child.token.iat)] })
  }
  if (child.token.exp > parent.token.exp) {
    return new TokenError.NotSubset({ member: "exp", excess: [UnixTime.toText(child.token.exp)] })
  }
  const depth = parent.token.depth + (child.kind === "grant" ? 1 : 0)
  return child.token.depth === depth ? undefined : new TokenError.BrokenChain({ detail: "a depth is miscounted" })
}

const stands = (link: Link.Link, { now, cap, pending }: Rules): TokenError.Reason | undefined => {
  const { token, kind } = link
  const what = Link.what(kind)
  if (now < token.iat - UnixTime.leeway) return new TokenError.NotYet({ what, iat: token.iat })
  if (now >= token.exp) return new TokenError.Expired({ what, exp: token.exp })
  if (link === pending && "redeem_by" in token && now >= token.redeem_by) {
    return new TokenError.RedeemExpired({ redeem_by: token.redeem_by })
  }
  if (token.depth > token.max_depth) {
    return new TokenError.DepthExceeded({ depth: token.depth, max_depth: token.max_depth })
  }
  const exceeds = (name: ProjectRecord.TtlName, seconds: number) =>
    seconds > cap(name) ? new TokenError.LifetimeExceeded({ name, seconds, cap: cap(name) }) : undefined
  return (
    exceeds(kind === "session" ? "session" : "token", token.exp - token.iat) ??
    ("redeem_by" in token ? exceeds("redeem_to", token.redeem_by - token.iat) : undefined)
  )
}
