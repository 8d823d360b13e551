/** What the command tells when it cannot do what was asked: one line, a hint, a stable code and an exit code. */
import * as Schema from "effect/Schema"
import { ExitCode } from "./ExitCode.ts"

export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  /** Stable kebab-case name, listed in `docs/errors.md`. */
  code: Schema.String,
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  exit: Schema.Int
}) {}

/** The command has said everything already and ends with this code: a verdict, or the child's own. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", { exit: Schema.Int }) {}

/** Wrong use of the command line, a file or a variable: nothing was changed. */
export const usage = (code: string, message: string, hint?: string): Failure =>
  make(ExitCode.usage, code, message, hint)

/** Nobody is logged in who could ask for this. */
export const login = (code: string, message: string, hint?: string): Failure =>
  make(ExitCode.login, code, message, hint)

/** State on disk that cannot be read or written as it must be. */
export const store = (code: string, message: string, hint?: string): Failure =>
  make(ExitCode.store, code, message, hint)

export const make = (exit: number, code: string, message: string, hint?: string): Failure =>
  new Failure({ exit, code, message, ...(hint === undefined ? {} : { hint }) })
