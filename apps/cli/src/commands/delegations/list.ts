import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Delegations from "@bailiwick/broker/Delegations"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Person from "../../client/Person.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"

export const list = Command.make("list", Person.flags, (signer) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { caller } = yield* Person.calling(project, signer)
      const delegations = (yield* Delegations.list(caller)).map(({ record, sessions }) => ({
        human: record.human,
        agent: record.agent,
        ended: record.ended === true,
        verifier: record.verifier,
        since: record.iat,
        rotations: record.seq,
        sessions
      }))
      yield* Output.answer({ project, delegations }, ({ dim }) =>
        delegations.length === 0
          ? "there is no delegation"
          : Table.render(
              ["HUMAN", "AGENT", "STATE", "SIGNED", "OPEN SESSIONS"],
              delegations.map(({ agent, ended, human, sessions, since }) => [
                human,
                agent === human ? "(own terminal)" : agent,
                ended ? "ended" : "in force",
                UnixTime.toText(since),
                String(sessions)
              ]),
              dim
            )
      )
    })
  )
).pipe(Command.withAlias("ls"), Command.withDescription("List the standing relations between people and agents"))
