/**
 * Where a passphrase comes from: the terminal, beside what it will sign, or a descriptor or private file that was named.
 * Never standard input, the environment or an argument.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Flag from "effect/cli/Flag"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import { usage } from "../ui/Failure.ts"
import * as Globals from "../ui/Globals.ts"
import * as Shown from "../ui/Shown.ts"
import * as Descriptor from "../input/Descriptor.ts"
import * as LineEditor from "./LineEditor.ts"
import * as Tty from "./Tty.ts"

/** The flags of every command that may need a passphrase. */
export const flags = {
  passphraseFd: Flag.Int("passphrase-fd").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Read the passphrase from this open descriptor"),
    Flag.optional
  ),
  passphraseFile: Flag.String("passphrase-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Read the passphrase from this file, which only you may read"),
    Flag.optional
  )
}

export interface Channel {
  readonly passphraseFd: Option.Option<number>
  readonly passphraseFile: Option.Option<string>
}

export interface Answer {
  readonly passphrase: Redacted.Redacted
  /** The signed claim: typed at a terminal by whoever read the question, or not. */
  readonly confirmed: "terminal" | "file"
}

export interface Question {
  /** What is being authorised, in words; one line each. */
  readonly about: ReadonlyArray<string>
  /** The objects that will be signed, exactly, by name. */
  readonly payload?: Readonly<Record<string, object>>
  readonly prompt: string
}

/** Whether a passphrase would be typed: then it is worth to show and to offer something. */
export const isTyped = (channel: Channel): boolean =>
  Option.isNone(channel.passphraseFd) && Option.isNone(channel.passphraseFile)

export const ask = Effect.fnUntraced(function* (channel: Channel, question: Question) {
  if (Option.isSome(channel.passphraseFd)) {
    if (Option.isSome(channel.passphraseFile)) {
      return yield* usage("bad-usage", "--passphrase-fd and --passphrase-file exclude each other")
    }
    return fromBytes(yield* Descriptor.readAll(channel.passphraseFd.value, LineEditor.maximumBytes), "file")
  }
  if (Option.isSome(channel.passphraseFile)) return yield* fromFile(channel.passphraseFile.value)
  if (yield* Globals.NoInput) {
    return yield* usage(
      "no-input",
      "a passphrase is needed, and --no-input forbids to ask",
      "give --passphrase-file or --passphrase-fd"
    )
  }
  return fromBytes(yield* Effect.scoped(fromTerminal(question)), "terminal")
})

const fromTerminal = Effect.fnUntraced(function* (question: Question) {
  const tty = yield* Tty.open
  const payload = question.payload === undefined ? [] : ["This is signed:", ...pretty(question.payload), ""]
  // The words come last: on a small screen they are what stands above the prompt.
  return yield* tty.askHidden([...payload, ...question.about.map(Shown.line), "", `${question.prompt}: `].join("\n"))
})

/** A line for each member, exactly as it will be signed; whatever a reader could not see is escaped. */
const pretty = (payload: Readonly<Record<string, object>>): ReadonlyArray<string> =>
  Object.entries(payload).flatMap(([object, members]) => [
    `  ${object}`,
    ...Object.entries(members).map(([name, value]) => `    ${name}: ${Shown.line(JSON.stringify(value))}`)
  ])

const fromFile = Effect.fnUntraced(function* (path: string) {
  const files = yield* SecretFiles
  const bytes = yield* files.read(path, LineEditor.maximumBytes)
  if (Option.isNone(bytes)) return yield* usage("no-such-file", `there is no file ${path}`)
  return fromBytes(bytes.value, "file")
})

const fromBytes = (bytes: Uint8Array, confirmed: Answer["confirmed"]): Answer => ({
  passphrase: Redacted.make(Descriptor.withoutLineEnd(new TextDecoder().decode(bytes)), { label: "passphrase" }),
  confirmed
})
