import * as Command from "effect/cli/Command"
import { list } from "./list.ts"
import { show } from "./show.ts"

export const sessions = Command.make("sessions").pipe(
  Command.withDescription("Look at what was issued, and who may ask"),
  Command.withSubcommands([list, show])
)
