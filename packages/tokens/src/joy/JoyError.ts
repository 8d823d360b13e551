/**
 * Why something of Joy's is refused: one sentence that may be shown, and a hint of what to do.
 *
 * No reason carries a secret, a signature or the refused bytes.
 */
import * as Schema from "effect/Schema"

/** Not in the form that Joy's programs read. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  what: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the ${this.what} is malformed: ${this.detail}`
  }
  readonly hint = "copy it again, whole and unchanged; a line wrap in a chat may have hidden a part of it"
}

/** Larger than anything that Joy writes; its programs know no limit. */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { what: Schema.String }) {
  override get message() {
    return `the ${this.what} is larger than 64 KiB`
  }
  readonly hint = "this is nothing that Joy wrote"
}

export class WrongProject extends Schema.TaggedError<WrongProject>()("WrongProject", { what: Schema.String }) {
  override get message() {
    return `the ${this.what} belongs to a different project`
  }
  readonly hint = "choose the project by its Joy id: its acronym, else its name in small letters with hyphens"
}

export class Expired extends Schema.TaggedError<Expired>()("Expired", { what: Schema.String, expires: Schema.String }) {
  override get message() {
    return `the ${this.what} expired at ${this.expires}`
  }
  readonly hint = "make a new one with joy auth; nothing extends a signed lifetime"
}

/** The signature's text is no hexadecimal. */
export class SignatureNotHex extends Schema.TaggedError<SignatureNotHex>()("SignatureNotHex", { what: Schema.String }) {
  override get message() {
    return `the signature of the ${this.what} is no hexadecimal`
  }
  readonly hint = "restore it from where it was made"
}

/** Also said of what only a laxer verifier accepts: Joy takes weak keys, this reader does not. */
export class BadSignature extends Schema.TaggedError<BadSignature>()("BadSignature", { what: Schema.String }) {
  override get message() {
    return `the signature of the ${this.what} does not hold`
  }
  readonly hint = "it was changed after it was signed, or belongs to another key"
}

/** Written by a Joy whose signatures the seed does not accept either. */
export class OtherGeneration extends Schema.TaggedError<OtherGeneration>()("OtherGeneration", {
  what: Schema.String,
  versions: Schema.String
}) {
  override get message() {
    return `the ${this.what} was written by Joy ${this.versions}, whose form Joy 0.16 does not accept`
  }
  readonly hint = "make a new one with the Joy that the project uses now"
}

/** A member's public key is no acceptable Ed25519 key. */
export class BadKey extends Schema.TaggedError<BadKey>()("BadKey", { detail: Schema.String }) {
  override get message() {
    return `the public key is not acceptable: ${this.detail}`
  }
  readonly hint = "give the 64 hexadecimal digits of the member's verify_key"
}

/** A wrapped seed did not open; which of the causes it was is not told, because it would help a guesser. */
export class NotOpened extends Schema.TaggedError<NotOpened>()("NotOpened", {}) {
  override get message() {
    return "the wrapped seed did not open: wrong passphrase or recovery key, or damaged"
  }
  readonly hint = "try again; a debug build of Joy wraps with other costs, which no file names"
}

/** The platform has no Argon2id, or not the memory for it. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {}) {
  override get message() {
    return "this platform cannot compute Argon2id with these parameters"
  }
  readonly hint = "Node.js 24.7 or newer and 64 MiB of free memory are needed"
}

/** The id of a session is no id, so it never becomes a part of a path. */
export class BadId extends Schema.TaggedError<BadId>()("BadId", {}) {
  override get message() {
    return "not the id of a Joy session"
  }
  readonly hint = "an id is 24 lower-case hexadecimal digits"
}

/** No variable says where Joy keeps its state. */
export class NoStateDirectory extends Schema.TaggedError<NoStateDirectory>()("NoStateDirectory", {}) {
  override get message() {
    return "cannot determine Joy's state directory"
  }
  readonly hint = "set XDG_STATE_HOME, or on Windows LOCALAPPDATA, or HOME"
}

const Reason = Schema.Union([
  Malformed,
  TooLarge,
  WrongProject,
  Expired,
  SignatureNotHex,
  BadSignature,
  OtherGeneration,
  BadKey,
  NotOpened,
  Unavailable,
  BadId,
  NoStateDirectory
])
export type Reason = typeof Reason.Type

export class JoyError extends Schema.TaggedError<JoyError>()("JoyError", { reason: Reason }) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}

/** The error of an object that is not in its form; the detail becomes one line. */
export const malformed = (what: string, detail: string): JoyError =>
  new JoyError({ reason: new Malformed({ what, detail: detail.replaceAll(/\s+/gu, " ") }) })
