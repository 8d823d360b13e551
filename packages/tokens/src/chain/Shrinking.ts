/** Step 4: what a token grants lies inside what the token before it grants (formats §3). */
import type * as Authority from "@bailiwick/core/Authority"
import * as Policy from "@bailiwick/core/Policy"
import * as Target from "@bailiwick/core/Target"
import * as TokenError from "../TokenError.ts"
import type * as Link from "./Link.ts"

export const refusal = (links: Link.Links): TokenError.Reason | undefined =>
  links
    .slice(1)
    .reduce<TokenError.Reason | undefined>(
      (found, link, index) => found ?? widening(link.token, (links[index] ?? links[0]).token),
      undefined
    )

/** What of `child` sticks out of `parent`. A budget needs no comparison: none but the empty one can be read. */
export const widening = (child: Authority.Grant, parent: Authority.Grant): TokenError.Reason | undefined => {
  const notSubset = (member: TokenError.NotSubset["member"], excess: ReadonlyArray<string>) =>
    excess.length === 0 ? undefined : new TokenError.NotSubset({ member, excess })
  const { excess } = Policy.isSubset(child.policy, parent.policy)
  return (
    notSubset(
      "policy",
      excess.map(
        ({ at, provider, action, resource, reason }) => `${at}: ${provider} ${action} on ${resource} (${reason})`
      )
    ) ??
    notSubset(
      "targets",
      Target.excess(child.targets, parent.targets).map(({ alias }) => alias)
    ) ??
    notSubset("scopes", missing(child.scopes, parent.scopes)) ??
    notSubset("accept_unenforced", missing(child.accept_unenforced, parent.accept_unenforced)) ??
    notSubset("max_depth", child.max_depth > parent.max_depth ? [`${child.max_depth}`] : [])
  )
}

const missing = (child: ReadonlyArray<string>, parent: ReadonlyArray<string>): ReadonlyArray<string> =>
  child.filter((entry) => !parent.includes(entry))
