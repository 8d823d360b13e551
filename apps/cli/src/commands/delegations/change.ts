import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as MemberId from "@bailiwick/core/MemberId"
import * as CloudEnds from "../../client/CloudEnds.ts"
import * as Delegations from "../../client/Delegations.ts"
import * as LogWatch from "../../client/LogWatch.ts"
import * as Names from "../../client/Names.ts"
import * as Unlock from "../../client/Unlock.ts"
import * as Count from "../../ui/Count.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

const flags = {
  agent: Argument.String("agent").pipe(
    Argument.withDescription("The agent, or your own e-mail address for your terminal grants")
  ),
  ...Unlock.flags
}

/** Both are a successor with a new salt, hence a new key: everything signed under the old one is dead. */
const change = (name: "rotate" | "revoke", effect: string) =>
  Command.make(name, flags, ({ agent: text, ...signer }) =>
    inProject((project) =>
      Effect.gen(function* () {
        const standing = yield* Standing.read
        yield* LogWatch.check(standing)
        const file = yield* Unlock.identity(project, signer)
        const agent = text === file.member ? file.member : MemberId.enrolled(yield* Names.agent(text, project))
        const relation = { project, human: file.member, agent }
        if (Option.isNone(Delegations.find(relation, standing))) {
          return yield* usage(
            "unknown-delegation",
            `${file.member} has no delegation to ${agent} in force`,
            "see: bailiwick delegations list"
          )
        }
        const draft = yield* Delegations.draft(relation)
        const ended = name === "revoke"
        const { seed } = yield* Unlock.open(file, signer, {
          about: [`${ended ? "End" : "Rotate"} the delegation of ${file.member} to ${agent}: ${effect}`],
          payload: { delegation: { ...Delegations.shown(draft), ...(ended ? { ended } : {}) } }
        })
        const { accepted } = yield* Delegations.accept(draft, seed, ended)
        const { credentials, sessions } = accepted.ended
        yield* Output.answer({ project, human: file.member, agent, ended, sessions, credentials }, () =>
          [
            `${ended ? "ended" : "rotated"}: beneath it ${Count.of(sessions.length, "session")} and ${Count.of(credentials.length, "credential session")} are over`,
            ...CloudEnds.lines(credentials)
          ].join("\n")
        )
        // A delegation that is over is not ended once more; its sessions are.
        yield* CloudEnds.check(credentials, "revoke each of those sessions again: bailiwick revoke ID")
      })
    )
  )

export const rotate = change("rotate", "every token and session beneath it ends; new ones may be signed at once.").pipe(
  Command.withDescription("Give a delegation a new key: everything beneath the old one ends")
)

export const revoke = change(
  "revoke",
  "every token and session beneath it ends, and no new one stands until you lend again."
).pipe(Command.withDescription("End a delegation and everything beneath it"))
