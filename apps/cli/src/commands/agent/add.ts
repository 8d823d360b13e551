import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Records from "@bailiwick/broker/Records"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import * as Record from "@bailiwick/tokens/Record"
import * as AgentKey from "../../client/AgentKey.ts"
import * as LogWatch from "../../client/LogWatch.ts"
import * as Names from "../../client/Names.ts"
import * as PublicKeyText from "../../client/PublicKeyText.ts"
import * as Unlock from "../../client/Unlock.ts"
import { usage } from "../../ui/Failure.ts"
import * as Output from "../../ui/Output.ts"
import { inProject } from "../../wiring/inProject.ts"
import * as Standing from "../../wiring/Standing.ts"

const flags = {
  name: Argument.String("agent").pipe(Argument.withDescription("The agent's name, or ai:NAME@PROJECT")),
  key: Flag.String("key").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription("Its public key: a JWK, its x, or a file (else the one from agent keygen here, if any)"),
    Flag.optional
  ),
  ...Unlock.flags
}

export const add = Command.make("add", flags, ({ key, name, ...signer }) =>
  inProject((project) =>
    Effect.gen(function* () {
      const standing = yield* Standing.read
      yield* LogWatch.check(standing)
      const member = MemberId.enrolled(yield* Names.agent(name, project))
      if (Option.isSome(standing.view.memberInForce(member))) {
        return yield* usage("already-enrolled", `${member} is a member already`, "see: bailiwick agent list")
      }
      const jwk = Option.isSome(key)
        ? Option.some(yield* PublicKeyText.read(key.value))
        : yield* ownKey(project, member)
      const file = yield* Unlock.identity(project, signer)
      const next = yield* Records.next("member", member)
      const payload: MemberRecord.MemberRecord = {
        v: 1,
        project,
        member,
        kind: "agent",
        role: "member",
        ...(Option.isSome(jwk) ? { jwk: jwk.value } : {}),
        ...next,
        valid_from: next.iat
      }
      const { seed } = yield* Unlock.open(file, signer, {
        about: [`Enrol ${member} in project ${project}.`, "It may then be lent authority; it has none by itself."],
        payload: { member: payload }
      })
      yield* Records.accept("member", yield* Record.sign({ kind: "member", payload, seed }))
      yield* Output.answer(
        { project, member, ...(Option.isSome(jwk) ? { jwk: jwk.value } : {}) },
        () => `enrolled ${member}`
      )
      if (Option.isNone(jwk)) {
        yield* Output.say("it has no key of its own: lend to it with run --as, --to KEY or --bearer")
      }
    })
  )
).pipe(Command.withDescription("Enrol an agent (as an owner of the project)"))

const ownKey = (project: Parameters<typeof AgentKey.read>[0], member: MemberId.AgentId) =>
  Effect.map(
    AgentKey.read(project, member),
    Option.map(({ jwk }) => jwk)
  )
