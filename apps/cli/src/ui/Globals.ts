/** The flags that every command takes. None of them limits or widens authority. */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("One JSON document on stdout, errors as JSON on stderr"),
    Flag.optional
  )
})

export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Errors and warnings only on stderr"),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
})

export const NoColor = GlobalFlag.Setting("no-color")({
  flag: Flag.Boolean("no-color").pipe(
    Flag.withDescription("No colours (also NO_COLOR)"),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
})

export const NoInput = GlobalFlag.Setting("no-input")({
  flag: Flag.Boolean("no-input").pipe(
    Flag.withDescription("Never ask: fail where a passphrase would be asked for"),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
})

export const Project = GlobalFlag.Setting("project")({
  flag: Flag.String("project").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("The project to work in (also BAILIWICK_PROJECT)"),
    Flag.optional
  )
})

export const all = [Json, Quiet, NoColor, NoInput, Project] as const
