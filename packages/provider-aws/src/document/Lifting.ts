/**
 * Which part of a policy managed policies hold, where the whole does not fit one session policy.
 *
 * AWS unites what session policies allow and applies the denials of each to all. So a managed policy may stand in only
 * where its profile lies inside the granted policy: then the union allows nothing that was not granted. A denial of its
 * own must be one of the granted policy's, or it would cut off what was granted.
 */
import * as Policy from "@bailiwick/core/Policy"
import type { Managed } from "../ManagedPolicies.ts"

type Statements = ReadonlyArray<Policy.Statement>

/** The managed policies that may stand beside the inline one for this policy. */
export const eligible = (granted: Policy.Policy, managed: ReadonlyArray<Managed>): ReadonlyArray<Managed> =>
  managed.filter(
    ({ policy }) =>
      // The denials of the granted policy stay inline, where they bind the managed policy too.
      Policy.isSubset({ statements: policy.statements, deny: granted.deny }, granted).subset &&
      Policy.isSubset(granted, { statements: granted.statements, deny: policy.deny }).subset
  )

/** What managed policies leave of the grants for the inline policy, which always allows something itself. */
export const beside = (grants: Statements, managed: ReadonlyArray<Managed>): Statements => {
  const held = managed.flatMap(({ policy }) => policy.statements)
  const left = grants.flatMap((grant) => without(grant, held))
  const [first] = grants
  return left.length > 0 || first === undefined
    ? left
    : [{ ...first, actions: first.actions.slice(0, 1), resources: first.resources.slice(0, 1) }]
}

const without = (grant: Policy.Statement, held: Statements): Statements => {
  const isHeld = (actions: ReadonlyArray<string>, resources: ReadonlyArray<string>) =>
    Policy.isSubset({ statements: [{ ...grant, actions, resources }], deny: [] }, { statements: held, deny: [] }).subset
  const actions = grant.actions.filter((action) => !isHeld([action], grant.resources))
  if (actions.length === 0) return []
  return [{ ...grant, actions, resources: grant.resources.filter((resource) => !isHeld(actions, [resource])) }]
}

/**
 * As few of the candidates as make the document fit, or undefined; `length` is the room that some of them take together
 * with the document that they leave.
 */
export const choose = (
  candidates: ReadonlyArray<Managed>,
  room: number,
  length: (managed: ReadonlyArray<Managed>) => number
): ReadonlyArray<Managed> | undefined => {
  let chosen = candidates
  let taken = length(chosen)
  for (const candidate of candidates) {
    const fewer = chosen.filter((one) => one !== candidate)
    const rest = length(fewer)
    if (rest > room && rest > taken) continue
    chosen = fewer
    taken = rest
  }
  return taken <= room && chosen.length > 0 ? chosen : undefined
}
