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
      const now = yield* UnixTime.now
      yield* Output.answer({ project, sessions }, ({ dim }) =>
        sessions.length === 0
          ? "nothing was issued"
          : Table.render(
              ["ID", "WHO", "TARGET", "STATUS", "UNTIL", "COMMAND"],
              sessions.map((session) => [
                session.id,
                session.agent ?? session.human,
                session.target,
                livesOn(session, now) ? `${session.status}, still valid` : session.status,
                UnixTime.toText(session.expires_at),
                shortened(session.command.join(" "))
              ]),
              dim
            )
      )
      if (sessions.some((session) => livesOn(session, now))) {
        yield* Output.say(
          "still valid: ended here, but its cloud takes what is out until then; why: bailiwick sessions show ID"
        )
      }
    })
  )
).pipe(Command.withAlias("ls"), Command.withDescription("List what was issued, newest first"))

/** Whether a session is over here, while its cloud has not ended what it gave out. */
const livesOn = (
  { cloud_end, expires_at, issue_count, status }: CredentialSession.CredentialSession,
  now: UnixTime.UnixTime
): boolean =>
  status !== "active" && issue_count > 0 && cloud_end?.ended !== true && (cloud_end?.until ?? expires_at) > now

const longest = 40

const shortened = (command: string): string =>
  command.length > longest ? `${command.slice(0, longest - 1)}…` : command
