/**
 * What a user prefers: `BAILIWICK_*` over `$XDG_CONFIG_HOME/bailiwick/config.toml`; flags over both.
 *
 * Nothing here limits or widens authority: whatever does stands in the owner-signed project record.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ProjectId from "@bailiwick/core/ProjectId"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import { usage } from "../ui/Failure.ts"
import * as Toml from "./Toml.ts"

const Output = Schema.Literals(["text", "json"])

const File = Schema.Struct({
  project: Schema.optionalKey(ProjectId.ProjectId),
  output: Schema.optionalKey(Output),
  color: Schema.optionalKey(Schema.Boolean)
})

export class Settings extends Context.Service<
  Settings,
  {
    /** The project named by a variable or the file; a flag goes before it. */
    readonly project: Option.Option<ProjectId.ProjectId>
    readonly output: typeof Output.Type
    /** Whether stdout shows colours. */
    readonly color: boolean
  }
>()("bailiwick/settings/Settings") {
  static readonly layer = Layer.effect(
    Settings,
    Effect.gen(function* () {
      const file = yield* read
      const project = yield* variable("BAILIWICK_PROJECT", ProjectId.ProjectId)
      const output = yield* variable("BAILIWICK_OUTPUT", Output)
      const noColor = yield* variable("NO_COLOR", Schema.String)
      return Settings.of({
        project: Option.orElse(project, () => Option.fromUndefinedOr(file.project)),
        output: Option.getOrElse(output, () => file.output ?? "text"),
        color: Option.isNone(noColor) && process.stdout.isTTY === true && file.color !== false
      })
    })
  )
}

/** A variable that is set and empty counts as not set (no-color.org; POSIX habit). */
const variable = Effect.fnUntraced(function* <A>(name: string, schema: Schema.Codec<A, string>) {
  const text = yield* Effect.orDie(Config.option(Config.String(name)))
  if (Option.isNone(text) || text.value === "") return Option.none<A>()
  const value = yield* Schema.decodeUnknownEffect(schema)(text.value).pipe(
    Effect.mapError((error) => usage("bad-variable", `${name} is not usable: ${error.message}`))
  )
  return Option.some(value)
})

const read = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const { config } = yield* StateDirectory
  const path = `${config}/config.toml`
  const text = yield* Effect.option(files.readFileString(path))
  return Option.isNone(text) ? {} : yield* Toml.decode({ path, text: text.value, schema: File })
})
