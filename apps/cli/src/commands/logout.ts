import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Login from "@bailiwick/broker/Login"
import * as Calling from "../client/Calling.ts"
import * as SessionFile from "../client/SessionFile.ts"
import * as Output from "../ui/Output.ts"
import { inProject } from "../wiring/inProject.ts"

export const logout = Command.make("logout", {}, () =>
  inProject((project) =>
    Effect.gen(function* () {
      const calling = yield* Calling.find(project)
      // Nobody is logged in: what was asked for holds already.
      if (Option.isNone(calling)) return yield* Output.answer({ project, closed: false }, () => "nobody was logged in")
      const { caller, proof } = calling.value
      const ended = yield* Login.close(caller)
      yield* SessionFile.remove(project, proof.session)
      yield* SessionFile.sweep(project)
      yield* Output.answer(
        { project, closed: true, session: proof.session, ...ended },
        () => `closed session ${proof.session}`
      )
    })
  )
).pipe(Command.withDescription("Close this session and everything beneath it"))
