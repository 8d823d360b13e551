/** Step 2: every token belongs to the one before it and to no other (formats §3). */
import type * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as TokenError from "../TokenError.ts"
import type * as Link from "./Link.ts"

/** The first thing that does not hold together, or nothing; `aud` is the store that is asked. */
export const refusal = (links: Link.Links, aud?: Kid.Kid): TokenError.Reason | undefined => {
  const [root] = links
  if (aud !== undefined && root.token.aud !== aud) return new TokenError.WrongAudience()
  // An id twice would let one revocation or redemption record stand for two tokens.
  if (!areDistinct(links.map((link) => link.token.jti))) return broken("a jti stands twice")
  // A key twice would let one holder sign in another's place: no cnf may be a root key, and none may return.
  const keys = [root.token.delegator_kid, root.token.binding_kid, ...links.map((link) => link.key.kid)]
  if (!areDistinct(keys)) return new TokenError.KeyReused({ what: "chain" })
  return links
    .slice(1)
    .reduce<TokenError.Reason | undefined>(
      (found, link, index) => found ?? between(links[index] ?? root, link),
      undefined
    )
}

const broken = (detail: string) => new TokenError.BrokenChain({ detail })

const areDistinct = (texts: ReadonlyArray<string>): boolean => new Set(texts).size === texts.length

const between = (parent: Link.Link, child: Link.Link): TokenError.Reason | undefined => {
  if (child.kind === "root") return broken("a root stands only at the beginning")
  // Bound to one instance of its parent: else a holder of two could hang a child under the other one.
  if (child.token.par_hash !== parent.hash) return broken("a token names another parent")
  if (child.token.project !== parent.token.project) return broken("the project changes")
  if (child.token.human !== parent.token.human) return broken("the human changes")
  if (child.token.aud !== parent.token.aud) return broken("the store changes")
  return child.kind === "session" ? holds(parent, child) : passesOn(parent, child)
}

const holds = (parent: Link.Link, session: Link.Link) =>
  session.token.agent === parent.token.agent ? undefined : broken("a session acts as another than its grant names")

/** To a LABEL under the parent's NAME, or to another enrolled NAME; the latter is judged against the registry. */
const passesOn = (parent: Link.Link, grant: Link.Link) => {
  const { agent } = grant.token
  if (MemberId.isHuman(agent)) return broken("a grant never goes to a human")
  if (MemberId.agentParts(agent).label === undefined) {
    return agent === nameOf(parent.token.agent) ? broken("a grant never goes to its giver's own name") : undefined
  }
  return MemberId.enrolled(agent) === nameOf(parent.token.agent)
    ? undefined
    : broken("a grant to a sub-agent stays under its giver's name")
}

const nameOf = (id: MemberId.MemberId): MemberId.MemberId => (MemberId.isAgent(id) ? MemberId.enrolled(id) : id)

/** Whether a grant hands authority to another enrolled agent, which the registry must then know. */
export const goesToAnother = (link: Link.Link): boolean =>
  link.kind === "grant" &&
  MemberId.isAgent(link.token.agent) &&
  MemberId.agentParts(link.token.agent).label === undefined
