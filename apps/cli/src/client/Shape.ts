/** Authority in words, for people who are about to sign it or who look at it. */
import type * as Authority from "@bailiwick/core/Authority"
import type * as Enforcement from "@bailiwick/core/Enforcement"
import type * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Output from "../ui/Output.ts"
import * as Shown from "../ui/Shown.ts"
import * as Table from "../ui/Table.ts"

/** What somebody is about to sign: the grant, and how long it lasts from now. */
export const lent = (lending: Authority.Grant, seconds: number): ReadonlyArray<string> => [
  ...grant(lending),
  `  for    ${duration(seconds)}`
]

/** The largest units that say it exactly: `8h`, `1h 30m`, `90s`. */
const duration = (seconds: number): string =>
  [
    [Math.floor(seconds / 3600), "h"] as const,
    [Math.floor(seconds / 60) % 60, "m"] as const,
    [seconds % 60, "s"] as const
  ]
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ")

/** One line for each statement, then what else the grant says. */
export const grant = ({
  accept_unenforced,
  max_depth,
  policy: allowed,
  targets
}: Authority.Grant): ReadonlyArray<string> => [
  `  on     ${targets.map(({ alias, principal, provider }) => `${alias} (${provider} ${principal})`).join(", ")}`,
  ...policy(allowed),
  `  depth  ${max_depth === 0 ? "may not be passed on" : `may be passed on ${max_depth} deep`}`,
  ...(accept_unenforced.length === 0 ? [] : [`  NOT HELD BY ANYBODY: ${accept_unenforced.join(", ")}`])
]

export const policy = ({ deny, statements }: Pick<Policy.Policy, "statements" | "deny">): ReadonlyArray<string> => [
  ...statements.map((statement) => `  allow  ${describe(statement)}`),
  ...deny.map((statement) => `  deny   ${describe(statement)}`)
]

/** Per restriction who holds it, and how. */
export const report = (enforcement: Enforcement.Report, { dim, width }: Output.Paint): string =>
  Table.render(
    ["RESTRICTION", "HELD BY", "HOW"],
    (["actions", "resources", "expiry", "network"] as const).map((name) => [
      name,
      enforcement[name].held,
      enforcement[name].note
    ]),
    dim,
    width
  )

/** A plan's document, which is compact JSON of the provider's own making, for reading. */
export const document = (text: string): string => Shown.block(JSON.stringify(JSON.parse(text), undefined, 2))

// Names come from files and records that others wrote.
const describe = ({ actions, conditions, provider, resources }: Policy.Statement): string =>
  Shown.line(
    `${provider}: ${actions.join(", ")} on ${resources.join(", ")}${conditions === undefined ? "" : ` if ${holding(conditions)}`}`
  )

/** Every condition, all of which must hold. */
const holding = ({ not_after, resource_tag, source_ip, vpc, vpc_endpoint }: Policy.Conditions): string =>
  [
    ...(source_ip === undefined ? [] : [`from ${either(source_ip)}`]),
    ...(vpc === undefined ? [] : [`in ${either(vpc)}`]),
    ...(vpc_endpoint === undefined ? [] : [`through ${either(vpc_endpoint)}`]),
    ...(not_after === undefined ? [] : [`before ${UnixTime.toText(not_after)}`]),
    ...Object.entries(resource_tag ?? {}).map(([key, values]) => `tagged ${value(key)}=${either(values)}`)
  ].join(", ")

const either = (values: ReadonlyArray<string>): string => values.map(value).join(" or ")

// A value that could be taken for one of our own words, or for two values, stands in quotes.
const value = (text: string): string => (/^[\w./:@+-]+$/u.test(text) && text !== "or" ? text : JSON.stringify(text))
