/** Step 5: what the store knows of the people, the delegation, the tokens and the targets of a chain (formats §3). */
import * as MemberId from "@bailiwick/core/MemberId"
import type * as Jti from "@bailiwick/core/Jti"
import type * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as RevocationList from "@bailiwick/core/ports/RevocationList"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Option from "effect/Option"
import type { View } from "../registry/View.ts"
import * as StorageIdOf from "../StorageIdOf.ts"
import * as TokenError from "../TokenError.ts"
import type * as Link from "./Link.ts"
import * as Linkage from "./Linkage.ts"

export type Redemptions = (jti: Jti.Jti) => Option.Option<RedemptionLedger.Redemption>

export interface Store {
  /** The registry as it stands now. */
  readonly view: View
  readonly redemptions: Redemptions
  /** Every live revocation. */
  readonly revocations: ReadonlyArray<RevocationList.Revocation>
  /** The token whose redemption is still to come. */
  readonly pending?: Link.Link | undefined
}

export const refusal = (links: Link.Links, store: Store): TokenError.Reason | undefined =>
  members(links, store) ??
  delegation(links, store) ??
  revoked(links, store) ??
  redeemed(links, store) ??
  againstProject(links, store.view.project)

/** The rules of the project record that a signer can check too. */
export const againstProject = (
  links: Link.Links,
  project: ProjectRecord.ProjectRecord
): TokenError.Reason | undefined => targets(links, project) ?? confirmed(links, project)

const members = (links: Link.Links, { view }: Store): TokenError.Reason | undefined => {
  const { human } = links[0].token
  const member = view.memberInForce(human)
  if (!Option.exists(member, ({ kind, role }) => kind === "human" && role === "member")) {
    return new TokenError.NotInForce({ member: human })
  }
  const missing = links.find(({ token: { agent } }) => agent !== human && Option.isNone(view.memberInForce(agent)))
  return missing === undefined ? undefined : new TokenError.NotInForce({ member: missing.token.agent })
}

const delegation = (links: Link.Links, { view }: Store): TokenError.Reason | undefined => {
  const { human, agent, binding_kid } = links[0].token
  const verifier = view.verifierOf(human, agent)
  if (Option.isNone(verifier)) return new TokenError.NotDelegated({ human, agent, detail: "it is ended" })
  if (verifier.value.kid !== binding_kid) {
    return new TokenError.NotDelegated({ human, agent, detail: "it was rotated after the token was signed" })
  }
  for (const link of links.filter(Linkage.goesToAnother)) {
    const other = link.token.agent
    if (Option.isNone(view.verifierOf(human, other))) {
      return new TokenError.NotDelegated({ human, agent: other, detail: "there is none in force" })
    }
    if (!Option.exists(view.keyOf(other), ({ kid }) => kid === link.key.kid)) {
      return new TokenError.WrongKey({ detail: `a grant to ${other} is bound to its enrolled key` })
    }
  }
  return undefined
}

const revoked = (links: Link.Links, { redemptions, revocations }: Store): TokenError.Reason | undefined => {
  const found = revocations.find((revocation) =>
    links.some((link) => {
      if (!concerns(revocation, link)) return false
      // A token or a session ended by its own id stays ended, whenever it was redeemed.
      if (revocation.kind === "token" || revocation.kind === "session") return true
      // Else the broker's own time of redemption is the cut; iat can only add to it, for tokens not redeemed by then.
      const redemption = redemptions(link.token.jti)
      return link.token.iat <= revocation.time || Option.exists(redemption, ({ time }) => time <= revocation.time)
    })
  )
  return found === undefined ? undefined : new TokenError.Revoked({ kind: found.kind, time: found.time })
}

/** Whether a revocation names this token or something that it comes from. */
const concerns = ({ kind, subject }: RevocationList.Revocation, { token, key, kind: place }: Link.Link): boolean => {
  const { agent, human, project, jti } = token
  const name = MemberId.isAgent(agent) ? MemberId.enrolled(agent) : agent
  switch (kind) {
    case "human":
      return subject === human
    case "agent":
      // Ending one LABEL leaves the others; ending NAME covers them, for its own token stands before theirs.
      return subject === agent
    case "delegation":
      return subject === RecordRegistry.delegationChain(human, name)
    case "token":
      return subject === jti
    case "session":
      return place === "session" && subject === StorageIdOf.of({ project, member: agent, key })
    case "credential-session":
      return false
  }
}

const redeemed = (links: Link.Links, { redemptions, pending }: Store): TokenError.Reason | undefined => {
  for (const [index, link] of links.entries()) {
    if (link.kind === "session") continue
    const redemption = redemptions(link.token.jti)
    if (Option.isNone(redemption)) {
      if (link === pending) continue
      return new TokenError.NotRedeemed()
    }
    // The hash names one session for ever: a hop signed later, by whoever copied a bearer token, is another one.
    if (redemption.value.hop !== links[index + 1]?.hash) {
      return new TokenError.AlreadyRedeemed({ session: redemption.value.session, time: redemption.value.time })
    }
  }
  return undefined
}

const targets = (links: Link.Links, project: ProjectRecord.ProjectRecord): TokenError.Reason | undefined => {
  const leaf = links.at(-1) ?? links[0]
  const moved = leaf.token.targets.find(({ alias, provider, principal }) => {
    const defined = Object.hasOwn(project.targets, alias) ? project.targets[alias] : undefined
    return defined?.provider !== provider || defined.principal !== principal
  })
  return moved === undefined ? undefined : new TokenError.TargetChanged({ alias: moved.alias })
}

const confirmed = (links: Link.Links, project: ProjectRecord.ProjectRecord): TokenError.Reason | undefined =>
  project.require_terminal && links[0].token.confirmed !== "terminal" ? new TokenError.NotConfirmed() : undefined
