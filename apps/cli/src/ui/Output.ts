/**
 * Where words go: data to stdout, talk to stderr.
 *
 * With `--json` stdout is exactly one JSON document with stable members; people get text made from the same value.
 */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Settings from "../settings/Settings.ts"
import * as Globals from "./Globals.ts"
import * as Shown from "./Shown.ts"

/** How bold text and dim text look, plain where nobody sees colours, and how many columns there are. */
export interface Paint {
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
  /** Infinite where stdout is no terminal: what another program reads is not broken into lines. */
  readonly width: number
}

type Colours = Omit<Paint, "width">

const plain: Colours = { dim: (text) => text, bold: (text) => text }
const coloured: Colours = { dim: (text) => `\u001b[2m${text}\u001b[22m`, bold: (text) => `\u001b[1m${text}\u001b[22m` }

export const isJson = Effect.gen(function* () {
  const flag = yield* Globals.Json
  const { output } = yield* Settings.Settings
  return Option.getOrElse(flag, () => output === "json")
})

const paint = Effect.gen(function* () {
  const off = yield* Globals.NoColor
  const { color } = yield* Settings.Settings
  const width = process.stdout.isTTY === true ? Math.max(40, process.stdout.columns) : Infinity
  const paint: Paint = { ...(color && !off ? coloured : plain), width }
  return paint
})

/** The answer of a command: `value` for programs, `human` for people. An empty text prints nothing. */
export const answer = Effect.fnUntraced(function* (value: unknown, human: (paint: Paint) => string) {
  if (yield* isJson) return yield* Console.log(Shown.json(value))
  const text = human(yield* paint)
  if (text !== "") yield* Console.log(text)
})

/** Data that is a text by itself (a token, a script, lines of a log): the same with and without `--json`. */
export const data = (text: string): Effect.Effect<void> => Console.log(text)

/** A line of talk, silenced by `--quiet`, and by `--json`: then all that stands on stderr can be parsed. */
export const say = Effect.fnUntraced(function* (text: string) {
  if ((yield* Globals.Quiet) || (yield* isJson)) return
  yield* Console.error(Shown.block(text))
})

/** Whether errors and warnings are told as JSON; known before the command line is parsed, which may be what is wrong. */
export const JsonErrors = Context.Reference<boolean>("bailiwick/ui/Output/JsonErrors", { defaultValue: () => false })

/** A warning, which `--quiet` does not silence. */
export const warn = Effect.fnUntraced(function* (text: string) {
  const message = Shown.message(text)
  const json = yield* JsonErrors
  yield* Console.error(json ? Shown.json({ warning: { message } }) : `bailiwick: warning: ${message}`)
})
