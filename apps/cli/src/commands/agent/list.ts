import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as MemberRecord from "@bailiwick/core/MemberRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

export const list = Command.make("list", {}, () =>
  inProject((project) =>
    Effect.gen(function* () {
      const { now, view } = yield* Standing.read
      const agents = view.members
        .filter(({ kind }) => kind === "agent")
        .map((record) => ({
          member: record.member,
          in_force: MemberRecord.isInForce(record, now),
          valid_from: record.valid_from,
          ...(record.revoked_at === undefined ? {} : { revoked_at: record.revoked_at }),
          ...(record.jwk === undefined ? {} : { jwk: record.jwk })
        }))
      yield* Output.answer({ project, agents }, ({ dim }) =>
        agents.length === 0
          ? "no agent is enrolled"
          : Table.render(
              ["AGENT", "IN FORCE", "SINCE", "KEY"],
              agents.map(({ in_force, jwk, member, valid_from }) => [
                member,
                in_force ? "yes" : "no",
                UnixTime.toText(valid_from),
                jwk === undefined ? "none of its own" : jwk.x
              ]),
              dim
            )
      )
    })
  )
).pipe(Command.withAlias("ls"), Command.withDescription("List the project's agents"))
