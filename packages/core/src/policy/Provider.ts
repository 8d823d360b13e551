/** The four providers that a statement can speak of. */
import * as Schema from "effect/Schema"

export const Provider = Schema.Literals(["aws", "gcp", "azure", "oidc"])
export type Provider = typeof Provider.Type
