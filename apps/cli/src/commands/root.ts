/** The command tree. */
import * as Command from "effect/cli/Command"
import * as Globals from "../ui/Globals.ts"
import { audit } from "./audit/audit.ts"
import { completion } from "./completion.ts"
import { agent } from "./agent/agent.ts"
import { credentialProcess } from "./credentialProcess.ts"
import { delegate } from "./delegate.ts"
import { delegations } from "./delegations/delegations.ts"
import { doctor } from "./doctor.ts"
import { explain } from "./explain.ts"
import { exports } from "./export.ts"
import { identity } from "./identity/identity.ts"
import { imports } from "./import/import.ts"
import { init } from "./init.ts"
import { inspect } from "./inspect.ts"
import { login } from "./login.ts"
import { logout } from "./logout.ts"
import { redeem } from "./redeem.ts"
import { revoke } from "./revoke.ts"
import { run, shell } from "./run.ts"
import { sessions } from "./sessions/sessions.ts"
import { setup } from "./setup/setup.ts"
import { status } from "./status.ts"
import { whoami } from "./whoami.ts"
import { project } from "./project/project.ts"
import { policy } from "./policy/policy.ts"
import { store } from "./store/store.ts"
import { version } from "./version.ts"

export const root = Command.make("bailiwick").pipe(
  Command.withDescription("Lend an AI agent a small, short-lived, provable piece of your authority."),
  Command.withSubcommands([
    { group: "STARTING", commands: [init, login, logout, identity, project] },
    { group: "LENDING", commands: [agent, delegate, redeem, delegations, revoke] },
    { group: "USING", commands: [run, shell, exports, credentialProcess, setup] },
    { group: "LOOKING", commands: [whoami, status, sessions, explain, audit, doctor, inspect, policy] },
    { group: "THE PROGRAM ITSELF", commands: [store, imports, completion((): Command.Command.Any => root), version] }
  ]),
  Command.withGlobalFlags(Globals.all)
)
