/**
 * The schema of policy objects, with every limit of formats §1 and §3.
 *
 * What is refused here can never have been signed: an empty list never means everything, and a portable verb is
 * expanded before signing, so that a later table cannot widen an old token.
 */
import * as Schema from "effect/Schema"
import * as CompactJson from "../CompactJson.ts"
import { UniqueList } from "../UniqueList.ts"
import { Conditions } from "./Condition.ts"
import * as Name from "./Name.ts"
import { Provider } from "./Provider.ts"
import * as Verbs from "./Verbs.ts"

/** The size of a whole policy as compact JSON, in bytes. */
export const maximumBytes = 32 * 1024

/** Entries in one list of actions, of resources or of statements. */
export const maximumEntries = 256

const patterns = UniqueList(Name.Name, { minimum: 1, maximum: maximumEntries })

const fields = {
  provider: Provider,
  actions: patterns,
  resources: patterns,
  conditions: Schema.optionalKey(Conditions)
}

/** Why a pattern cannot stand in a statement of this provider; undefined when it can. */
export const refuseAction = (provider: Provider, action: string): string | undefined => {
  if (provider === "oidc") return /\s/u.test(action) ? "a scope without blanks" : undefined
  if (Verbs.isVerb(action)) return "no portable verb: verbs are expanded before a policy is made"
  return refuseDots(provider, action)
}

/** Why a pattern cannot stand among the resources of this provider; undefined when it can. */
export const refuseResource = (provider: Provider, resource: string): string | undefined =>
  refuseDots(provider, resource)

// GCP and Azure resolve such segments after the policy has compared text; an S3 key may truly contain them.
const refuseDots = (provider: Provider, text: string): string | undefined =>
  (provider === "gcp" || provider === "azure") && Name.dotSegment(text) !== -1
    ? 'a name without "." or ".." segments'
    : undefined

const isOfProvider = Schema.makeFilter((statement: typeof StatementFields.Type) => {
  const { provider, actions, resources, conditions } = statement
  const issues: Array<Schema.FilterIssue> = []
  const note = (path: ReadonlyArray<PropertyKey>, issue: string | undefined) => {
    if (issue !== undefined) issues.push({ path, issue })
  }
  actions.forEach((action, index) => note(["actions", index], refuseAction(provider, action)))
  resources.forEach((resource, index) => note(["resources", index], refuseResource(provider, resource)))
  if (provider !== "aws" && conditions?.resource_tag !== undefined) {
    note(["conditions", "resource_tag"], "no resource tags: only AWS knows them")
  }
  return issues
})

const StatementFields = Schema.Struct(fields)

/** Actions on resources of one provider, under conditions. */
export const Statement = StatementFields.check(isOfProvider)
export type Statement = typeof Statement.Type

/** Denials: any that matches wins over every statement. */
export const Deny = UniqueList(Statement, { minimum: 0, maximum: maximumEntries })
export type Deny = typeof Deny.Type

/** What may be done, and what may not be done whatever else is said. */
export const Policy = Schema.Struct({
  statements: UniqueList(Statement, { minimum: 1, maximum: maximumEntries }),
  deny: Deny
}).check(
  Schema.makeFilter((policy: CompactJson.Value) =>
    CompactJson.byteLength(policy) <= maximumBytes ? undefined : `a policy of at most ${maximumBytes} bytes`
  )
)
export type Policy = typeof Policy.Type
