/** The one error of this package: why a process did not receive credentials, or did not start. */
import * as Policy from "@bailiwick/core/Policy"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as Schema from "effect/Schema"

/** The broker said no, for good: revoked, expired, denied. `code` is the broker's own, and goes to the child as it is. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  code: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
  get hint() {
    return "ask whoever started this run for a new session"
  }
}

/** Nobody could be asked just now; the same question may be answered later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
  get hint() {
    return "try again in a moment"
  }
}

/** This way of delivery has no document for credentials of the provider. */
export class NotDeliverable extends Schema.TaggedError<NotDeliverable>()("NotDeliverable", {
  provider: Policy.Provider
}) {
  override get message() {
    return `credentials of ${this.provider} cannot be delivered this way`
  }
  get hint() {
    return "choose another way: file holds oidc tokens alone, endpoint and env hold every provider's credentials"
  }
}

/** A private directory or file could not be made, kept private, written or removed. */
export class FileFailed extends Schema.TaggedError<FileFailed>()("FileFailed", {
  detail: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** No port of 127.0.0.1 could be opened. */
export class NoPort extends Schema.TaggedError<NoPort>()("NoPort", {}) {
  override get message() {
    return "no port could be opened on 127.0.0.1"
  }
  get hint() {
    return "check the limit on open files and whether this sandbox forbids to listen, or deliver by environment"
  }
}

/** As in shells: 127. */
export class CommandNotFound extends Schema.TaggedError<CommandNotFound>()("CommandNotFound", {
  command: Schema.String
}) {
  override get message() {
    return `command not found: ${this.command}`
  }
  get hint() {
    return "check the spelling and PATH"
  }
}

/** As in shells: 126. */
export class CommandNotExecutable extends Schema.TaggedError<CommandNotExecutable>()("CommandNotExecutable", {
  command: Schema.String
}) {
  override get message() {
    return `command cannot be executed: ${this.command}`
  }
  get hint() {
    return "check that it is an executable file for this machine and that its arguments are not too long"
  }
}

export class DeliveryError extends Schema.TaggedError<DeliveryError>()("DeliveryError", {
  reason: Schema.Union([
    Refused,
    Unavailable,
    NotDeliverable,
    FileFailed,
    NoPort,
    CommandNotFound,
    CommandNotExecutable
  ])
}) {
  override get message() {
    return this.reason.message
  }
  get hint(): string {
    return this.reason.hint
  }
}

/** A store's failure, seen from here. */
export const fromStore = (error: StoreError): DeliveryError =>
  new DeliveryError({
    reason: new FileFailed({
      detail: error.detail,
      hint: error.hint ?? "check the directory's permissions and free space"
    })
  })
