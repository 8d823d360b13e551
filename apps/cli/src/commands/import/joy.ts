import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { usage } from "../../ui/Failure.ts"
import { inProject } from "../../wiring/inProject.ts"
import { bring, flags } from "./bring.ts"
import * as JoyIdentity from "./JoyIdentity.ts"
import * as JoyPlaces from "./JoyPlaces.ts"
import * as JoyRemains from "./JoyRemains.ts"

export const joy = Command.make("joy", { ...flags, ...JoyIdentity.flags }, ({ dir, dryRun, identity, ...channels }) =>
  Effect.gen(function* () {
    if (Option.isSome(identity)) {
      const { project, remains } = yield* JoyRemains.read(dir)
      const unread = remains.skipped.find(({ name }) => name === JoyPlaces.projectFile)
      if (unread !== undefined) return yield* usage("bad-document", `${unread.name}: ${unread.why}`, "mend it with Joy")
      return yield* JoyIdentity.bring(project, identity.value, { ...channels, dryRun })
    }
    return yield* inProject((project) =>
      Effect.flatMap(JoyRemains.read(dir), ({ remains }) => bring(project, remains, dryRun))
    )
  })
).pipe(Command.withDescription("Take over Joy's sessions, members, delegations and log, as history"))
