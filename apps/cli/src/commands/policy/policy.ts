import * as Command from "effect/cli/Command"
import { check } from "./check.ts"
import { evaluate } from "./eval.ts"
import { test } from "./test.ts"

export const policy = Command.make("policy").pipe(
  Command.withDescription("Compare and try policies; touches no state"),
  Command.withSubcommands([check, test, evaluate])
)
