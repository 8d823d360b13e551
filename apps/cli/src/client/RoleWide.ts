/** The end of everything of a target's role, asked for once more before it happens: it reaches others than us. */
import * as Effect from "effect/Effect"
import type { Caller } from "@bailiwick/broker/Caller"
import * as RevokePrincipal from "@bailiwick/broker/RevokePrincipal"
import type { Alias } from "@bailiwick/core/Alias"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Confirmation from "../terminal/Confirmation.ts"
import * as Count from "../ui/Count.ts"
import * as Output from "../ui/Output.ts"
import * as CloudEnds from "./CloudEnds.ts"

export interface Options {
  readonly project: ProjectId
  readonly caller: Caller
  readonly target: Alias
  readonly reason?: string
  readonly yes: boolean
}

export const end = Effect.fnUntraced(function* ({ project, yes, ...asked }: Options) {
  const { active, principal, reach, target } = yield* RevokePrincipal.plan(asked)
  const about = [
    `This ends ${Count.of(active, "credential session")} of project ${project} for ${principal} (target ${target}), and:`,
    `  ${reach}.`,
    "It cannot be taken back. What is issued afterwards works."
  ]
  yield* Confirmation.ask(about, yes)
  if (yes) yield* Output.say(`asked for: ${reach}`)
  const ended = yield* RevokePrincipal.revoke(asked)
  const ours = `${Count.of(ended.credentials.length, "credential session")} of this project`
  yield* Output.answer({ project, reach, ...ended }, () =>
    [
      ended.ended
        ? `revoked: everything of ${principal} from before now, ${ours} among it`
        : `revoked here alone: ${ours}; nothing is renewed from now on, and what ${principal} has given out lives on`,
      CloudEnds.sentence(ended),
      ...CloudEnds.lines(ended.credentials)
    ].join("\n")
  )
  yield* CloudEnds.check([ended])
})
