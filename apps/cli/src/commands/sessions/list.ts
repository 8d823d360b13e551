import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sessions from "@bailiwick/broker/Sessions"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Person from "../../client/Person.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"

const flags = {
  auth: Flag.Boolean("auth").pipe(
    Flag.withDescription("Auth sessions (who may ask) instead of credential sessions (what was issued)"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  status: Flag.Literals("status", CredentialSession.Status.literals).pipe(
    Flag.withDescription("Only these"),
    Flag.optional
  ),
  limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many"), Flag.withDefault(Sessions.defaultLimit)),
  ...Person.flags
}

export const list = Command.make("list", flags, ({ auth, limit, status, ...signer }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const { caller } = yield* Person.calling(project, signer)
      if (auth) {
        const sessions = yield* Sessions.auth(caller)
        return yield* Output.answer({ project, sessions }, ({ dim }) =>
          Table.render(
            ["SESSION", "WHO", "FOR", "STATUS", "UNTIL"],
            sessions.map(({ agent, expires, human, id, status }) => [
              id,
              agent ?? human,
              human,
              status,
              UnixTime.toText(expires)
            ]),
            dim
          )
        )
      }
      const filter = { limit, ...(Option.isSome(status) ? { status: status.value } : {}) }
      const sessions = yield* Sessions.list(caller, filter)
      yield* Output.answer({ project, sessions }, ({ dim }) =>
        sessions.length === 0
          ? "nothing was issued"
          : Table.render(
              ["ID", "WHO", "TARGET", "STATUS", "UNTIL", "COMMAND"],
              sessions.map(({ agent, command, expires_at, human, id, status, target }) => [
                id,
                agent ?? human,
                target,
                status,
                UnixTime.toText(expires_at),
                command.join(" ").slice(0, 40)
              ]),
              dim
            )
      )
    })
  )
).pipe(Command.withAlias("ls"), Command.withDescription("List what was issued, newest first"))
