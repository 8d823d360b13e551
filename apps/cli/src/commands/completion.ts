import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import * as Output from "../ui/Output.ts"

const shell = Argument.Literals("shell", ["bash", "zsh", "fish", "pwsh"]).pipe(
  Argument.withDescription("The shell that will load the script")
)

/** Made from the command tree itself, which it is a part of: hence the thunk. */
export const completion = (root: () => Command.Command.Any) =>
  Command.make("completion", { shell }, ({ shell }) =>
    Effect.suspend(() =>
      Output.data(
        Completions.generate(
          "bailiwick",
          shell === "pwsh" ? "powershell" : shell,
          Completions.fromCommand(root())
        ).replaceAll("bailiwick --completions ", "bailiwick completion ")
      )
    )
  ).pipe(
    Command.withDescription("Print a completion script"),
    Command.withExamples([
      { command: "source <(bailiwick completion bash)" },
      { command: "bailiwick completion fish > ~/.config/fish/completions/bailiwick.fish" }
    ])
  )
