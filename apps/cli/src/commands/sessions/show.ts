import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Sessions from "@bailiwick/broker/Sessions"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as CloudEnds from "../../client/CloudEnds.ts"
import * as Person from "../../client/Person.ts"
import * as Shape from "../../client/Shape.ts"
import * as Count from "../../ui/Count.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import * as Table from "../../ui/Table.ts"
import { inProject } from "../../wiring/inProject.ts"

const flags = {
  id: Argument.String("id").pipe(Argument.withDescription("The credential session's id")),
  ...Person.flags
}

export const show = Command.make("show", flags, ({ id, ...signer }) =>
  inProject((project) =>
    Effect.gen(function* () {
      // Checked before it is looked for anywhere: an id joins paths and queries.
      const known = yield* Effect.mapError(Schema.decodeUnknownEffect(CredentialSessionId)(id), () =>
        usage("bad-id", "this is no credential session's id", "see: bailiwick sessions list")
      )
      const { caller } = yield* Person.calling(project, signer)
      const session = yield* Sessions.show(caller, known)
      yield* Output.answer(session, (paint) =>
        [
          Table.pairs([
            ["id", session.id],
            ["status", session.status],
            ["human", session.human],
            ["agent", session.agent],
            ["target", `${session.target} (${session.provider} ${session.role_arn})`],
            ["principal", CredentialSession.principalId(session)],
            ["created", UnixTime.toText(session.created_at)],
            ["until", UnixTime.toText(session.expires_at)],
            ["issued", Count.of(session.issue_count, "time")],
            ["command", session.command.join(" ")],
            // Of a session that stands: what a revoke would do. Of one that does not: what its cloud did.
            session.status === "active"
              ? ["revoke", `${session.enforcement.revocation.how} (at worst ${session.enforcement.revocation.worst} s)`]
              : ["cloud", session.cloud_end === undefined ? undefined : CloudEnds.sentence(session.cloud_end)],
            ["isolation", session.isolation]
          ]),
          ...Shape.policy(session.policy),
          "",
          Shape.report(session.enforcement, paint)
        ].join("\n")
      )
    })
  )
).pipe(Command.withDescription("Show one credential session"))
