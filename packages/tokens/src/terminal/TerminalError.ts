/** Why no terminal can be bound to. */
import * as Schema from "effect/Schema"

/** The process has no controlling terminal, whatever its standard streams are (a pipe, a pty without a session). */
export class NoTerminal extends Schema.TaggedError<NoTerminal>()("NoTerminal", {}) {
  override get message() {
    return "this process has no controlling terminal, and a human session is bound to one"
  }
  readonly hint = "open a terminal, or act command by command with --passphrase-fd or --passphrase-file"
}

/** A part of the binding could not be read; what is half known is not bound to. */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", { what: Schema.String }) {
  override get message() {
    return `the terminal session cannot be told: ${this.what} is not readable`
  }
  readonly hint = "check that /proc is mounted and that the shell which opened this terminal still runs"
}

export class Unsupported extends Schema.TaggedError<Unsupported>()("Unsupported", {}) {
  override get message() {
    return "terminal sessions are not known on this platform"
  }
  readonly hint = "act command by command with --passphrase-fd or --passphrase-file"
}

export class TerminalError extends Schema.TaggedError<TerminalError>()("TerminalError", {
  reason: Schema.Union([NoTerminal, Unreadable, Unsupported])
}) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}
