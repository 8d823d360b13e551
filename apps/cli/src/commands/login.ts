import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Authenticate from "@bailiwick/broker/Authenticate"
import * as Login from "@bailiwick/broker/Login"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ask from "../client/Ask.ts"
import * as Calling from "../client/Calling.ts"
import * as LogWatch from "../client/LogWatch.ts"
import * as PersonSession from "../client/PersonSession.ts"
import * as Roots from "../client/Roots.ts"
import * as SessionFile from "../client/SessionFile.ts"
import * as Unlock from "../client/Unlock.ts"
import * as Output from "../ui/Output.ts"
import * as Table from "../ui/Table.ts"
import { inProject } from "../wiring/inProject.ts"
import * as Standing from "../wiring/Standing.ts"

const flags = { ...Ask.flags, ...Ask.signingFlags, ...Unlock.flags }

export const login = Command.make("login", flags, (options) =>
  inProject((project) =>
    Effect.gen(function* () {
      const standing = yield* Standing.read
      yield* LogWatch.check(standing)
      const file = yield* Unlock.identity(project, options)
      const grant = Ask.isEmpty(options) ? Option.none() : Option.some(yield* Roots.grant(options, standing))
      const before = yield* Calling.fromTerminal(project)
      const { caller, proof } = yield* PersonSession.open({
        standing,
        file,
        signer: options,
        grant,
        ttl: yield* Ask.seconds(options.ttl),
        about: `Log in to project ${project} as ${file.member} on this terminal:`,
        keep: true
      })
      if (Option.isSome(before)) yield* close(before.value)
      yield* SessionFile.sweep(project)
      const human = caller.human
      const answer = {
        project,
        human,
        session: proof.session,
        expires: caller.expires,
        ...(caller.chain === undefined ? {} : { grant: { ...caller.chain.grant, expires: caller.chain.exp } })
      }
      yield* Output.answer(answer, () =>
        Table.pairs([
          ["human", human],
          ["session", proof.session],
          ["until", UnixTime.toText(caller.expires)],
          ["terminal grant", caller.chain === undefined ? "none" : `until ${UnixTime.toText(caller.chain.exp)}`]
        ])
      )
    })
  )
).pipe(
  Command.withDescription("Open a session on this terminal; with --on and --allow also a terminal grant"),
  Command.withExamples([
    { command: "bailiwick login" },
    {
      command: "bailiwick login --on dev --allow orders:read --ttl 2h",
      description: "run asks for no passphrase for two hours"
    }
  ])
)

// The session that this one replaces: it may have ended already, and then nothing is left to close.
const close = (proof: Authenticate.LocalProof) =>
  Calling.authenticated(proof).pipe(
    Effect.flatMap(({ caller }) => Login.close(caller)),
    Effect.ignore
  )
