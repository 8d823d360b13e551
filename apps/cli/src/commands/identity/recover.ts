import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Identity from "@bailiwick/tokens/Identity"
import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import * as Unlock from "../../client/Unlock.ts"
import * as Passphrase from "../../terminal/Passphrase.ts"
import * as Output from "../../ui/Output.ts"
import * as Project from "../../wiring/Project.ts"
import { newFlags, replace } from "./passphrase.ts"

const flags = {
  member: Unlock.flags.member,
  wordsFd: Flag.Int("words-fd").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Read the recovery words from this open descriptor"),
    Flag.optional
  ),
  wordsFile: Flag.String("words-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Read the recovery words from this private file"),
    Flag.optional
  ),
  ...newFlags
}

export const recover = Command.make("recover", flags, ({ member, wordsFd, wordsFile, ...chosen }) =>
  Effect.gen(function* () {
    const project = yield* Project.identity
    const channel = { passphraseFd: wordsFd, passphraseFile: wordsFile }
    const file = yield* Unlock.identity(project, { ...channel, member })
    const { passphrase: words } = yield* Passphrase.ask(channel, {
      about: [`Open the identity of ${file.member} for project ${project} with its recovery words.`],
      prompt: "24 recovery words"
    })
    const seed = yield* Identity.unlockWithRecoveryKey(file, yield* RecoveryKey.fromWords(words))
    yield* replace(file, seed, chosen)
    yield* Output.answer(
      { project, member: file.member, changed: true },
      () => `${file.member} has a new passphrase; the recovery words stay good`
    )
  })
).pipe(Command.withDescription("Set a new passphrase with your recovery words"))
