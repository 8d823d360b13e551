/**
 * What keeps a session from changing the tags by which it is told apart and narrowed.
 *
 * Accounts decide by `bailiwick-*` tags who acted for whom, and a policy with `resource_tag` is held by that very tag: a
 * session that may tag could take both over. So where a grant reaches an action that sets or removes tags, requests that
 * touch those keys are denied (`aws:TagKeys`, IAM user guide: "Controlling access during AWS requests"). The denial
 * speaks of every action, for creating with a tag is tagging too; requests that carry no tag keys are untouched by it.
 */
import * as Name from "@bailiwick/core/policy/Name"
import type * as Policy from "@bailiwick/core/Policy"
import * as Actions from "../Actions.ts"
import { enumerate } from "../Refusal.ts"
import * as SessionIdentity from "../SessionIdentity.ts"
import type { IamStatement } from "./IamStatement.ts"
import * as Reach from "./Reach.ts"

export interface Lock {
  readonly denials: ReadonlyArray<IamStatement>
  readonly notes: ReadonlyArray<string>
  readonly facts: ReadonlyArray<string>
}

// Called without keys it removes every tag of a resource, and a request without keys matches no list of them.
const removal = "ec2:deletetags"

const wholesale: IamStatement = {
  effect: "Deny",
  actions: ["ec2:DeleteTags"],
  resources: ["*"],
  condition: { Null: { "aws:TagKeys": ["true"] } }
}

const none: Lock = { denials: [], notes: [], facts: [] }

/** The lock that these uses need under the policy's denials. */
export const of = (all: ReadonlyArray<Reach.Use>, deny: Policy.Deny): Lock => {
  const isOut = Reach.lastingDenial(deny)
  const uses = all.filter(({ action }) => !isOut(action))
  const statements = [...new Set([...uses.map(({ statement }) => statement), ...deny])]
  const held = statements.flatMap(({ conditions }) => Object.keys(conditions?.resource_tag ?? {}))
  const isReached = reaches(uses)
  const blind = held.length === 0 ? [] : unseen(uses, deny)
  if (!isReached && blind.length === 0) return none
  const keys = new Map([...SessionIdentity.tagKeys, ...held].map((key) => [Name.fold(key), key]))
  const lock: IamStatement = {
    effect: "Deny",
    actions: ["*"],
    resources: ["*"],
    // Tag keys in conditions compare without case, so another spelling would be the same tag. Absent keys match nothing.
    condition: { "ForAnyValue:StringEqualsIgnoreCase": { "aws:TagKeys": [...keys.values()].toSorted() } }
  }
  const stays = `cannot set or remove the tags ${held.length === 0 ? "" : `${enumerate([...new Set(held)])} and `}bailiwick-*`
  return {
    denials: [
      ...(isReached ? [lock] : []),
      ...(uses.some(({ action }) => action.folded === removal) ? [wholesale] : []),
      ...(blind.length === 0 ? [] : [{ effect: "Deny" as const, actions: blind, resources: ["*"], condition: {} }])
    ],
    notes: blind.length === 0 ? [] : [`${enumerate(blind)} are denied: AWS does not say which tags they change`],
    facts: isReached ? [`the session ${stays}`] : []
  }
}

const reads = new Set<Actions.Level>(["list", "read"])

const reaches = (uses: ReadonlyArray<Reach.Use>): boolean => {
  const assumes = uses.some(({ action }) => action.folded.startsWith("sts:assumerole"))
  // Session tags are given with a further role alone.
  return uses.some(
    ({ action }) => action.knowsTagKeys && !reads.has(action.level) && (assumes || action.folded !== "sts:tagsession")
  )
}

/** Tagging actions without `aws:TagKeys`, of services in which a tag narrows a grant or holds a denial. */
const unseen = (uses: ReadonlyArray<Reach.Use>, deny: Policy.Deny): ReadonlyArray<string> => {
  const denials = deny.filter(Reach.isTagged).flatMap(({ actions }) => actions.map(Actions.matcher))
  const services = new Set(
    uses
      .filter(
        ({ action, statement }) => action.knowsTag && (Reach.isTagged(statement) || denials.some((of) => of(action)))
      )
      .map(({ action }) => action.service)
  )
  const found = uses.filter(
    ({ action }) => action.level === "tagging" && !action.knowsTagKeys && services.has(action.service)
  )
  return [...new Set(found.map(({ action }) => action.text))]
}
