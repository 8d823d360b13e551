import * as Command from "effect/cli/Command"
import { revoke, rotate } from "./change.ts"
import { list } from "./list.ts"

export const delegations = Command.make("delegations").pipe(
  Command.withDescription("The standing relations beneath all tokens"),
  Command.withSubcommands([list, rotate, revoke])
)
