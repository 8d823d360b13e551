/** Makes a person's identity: a passphrase that stands guessing, and a recovery key that is shown once. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { HumanId } from "@bailiwick/core/MemberId"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Identity from "@bailiwick/tokens/Identity"
import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import * as ChosenPassphrase from "../terminal/ChosenPassphrase.ts"
import type * as Passphrase from "../terminal/Passphrase.ts"
import * as Tty from "../terminal/Tty.ts"
import { usage } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Progress from "../ui/Progress.ts"
import * as IdentityFiles from "./IdentityFiles.ts"
import * as Unlock from "./Unlock.ts"

export const flags = {
  recoveryFile: Flag.String("recovery-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write the recovery words to this new private file instead of showing them"),
    Flag.optional
  )
}

export interface Options extends Passphrase.Channel {
  readonly project: ProjectId
  readonly member: HumanId
  readonly recoveryFile: Option.Option<string>
}

/** A new identity; or, where an earlier try left one, that one, opened with its passphrase. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { member, project, recoveryFile } = options
  const standing = yield* IdentityFiles.members(project)
  if (standing.includes(member)) {
    const file = yield* IdentityFiles.read(project, member)
    return yield* Unlock.open(
      file,
      { ...options, member: Option.none() },
      { about: [`Found project ${project} as ${member}.`] }
    )
  }
  const { confirmed, passphrase } = yield* ChosenPassphrase.choose(options, [member, project])
  const { file, recoveryKey, seed } = yield* Progress.during(
    "making your identity",
    Identity.create({ member, project, passphrase })
  )
  // The words first: an identity that nobody could recover is worse than words that open nothing.
  yield* hand(RecoveryKey.toWords(recoveryKey), recoveryFile)
  yield* IdentityFiles.create(file)
  const opened: Unlock.Opened = { file, seed, confirmed }
  return opened
})

/** Hands the recovery words out, once: to a new private file, or to the terminal. */
export const hand = Effect.fnUntraced(function* (words: Redacted.Redacted, path: Option.Option<string>) {
  if (Option.isSome(path)) {
    const files = yield* SecretFiles
    const isNew = yield* files.create(path.value, new TextEncoder().encode(`${Redacted.value(words)}\n`))
    if (isNew) return
    return yield* usage("file-exists", `${path.value} is there already`, "name a new file for the recovery words")
  }
  const text = [
    "",
    "Write these recovery words down and keep them away from this machine. They are shown once,",
    "and open your identity when the passphrase is lost:",
    "",
    ...lines(Redacted.value(words)),
    ""
  ].join("\n")
  // The terminal itself, which no log reads. Without one they are shown nowhere, for whatever reads stderr then would keep them.
  yield* Effect.scoped(Effect.flatMap(Tty.open, (tty) => tty.write(`${text}\n`))).pipe(
    Effect.catch(() =>
      Output.warn("no recovery words were kept: there is no terminal to show them on, and no --recovery-file was named")
    )
  )
})

const lines = (words: string): ReadonlyArray<string> => {
  const list = words.split(" ")
  return [0, 6, 12, 18].map((start) => `  ${list.slice(start, start + 6).join(" ")}`)
}
