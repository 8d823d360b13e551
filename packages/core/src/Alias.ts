/** The name of a target or a profile inside a project record (formats §1). */
import * as Schema from "effect/Schema"

export const Alias = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,31}$/u, { message: "an alias: a-z, 0-9 and -, at most 32, not first a -" })
  ),
  Schema.brand("Alias")
)
export type Alias = typeof Alias.Type
