/** The name of a trust domain; safe in a path, a query, an ARN and a shell (formats §1). */
import * as Schema from "effect/Schema"

export const ProjectId = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,62}$/u, {
      message: "a project id: a-z, 0-9 and -, at most 63, not first a -"
    })
  ),
  Schema.brand("ProjectId")
)
export type ProjectId = typeof ProjectId.Type
