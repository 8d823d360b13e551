/** Where the broker, its keys, cloud logins, registry and log live, as seen from the caller (threat model). */
import * as Schema from "effect/Schema"

export const Isolation = Schema.Literals(["same-user", "separate-user", "remote"])
export type Isolation = typeof Isolation.Type
