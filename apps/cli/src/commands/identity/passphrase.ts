import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Identity from "@bailiwick/tokens/Identity"
import * as IdentityFiles from "../../client/IdentityFiles.ts"
import * as Unlock from "../../client/Unlock.ts"
import * as ChosenPassphrase from "../../terminal/ChosenPassphrase.ts"
import * as Output from "../../ui/Output.ts"
import * as Progress from "../../ui/Progress.ts"
import * as Project from "../../wiring/Project.ts"

/** Where the new passphrase comes from, if it is not typed. */
export const newFlags = {
  newPassphraseFd: Flag.Int("new-passphrase-fd").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Read the new passphrase from this open descriptor"),
    Flag.optional
  ),
  newPassphraseFile: Flag.String("new-passphrase-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Read the new passphrase from this private file"),
    Flag.optional
  )
}

export const passphrase = Command.make("passphrase", { ...Unlock.flags, ...newFlags }, (options) =>
  Effect.gen(function* () {
    const project = yield* Project.identity
    const file = yield* Unlock.identity(project, options)
    const { seed } = yield* Unlock.open(file, options, {
      about: [`Change the passphrase of ${file.member} for project ${project}.`]
    })
    yield* replace(file, seed, options)
    yield* Output.answer(
      { project, member: file.member, changed: true },
      () => `the passphrase of ${file.member} is changed; the recovery words stay good`
    )
  })
).pipe(Command.withDescription("Change your passphrase; keys and recovery words stay"))

interface NewPassphrase {
  readonly newPassphraseFd: Option.Option<number>
  readonly newPassphraseFile: Option.Option<string>
}

/** Wraps the opened seed anew and replaces the file whole. */
export const replace = Effect.fnUntraced(function* (
  file: Identity.File,
  seed: Unlock.Opened["seed"],
  { newPassphraseFd, newPassphraseFile }: NewPassphrase
) {
  const channel = { passphraseFd: newPassphraseFd, passphraseFile: newPassphraseFile }
  const chosen = yield* ChosenPassphrase.choose(channel, [file.member, file.project])
  const changed = yield* Progress.during(
    "wrapping your identity",
    Identity.changePassphrase({ file, seed, passphrase: chosen.passphrase })
  )
  yield* IdentityFiles.write(changed)
})
