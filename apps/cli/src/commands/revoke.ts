import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Revoke from "@bailiwick/broker/Revoke"
import type { Caller } from "@bailiwick/broker/Caller"
import { Alias } from "@bailiwick/core/Alias"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import { Jti } from "@bailiwick/core/Jti"
import * as MemberId from "@bailiwick/core/MemberId"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { StorageId } from "@bailiwick/core/StorageId"
import * as TokenText from "@bailiwick/tokens/TokenText"
import * as CloudEnds from "../client/CloudEnds.ts"
import * as Names from "../client/Names.ts"
import * as Person from "../client/Person.ts"
import * as RoleWide from "../client/RoleWide.ts"
import * as SessionFile from "../client/SessionFile.ts"
import * as Descriptor from "../input/Descriptor.ts"
import * as Confirmation from "../terminal/Confirmation.ts"
import * as Count from "../ui/Count.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import { inProject } from "../wiring/inProject.ts"

const flags = {
  what: Argument.String("what").pipe(
    Argument.withDescription("A session's id, a token's jti, a member; or - for an unredeemed token on stdin"),
    Argument.optional
  ),
  mine: Flag.Boolean("mine").pipe(
    Flag.withDescription("Everything of your own"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  roleWide: Flag.Boolean("role-wide").pipe(
    Flag.withDescription(
      "With --on, as an owner: every session of the target's role from before now, whoever opened it"
    ),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  on: Flag.String("on").pipe(
    Flag.withMetavar("TARGET"),
    Flag.withDescription("The target of --role-wide"),
    Flag.optional
  ),
  ...Confirmation.flags,
  reason: Flag.String("reason").pipe(Flag.withMetavar("TEXT"), Flag.withDescription("For the log"), Flag.optional),
  ...Person.flags
}

export const revoke = Command.make("revoke", flags, ({ mine, on, reason, roleWide, what, yes, ...signer }) =>
  inProject((project) =>
    Effect.gen(function* () {
      // Read before anybody logs in for it: what is wrong changes nothing.
      if ([mine, roleWide, Option.isSome(what)].filter(Boolean).length !== 1) return yield* unclear
      if (roleWide !== Option.isSome(on)) return yield* roleUnclear
      const target = yield* Effect.transposeOption(Option.map(on, alias))
      const named = yield* Effect.transposeOption(
        Option.map(
          Option.filter(what, (text) => text !== "-"),
          (text) => subject(text, project)
        )
      )
      const { caller } = yield* Person.calling(project, signer)
      const why = Option.match(reason, { onNone: () => ({}), onSome: (reason) => ({ reason }) })
      if (Option.isSome(target)) return yield* RoleWide.end({ project, caller, target: target.value, yes, ...why })
      const ended = yield* end(caller, what, named, why)
      yield* SessionFile.sweep(project)
      const { credentials, sessions } = ended
      yield* Output.answer({ project, ...ended }, () =>
        [
          `revoked: ${Count.of(sessions.length, "session")}, ${Count.of(credentials.length, "credential session")}; nothing is renewed from now on`,
          ...CloudEnds.lines(credentials)
        ].join("\n")
      )
      yield* CloudEnds.check(credentials)
    })
  )
).pipe(
  Command.withDescription("End a session, a token, a member's authority, and everything beneath it, now"),
  Command.withExamples([
    { command: "bailiwick revoke --mine --reason 'laptop lost'" },
    {
      command: "bailiwick revoke --role-wide --on dev",
      description: "as an owner: everything of the target's role, whoever opened it"
    }
  ])
)

const unclear = usage(
  "bad-usage",
  "say what to revoke, or --mine for everything of your own",
  "see: bailiwick sessions list --auth"
)

const roleUnclear = usage(
  "bad-usage",
  "--role-wide and --on TARGET belong together",
  "bailiwick revoke --role-wide --on dev; the targets: bailiwick project show"
)

const alias = (text: string) =>
  Effect.mapError(Schema.decodeUnknownEffect(Alias)(text), () =>
    usage("bad-usage", "what stands behind --on is no target's name", "the targets: bailiwick project show")
  )

const end = (
  caller: Caller,
  what: Option.Option<string>,
  named: Option.Option<Revoke.Subject>,
  why: { readonly reason?: string }
) =>
  Option.contains(what, "-")
    ? Effect.flatMap(tokenOnStdin, ({ chain }) => Revoke.unredeemed({ caller, chain, ...why }))
    : Revoke.revoke({ caller, subject: Option.getOrElse(named, () => Revoke.mine(caller)), ...why })

const tokenOnStdin = Effect.flatMap(Descriptor.readAll(0, 360 * 1024), (bytes) =>
  TokenText.decode(Redacted.make(Descriptor.withoutLineEnd(new TextDecoder().decode(bytes))))
)

/** The kinds of ids do not overlap: 24 hex digits, a UUID, 22 base64url characters, an e-mail address, an agent's name. */
const subject = (text: string, project: ProjectId) => {
  const as = <A>(schema: Schema.Decoder<A>) => Schema.decodeUnknownOption(schema)(text)
  const session = as(StorageId)
  if (Option.isSome(session)) return Effect.succeed<Revoke.Subject>({ kind: "session", session: session.value })
  const credential = as(CredentialSessionId)
  if (Option.isSome(credential))
    return Effect.succeed<Revoke.Subject>({ kind: "credential-session", credential: credential.value })
  const jti = as(Jti)
  if (Option.isSome(jti)) return Effect.succeed<Revoke.Subject>({ kind: "token", jti: jti.value })
  const human = as(MemberId.HumanId)
  if (Option.isSome(human)) return Effect.succeed<Revoke.Subject>({ kind: "human", human: human.value })
  return Effect.map(Names.agent(text, project), (agent): Revoke.Subject => ({ kind: "agent", agent }))
}
