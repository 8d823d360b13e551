/** The command tree. */
import * as Command from "effect/cli/Command"
import * as Globals from "../ui/Globals.ts"
import { completion } from "./completion.ts"
import { agent } from "./agent/agent.ts"
import { delegate } from "./delegate.ts"
import { init } from "./init.ts"
import { login } from "./login.ts"
import { logout } from "./logout.ts"
import { redeem } from "./redeem.ts"
import { run, shell } from "./run.ts"
import { status } from "./status.ts"
import { whoami } from "./whoami.ts"
import { policy } from "./policy/policy.ts"
import { version } from "./version.ts"

export const root = Command.make("bailiwick").pipe(
  Command.withDescription("Lend an AI agent a small, short-lived, provable piece of your authority."),
  Command.withSubcommands([
    { group: "STARTING", commands: [init, login, logout] },
    { group: "LENDING", commands: [agent, delegate, redeem] },
    { group: "USING", commands: [run, shell] },
    { group: "LOOKING", commands: [whoami, status, policy] },
    { group: "THE PROGRAM ITSELF", commands: [completion((): Command.Command.Any => root), version] }
  ]),
  Command.withGlobalFlags(Globals.all)
)
