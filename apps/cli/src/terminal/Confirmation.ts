/** A question before what cannot be taken back, for whoever sits at the terminal; `--yes` answers it in scripts. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import { login, usage } from "../ui/Failure.ts"
import * as Globals from "../ui/Globals.ts"
import * as Shown from "../ui/Shown.ts"
import * as Tty from "./Tty.ts"

export const flags = {
  yes: Flag.Boolean("yes").pipe(
    Flag.withAlias("y"),
    Flag.withDescription("Do it without asking"),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
}

/** Shows what would happen, in words, and goes on only for a typed `yes`. */
export const ask = Effect.fnUntraced(function* (about: ReadonlyArray<string>, yes: boolean) {
  if (yes) return
  if (yield* Globals.NoInput) return yield* unasked("--no-input forbids to ask")
  const answer = yield* Effect.scoped(
    Effect.gen(function* () {
      const tty = yield* Effect.catch(Tty.open, () => unasked("there is no terminal to ask on"))
      return yield* tty.ask([...about.map(Shown.line), "", prompt].join("\n"))
    })
  )
  if (answer.trim() !== "yes") return yield* login("cancelled", "cancelled: nothing was changed")
})

const prompt = "Type yes to go on: "

const unasked = (why: string) =>
  Effect.fail(usage("no-input", `this cannot be taken back, and ${why}`, "read what it does, then give --yes"))
