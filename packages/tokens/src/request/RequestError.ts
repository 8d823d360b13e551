/** Why a signed HTTP request is refused. */
import * as Schema from "effect/Schema"

/** A field, a target or a parameter is not in the one form of the profile. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { detail: Schema.String }) {
  override get message() {
    return `the request is malformed: ${this.detail}`
  }
  readonly hint = "sign requests with bailiwick's own client, and send them as they were signed"
}

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {}) {
  override get message() {
    return "the request body is larger than 1 MiB"
  }
  readonly hint = "send less"
}

/** Sent to another address than the broker's public one. */
export class WrongAuthority extends Schema.TaggedError<WrongAuthority>()("WrongAuthority", {}) {
  override get message() {
    return "the request was made for another address than this broker's"
  }
  readonly hint = "use the broker's public address, and let no proxy rewrite the host"
}

/** The signature covers less, more or other components than the profile asks for this request. */
export class NotCovered extends Schema.TaggedError<NotCovered>()("NotCovered", {}) {
  override get message() {
    return "the signature does not cover exactly what this request must sign"
  }
  readonly hint = "sign requests with bailiwick's own client"
}

export class BadSignature extends Schema.TaggedError<BadSignature>()("BadSignature", {}) {
  override get message() {
    return "the request's signature does not fit: it was changed after it was signed, or signed with another key"
  }
  readonly hint = "check that no proxy rewrites method, host, path or query"
}

export class WrongDigest extends Schema.TaggedError<WrongDigest>()("WrongDigest", {}) {
  override get message() {
    return "the request body is not the one that was signed"
  }
  readonly hint = "check that no proxy rewrites bodies"
}

/** Made too long ago, not yet made, or valid for longer than allowed. */
export class NotFresh extends Schema.TaggedError<NotFresh>()("NotFresh", {}) {
  override get message() {
    return "the request was not made just now"
  }
  readonly hint = "check this machine's clock, and sign every request anew"
}

export class RequestError extends Schema.TaggedError<RequestError>()("RequestError", {
  reason: Schema.Union([Malformed, TooLarge, WrongAuthority, NotCovered, BadSignature, WrongDigest, NotFresh])
}) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}
