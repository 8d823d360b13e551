import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as NewAuthority from "@bailiwick/broker/NewAuthority"
import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Unlock from "../../client/Unlock.ts"
import { ExitCode } from "../../ui/ExitCode.ts"
import { make, usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

export const clockReset = Command.make("clock-reset", Unlock.flags, (signer) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { now, view } = yield* Standing.read
      const mark = yield* (yield* ClockMark).read
      if (mark <= now) {
        return yield* usage("clock-good", "the clock is not behind what this store has seen", "nothing was changed")
      }
      const file = yield* Unlock.identity(project, signer)
      if (!view.isOwner(file.member)) {
        return yield* make(
          ExitCode.denied,
          "not-permitted",
          `${file.member} is no owner of project ${project}`,
          "ask an owner"
        )
      }
      yield* Unlock.open(file, signer, {
        about: [
          `The store of project ${project} has seen ${UnixTime.toText(mark)}; the clock says ${UnixTime.toText(now)}.`,
          "Lowering the mark ends every session and every token: the store gets a new authority key."
        ]
      })
      const { authority, ended } = yield* NewAuthority.resetClock()
      yield* Output.answer(
        { project, authority, mark, now, ...ended },
        () =>
          `the clock's mark is ${UnixTime.toText(now)}; ${ended.sessions.length} sessions are over, and every token signed before`
      )
    })
  )
).pipe(Command.withDescription("Lower the time that the store has seen, as an owner; ends every session and token"))
