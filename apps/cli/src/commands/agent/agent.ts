import * as Command from "effect/cli/Command"
import { add } from "./add.ts"
import { keygen } from "./keygen.ts"
import { list } from "./list.ts"

export const agent = Command.make("agent").pipe(
  Command.withDescription("Enrol agents"),
  Command.withSubcommands([add, keygen, list])
)
