/** Authority in words, for people who are about to sign it or who look at it. */
import type * as Authority from "@bailiwick/core/Authority"
import type * as Policy from "@bailiwick/core/Policy"

/** One line for each statement, then what else the grant says. */
export const grant = ({ accept_unenforced, max_depth, policy, targets }: Authority.Grant): ReadonlyArray<string> => [
  `  on     ${targets.map(({ alias, principal, provider }) => `${alias} (${provider} ${principal})`).join(", ")}`,
  ...policy.statements.map((statement) => `  allow  ${describe(statement)}`),
  ...policy.deny.map((statement) => `  deny   ${describe(statement)}`),
  `  depth  ${max_depth === 0 ? "may not be passed on" : `may be passed on ${max_depth} deep`}`,
  ...(accept_unenforced.length === 0 ? [] : [`  NOT HELD BY ANYBODY: ${accept_unenforced.join(", ")}`])
]

const describe = ({ actions, conditions, provider, resources }: Policy.Statement): string =>
  `${provider}: ${actions.join(", ")} on ${resources.join(", ")}${conditions === undefined ? "" : ` if ${JSON.stringify(conditions)}`}`
