import * as Command from "effect/cli/Command"
import { clockReset } from "./clockReset.ts"

export const store = Command.make("store").pipe(
  Command.withDescription("Operate this machine's store"),
  Command.withSubcommands([clockReset])
)
