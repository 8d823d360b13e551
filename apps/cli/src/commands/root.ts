/** The command tree. */
import * as Command from "effect/cli/Command"
import * as Globals from "../ui/Globals.ts"
import { policy } from "./policy/policy.ts"
import { version } from "./version.ts"

export const root = Command.make("bailiwick").pipe(
  Command.withDescription("Lend an AI agent a small, short-lived, provable piece of your authority."),
  Command.withSubcommands([policy, version]),
  Command.withGlobalFlags(Globals.all)
)
