/** Opens the identity of the person who signs: the one place where a passphrase meets an identity file. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Identity from "@bailiwick/tokens/Identity"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import * as Passphrase from "../terminal/Passphrase.ts"
import { login } from "../ui/Failure.ts"
import * as Progress from "../ui/Progress.ts"
import * as AgentRun from "./AgentRun.ts"
import * as IdentityFiles from "./IdentityFiles.ts"

/** The flags of every command that signs as a person. */
export const flags = {
  ...Passphrase.flags,
  member: Flag.String("member").pipe(
    Flag.withMetavar("E-MAIL"),
    Flag.withDescription("Who signs, where several identities lie here"),
    Flag.optional
  )
}

export interface Signer extends Passphrase.Channel {
  readonly member: Option.Option<string>
}

export interface Opened {
  readonly file: Identity.File
  readonly seed: PrivateSeed
  readonly confirmed: Passphrase.Answer["confirmed"]
}

/** The identity file of whoever will sign; nothing is opened yet, so what is signed can be shown first. */
export const identity = Effect.fnUntraced(function* (project: ProjectId, signer: Signer) {
  return yield* IdentityFiles.read(project, yield* IdentityFiles.choose(project, signer.member))
})

/** Shows what will be signed, takes the passphrase, and opens the seed. */
export const open = Effect.fnUntraced(function* (
  file: Identity.File,
  signer: Signer,
  question: Omit<Passphrase.Question, "prompt">
) {
  // An agent beneath `run --as` could draw any question on the terminal that it shares with the person.
  if (Passphrase.isTyped(signer) && (yield* AgentRun.isWithin)) return yield* withinAgent
  const { confirmed, passphrase } = yield* Passphrase.ask(signer, {
    ...question,
    prompt: `passphrase of ${file.member}`
  })
  const seed = yield* Progress.during("opening your identity", Identity.unlock(file, passphrase))
  const opened: Opened = { file, seed, confirmed }
  return opened
})

const withinAgent = login("within-agent", "an agent's run asks for no passphrase", "do this in a terminal of your own")
