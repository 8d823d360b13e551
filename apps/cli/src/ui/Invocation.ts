/** What is wrong with a command line, in this program's manners instead of the parser's. */
import type * as CliError from "effect/cli/CliError"
import * as Match from "effect/Match"
import { ExitCode } from "./ExitCode.ts"
import { Ended, type Failure, usage } from "./Failure.ts"

/** Only the first mistake is told: the others may follow from it. */
export const explain = (error: CliError.CliError): Failure | Ended => {
  if (error._tag !== "ShowHelp") return one(error)
  const [first] = error.errors
  // A group without a verb: the help is on stderr already, and nothing was done.
  return first === undefined ? new Ended({ exit: ExitCode.usage }) : one(first, error.commandPath)
}

const one = (error: CliError.NonShowHelpErrors, path: ReadonlyArray<string> = []): Failure =>
  Match.value(error).pipe(
    Match.tagsExhaustive({
      UnrecognizedOption: ({ option, suggestions }) =>
        usage(
          "unknown-flag",
          `there is no flag ${option}`,
          nearFlag(option, suggestions) ?? delimiter(path) ?? help(path)
        ),
      UnknownSubcommand: ({ parent = [], subcommand, suggestions }) =>
        usage(
          "unknown-command",
          `there is no command ${quote([...parent.slice(1), subcommand])}`,
          meant(suggestions) ?? help(parent)
        ),
      MissingOption: ({ option }) => usage("missing-flag", `--${option} is missing`, help(path)),
      MissingArgument: ({ argument }) => usage("missing-argument", `<${argument}> is missing`, help(path)),
      // The words themselves are not repeated: a secret typed there is in the process list already, not in a log too.
      UnexpectedArgument: ({ arguments: words }) =>
        usage(
          "unexpected-argument",
          words.length === 1 ? "one argument too many" : `${words.length} arguments too many`,
          help(path)
        ),
      InvalidValue: ({ expected, kind, option }) =>
        usage(
          "bad-value",
          `${kind === "flag" ? `--${option}` : `<${option}>`}: expected ${expected.replace(/^Expected:? /u, "")}`,
          help(path)
        ),
      DuplicateOption: ({ message }) => usage("bad-usage", message),
      ValidationError: ({ message }) => usage("bad-usage", message),
      UserError: ({ message }) => usage("bad-usage", message)
    })
  )

const quote = (words: ReadonlyArray<string>): string => JSON.stringify(words.join(" "))

const meant = (suggestions: ReadonlyArray<string>): string | undefined =>
  suggestions.length === 0 ? undefined : `did you mean ${suggestions.join(" or ")}?`

// Every single letter is near every other: only a word is worth a guess.
const nearFlag = (option: string, suggestions: ReadonlyArray<string>): string | undefined =>
  option.startsWith("--") ? meant(suggestions.filter((name) => name.startsWith("--"))) : undefined

// The commonest mistake with a wrapper: the wrapped command's own flags without the delimiter.
const delimiter = (path: ReadonlyArray<string>): string | undefined =>
  path.at(-1) === "run"
    ? "put -- before the command: what belongs to it stands behind; ours: bailiwick run --help"
    : undefined

const help = (path: ReadonlyArray<string>): string =>
  `see ${(path.length === 0 ? ["bailiwick"] : path).join(" ")} --help`
