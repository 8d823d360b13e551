import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { inProject } from "../../wiring/inProject.ts"
import * as AudexRemains from "./AudexRemains.ts"
import { bring, flags } from "./bring.ts"

export const audex = Command.make("audex", flags, ({ dir, dryRun }) =>
  inProject((project) => Effect.flatMap(AudexRemains.read(dir), (remains) => bring(project, remains, dryRun)))
).pipe(Command.withDescription("Take over Audex's sessions and its log, as history"))
