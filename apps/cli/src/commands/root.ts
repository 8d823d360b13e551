/** The command tree. */
import * as Command from "effect/cli/Command"
import * as Globals from "../ui/Globals.ts"
import { completion } from "./completion.ts"
import { init } from "./init.ts"
import { policy } from "./policy/policy.ts"
import { version } from "./version.ts"

export const root = Command.make("bailiwick").pipe(
  Command.withDescription("Lend an AI agent a small, short-lived, provable piece of your authority."),
  Command.withSubcommands([
    { group: "STARTING", commands: [init] },
    { group: "LOOKING", commands: [policy] },
    { group: "THE PROGRAM ITSELF", commands: [completion((): Command.Command.Any => root), version] }
  ]),
  Command.withGlobalFlags(Globals.all)
)
