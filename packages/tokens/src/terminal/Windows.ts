/** The terminal session on Windows. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NoTerminal, TerminalError } from "./TerminalError.ts"
import { type TerminalRecord, windowsTerminal } from "./TerminalRecord.ts"

export const read: Effect.Effect<TerminalRecord, TerminalError> = Effect.flatMap(
  windowsTerminal,
  Option.match({
    onNone: () => Effect.fail(new TerminalError({ reason: new NoTerminal() })),
    onSome: (tty) => Effect.succeed({ tty })
  })
)
