/** The text of a project's record, `bailiwick.toml`, from what a test says of it as data. */
import type * as Policy from "@bailiwick/core/Policy"
import type * as Target from "@bailiwick/core/Target"

export type Definition = typeof Target.Definition.Encoded
export type Statement = typeof Policy.Statement.Encoded
type ByName<A> = Readonly<Record<string, A>>

export interface Fields {
  /** By their aliases. */
  readonly targets: ByName<Definition>
  /** What may be lent at all: everything of each provider that a target has, if nothing is said. */
  readonly ceiling?: ReadonlyArray<Statement>
  readonly profiles?: ByName<ReadonlyArray<Statement>>
}

/** The region of every target at AWS. */
export const region = "eu-west-1"

/** An API that reads tokens of the agents' issuer. */
export const oidc = (principal = "urn:acme:api"): Definition => ({ provider: "oidc", principal })

/** A role, and the AWS to ask for its credentials; unless the settings say something else, its services are there too. */
export const aws = (principal: string, endpoint: string, settings = at(endpoint)): Definition => ({
  provider: "aws",
  principal,
  region,
  endpoint,
  settings
})

/** The setting by which a child finds the services of an AWS that is not at its usual place. */
export const at = (service_endpoint: string): ByName<string> => ({ service_endpoint })

/** Of everything, if no resources are named. */
export const allow = (
  provider: Statement["provider"],
  actions: Statement["actions"],
  resources: Statement["resources"] = ["*"]
): Statement => ({ provider, actions, resources })

/** The record of a project of this name. */
export const of = (name: string, { ceiling, profiles = {}, targets }: Fields): string => {
  const providers = [...new Set(Object.values(targets).map(({ provider }) => provider))]
  const statements = (path: string, all: ReadonlyArray<Statement>) =>
    all.flatMap((statement) => ["", `[[${path}.statements]]`, ...lines(statement)])
  return [
    ...lines({ name }),
    ...Object.entries(targets).flatMap(([alias, target]) => ["", `[targets.${alias}]`, ...lines(target)]),
    ...statements("ceiling", ceiling ?? providers.map((provider) => allow(provider, ["*"]))),
    ...Object.entries(profiles).flatMap(([profile, all]) => statements(`profiles.${profile}`, all)),
    ""
  ].join("\n")
}

/** A string, and an array of strings, is in TOML what it is in JSON; what is in a table within has a dotted name. */
const lines = (fields: object, within = ""): ReadonlyArray<string> =>
  Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "object" && !Array.isArray(value)
      ? lines(value, `${within}${name}.`)
      : [`${within}${name} = ${JSON.stringify(value)}`]
  )
