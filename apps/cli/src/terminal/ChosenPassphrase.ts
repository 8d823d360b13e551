/** A new passphrase: six generated words, or one's own if it stands guessing. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as GoodPassphrase from "@bailiwick/tokens/Passphrase"
import { login } from "../ui/Failure.ts"
import * as Progress from "../ui/Progress.ts"
import * as Passphrase from "./Passphrase.ts"

/** `known` are words that a guesser would try first: who and what this is about. */
export const choose = Effect.fnUntraced(function* (channel: Passphrase.Channel, known: ReadonlyArray<string>) {
  if (!Passphrase.isTyped(channel)) {
    const { passphrase } = yield* Passphrase.ask(channel, { about: [], prompt: "new passphrase" })
    return { passphrase: yield* check(passphrase, known), confirmed: "file" as const }
  }
  const offered = yield* GoodPassphrase.generate
  const first = yield* Passphrase.ask(channel, {
    about: [
      "Choose a passphrase. It is asked for whenever you lend authority, and nothing else protects your identity at rest.",
      "These six words would do:",
      "",
      `  ${Redacted.value(offered)}`,
      "",
      "Press Enter to take them, or type one of your own (15 characters or more)."
    ],
    prompt: "passphrase"
  })
  const isOffered = Redacted.value(first.passphrase) === ""
  const passphrase = isOffered ? offered : yield* check(first.passphrase, known)
  const again = yield* Passphrase.ask(channel, { about: [], prompt: "the same passphrase again" })
  if (Redacted.value(again.passphrase) !== Redacted.value(passphrase)) return yield* different
  return { passphrase, confirmed: "terminal" as const }
})

const check = (passphrase: Redacted.Redacted, known: ReadonlyArray<string>) =>
  Progress.during("judging the passphrase", GoodPassphrase.check(passphrase, known))

const different = login("passphrases-differ", "the two passphrases differ", "nothing was made; start again")
