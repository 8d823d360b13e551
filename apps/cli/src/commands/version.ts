import * as Command from "effect/cli/Command"
import * as Output from "../ui/Output.ts"
import * as Version from "../version.ts"

export const version = Command.make("version", {}, () =>
  Output.answer({ version: Version.version }, () => `bailiwick ${Version.version}`)
).pipe(Command.withDescription("Show the version"))
