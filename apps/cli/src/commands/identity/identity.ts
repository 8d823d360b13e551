import * as Command from "effect/cli/Command"
import { passphrase } from "./passphrase.ts"
import { recover } from "./recover.ts"

export const identity = Command.make("identity").pipe(
  Command.withDescription("Your own key at rest"),
  Command.withSubcommands([passphrase, recover])
)
