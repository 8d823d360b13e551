import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { inProject } from "../../wiring/inProject.ts"
import { bring, flags } from "./bring.ts"
import * as JoyRemains from "./JoyRemains.ts"

export const joy = Command.make("joy", flags, ({ dir, dryRun }) =>
  inProject((project) => Effect.flatMap(JoyRemains.read(dir), ({ remains }) => bring(project, remains, dryRun)))
).pipe(Command.withDescription("Take over Joy's sessions, members, delegations and log, as history"))
