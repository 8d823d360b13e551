/**
 * Why something of Audex's is refused: one sentence that may be shown, and a hint of what to do.
 *
 * No reason carries text out of a file beyond its name, and names are quoted.
 */
import { Status } from "@bailiwick/core/CredentialSession"
import * as Schema from "effect/Schema"

/** Neither a variable nor the account says where data of this user lies. */
export class NoDirectory extends Schema.TaggedError<NoDirectory>()("NoDirectory", { variables: Schema.String }) {
  override get message() {
    return "there is no data directory: none of the variables that name it holds an absolute path"
  }
  get hint() {
    return `set ${this.variables}`
  }
}

/** Would be joined to a path. */
export class BadId extends Schema.TaggedError<BadId>()("BadId", {}) {
  override get message() {
    return "this is no session id: 1 to 64 of the letters A to Z and a to z, digits and hyphens"
  }
  readonly hint = "list the sessions and copy an id whole"
}

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.String }) {
  override get message() {
    return `there is no session ${this.id}`
  }
  readonly hint = "list the sessions: it may have been evicted, or lie in another directory"
}

/** Not in the form that Audex's programs read. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { detail: Schema.String }) {
  override get message() {
    return `this is no session of Audex: ${this.detail}`
  }
  readonly hint = "move the file away, or take it from a backup"
}

/** Larger than anything that Audex writes; its programs know no limit. */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {}) {
  override get message() {
    return "it is larger than 4 MiB"
  }
  readonly hint = "move it away; no program wrote this as a session"
}

/** Another program changed the same session: what it wrote is what counts now. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { id: Schema.String, what: Schema.String }) {
  override get message() {
    return `session ${this.id}: ${this.what}`
  }
  readonly hint = "load it again, and decide anew"
}

/** A final status is never left. */
export class AlreadyEnded extends Schema.TaggedError<AlreadyEnded>()("AlreadyEnded", {
  id: Schema.String,
  status: Status
}) {
  override get message() {
    return `session ${this.id} has already ended: ${this.status}`
  }
  readonly hint = "make a new session"
}

/** Has no faithful form in this directory. */
export class Unwritable extends Schema.TaggedError<Unwritable>()("Unwritable", { detail: Schema.String }) {
  override get message() {
    return `this session cannot be written as one of Audex: ${this.detail}`
  }
  readonly hint = "keep it in bailiwick's own store"
}

export const Reason = Schema.Union([
  NoDirectory,
  BadId,
  NotFound,
  Malformed,
  TooLarge,
  Conflict,
  AlreadyEnded,
  Unwritable
])
export type Reason = typeof Reason.Type

export class AudexError extends Schema.TaggedError<AudexError>()("AudexError", { reason: Reason }) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}

export const malformed = (detail: string): AudexError => new AudexError({ reason: new Malformed({ detail }) })

export const unwritable = (detail: string): AudexError => new AudexError({ reason: new Unwritable({ detail }) })
