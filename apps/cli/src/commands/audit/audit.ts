import * as Command from "effect/cli/Command"
import { exportLog } from "./export.ts"
import { show } from "./show.ts"
import { verify } from "./verify.ts"

export const audit = Command.make("audit").pipe(
  Command.withDescription("The signed log of everything that was lent, issued, refused and ended"),
  Command.withSubcommands([show, verify, exportLog])
)
