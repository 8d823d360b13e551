import * as Command from "effect/cli/Command"
import { aws } from "./aws.ts"
import { role } from "./role.ts"

export const setup = Command.make("setup").pipe(
  Command.withDescription("Make other programs ask this one for credentials, and show what a cloud must allow"),
  Command.withSubcommands([aws, role])
)
