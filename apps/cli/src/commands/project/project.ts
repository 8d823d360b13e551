import * as Command from "effect/cli/Command"
import { apply } from "./apply.ts"
import { diff } from "./diff.ts"
import { show } from "./show.ts"

export const project = Command.make("project").pipe(
  Command.withDescription("What the project allows: targets, ceilings, denials, lifetimes"),
  Command.withSubcommands([show, diff, apply])
)
