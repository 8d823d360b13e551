/**
 * Who asks: the session in `BAILIWICK_SESSION`, else the person's own on this terminal. The first is never replaced by the
 * second: a value that is set and does not work is an error (formats §4).
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Authenticate from "@bailiwick/broker/Authenticate"
import type { Caller } from "@bailiwick/broker/Caller"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import { TerminalBinding } from "@bailiwick/tokens/TerminalBinding"
import { type Failure, login } from "../ui/Failure.ts"
import * as AgentRun from "./AgentRun.ts"
import * as SessionFile from "./SessionFile.ts"

export interface Calling {
  readonly caller: Caller
  readonly proof: Authenticate.LocalProof
}

export const variable = "BAILIWICK_SESSION"

// Not through Config, to which an empty variable is as good as none: set and empty is set, and no way back to the person.
const readVariable = (): Redacted.Redacted<string> | undefined => {
  const value = process.env[variable]
  return value === undefined ? undefined : Redacted.make(value, { label: variable })
}

/** The session that the environment names. */
export const fromEnvironment = Effect.gen(function* () {
  const value = yield* Effect.sync(readVariable)
  if (value === undefined) return Option.none<Authenticate.LocalProof>()
  const { id, seed } = yield* Effect.fromResult(SessionEnv.decode(value))
  return Option.some<Authenticate.LocalProof>({ session: id, seed, ...(yield* here) })
})

/** The person's own session on this terminal, unless an agent's run lies between this process and the terminal. */
export const fromTerminal = Effect.fnUntraced(function* (project: ProjectId) {
  const terminal = yield* here
  if (terminal.binding === undefined || (yield* AgentRun.isWithin)) return Option.none<Authenticate.LocalProof>()
  const files = yield* SessionFile.list(project)
  const own = files.find(({ binding }) => binding === terminal.binding)
  return Option.map(Option.fromUndefinedOr(own), ({ id, seed }): Authenticate.LocalProof => ({
    session: id,
    seed,
    ...terminal
  }))
})

/** Whoever asks, authenticated; none if nobody has a session here. */
export const find = Effect.fnUntraced(function* (project: ProjectId) {
  const environment = yield* fromEnvironment
  const proof = Option.isSome(environment) ? environment : yield* fromTerminal(project)
  return Option.isNone(proof) ? Option.none<Calling>() : Option.some(yield* authenticated(proof.value))
})

const alone = "nobody is logged in on this terminal"

export const nobody = login("login-needed", alone, "log in: bailiwick login")

/** For commands that hand out credentials: a login alone lends nothing. */
export const nobodyLends = login(
  "login-needed",
  alone,
  "log in with what is to be lent: bailiwick login --on … --allow …; an agent sets BAILIWICK_SESSION"
)

/** Whoever asks; fails where nobody has a session here. */
export const require = Effect.fnUntraced(function* (project: ProjectId, otherwise: Failure = nobody) {
  const calling = yield* find(project)
  return Option.isSome(calling) ? calling.value : yield* otherwise
})

export const authenticated = (proof: Authenticate.LocalProof) =>
  Effect.map(Authenticate.authenticate(proof), (caller): Calling => ({ caller, proof }))

const here = Effect.gen(function* () {
  const terminal = yield* Effect.option((yield* TerminalBinding).read)
  return Option.match(terminal, {
    onNone: (): Pick<Authenticate.LocalProof, "binding"> => ({}),
    onSome: ({ binding }) => ({ binding })
  })
})

export const valueOf = (proof: Authenticate.LocalProof): Redacted.Redacted<string> =>
  SessionEnv.encode({ id: proof.session, seed: proof.seed })
