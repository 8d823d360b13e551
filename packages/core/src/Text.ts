/** Free text inside signed objects: 1 to 2,048 characters, no control characters (formats §1). */
import * as Schema from "effect/Schema"

export const Text = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[^\p{Cc}]{1,2048}$/u, { message: "text of 1 to 2,048 characters without control characters" })
  )
)
