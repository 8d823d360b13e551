import * as Command from "effect/cli/Command"
import { aws } from "./aws.ts"

export const setup = Command.make("setup").pipe(
  Command.withDescription("Make other programs on this machine ask this one for credentials"),
  Command.withSubcommands([aws])
)
