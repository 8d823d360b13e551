import * as Command from "effect/cli/Command"
import { audex } from "./audex.ts"
import { joy } from "./joy.ts"
import { list } from "./list.ts"

export const imports = Command.make("import").pipe(
  Command.withDescription("Take over what Audex or Joy left, as history"),
  Command.withSubcommands([audex, joy, list])
)
