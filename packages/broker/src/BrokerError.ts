/**
 * Why the broker did not do it: one error, a `reason` with a stable `code`, a sentence and what to do about it.
 *
 * A failure of the store is no reason of the broker: it stays the store's own {@link StoreError} beside this error.
 */
import * as Authority from "@bailiwick/core/Authority"
import * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as Kid from "@bailiwick/core/Kid"
import * as Policy from "@bailiwick/core/Policy"
import * as ProjectId from "@bailiwick/core/ProjectId"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Schema from "effect/Schema"

/** The request contradicts itself, before any authority is looked at. */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", {
  detail: Schema.String,
  hint: Schema.String
}) {
  readonly code = "bad-request"
  override get message() {
    return this.detail
  }
}

/** Nobody is authenticated, or a person without a terminal grant asks for what only a grant gives. */
export class LoginNeeded extends Schema.TaggedError<LoginNeeded>()("LoginNeeded", { detail: Schema.String }) {
  readonly code = "login-needed"
  override get message() {
    return this.detail
  }
  get hint() {
    return "log in with what you need: bailiwick login --allow … --on … --ttl …"
  }
}

/** A session was named and cannot act; there is no falling back to anybody else. */
export class SessionUnusable extends Schema.TaggedError<SessionUnusable>()("SessionUnusable", {
  why: Schema.String
}) {
  readonly code = "session-unusable"
  override get message() {
    return `this session cannot act: ${this.why}`
  }
  get hint() {
    return "unset BAILIWICK_SESSION, then log in or redeem a new delegation token"
  }
}

/** One thing that a request asks for beyond one ceiling. */
export const Excess = Schema.Struct({
  /** Who refuses: the chain, a member, the project, a lifetime. */
  ceiling: Schema.String,
  what: Schema.String
})
export type Excess = typeof Excess.Type

/** The request is larger than the authority behind it. */
export class Denied extends Schema.TaggedError<Denied>()("Denied", { excess: Schema.Array(Excess) }) {
  readonly code = "denied"
  override get message() {
    return `more than is allowed: ${this.excess.map(({ ceiling, what }) => `${what} (refused by ${ceiling})`).join("; ")}`
  }
  get hint() {
    return "ask for less, or accept what is left with --narrow"
  }
}

/** The cloud would not hold a restriction, and the signed chain does not accept that. */
export class Unheld extends Schema.TaggedError<Unheld>()("Unheld", {
  dimensions: Schema.Array(Schema.Struct({ dimension: Authority.Dimension, note: Schema.String }))
}) {
  readonly code = "unheld"
  override get message() {
    const named = this.dimensions.map(({ dimension, note }) => `${dimension} (${note})`).join("; ")
    return `nobody would hold the restriction on ${named}`
  }
  get hint() {
    const names = this.dimensions.map(({ dimension }) => dimension).join(",")
    return `ask for something that the provider holds, or have the delegation signed with --accept-unenforced ${names}`
  }
}

/** The caller is known and may not do this to that. */
export class NotPermitted extends Schema.TaggedError<NotPermitted>()("NotPermitted", {
  detail: Schema.String,
  hint: Schema.String
}) {
  readonly code = "not-permitted"
  override get message() {
    return this.detail
  }
}

export const Thing = Schema.Literals(["target", "member", "delegation", "session", "token"])
export type Thing = typeof Thing.Type

/** Where each kind of thing is listed. */
const lists = {
  target: "bailiwick project show",
  member: "bailiwick agent list",
  delegation: "bailiwick delegations list",
  session: "bailiwick sessions list, and with --auth who may ask",
  token: "bailiwick audit show"
} as const satisfies Record<typeof Thing.Type, string>

/** No such thing, or a stranger's: the answer is the same, so that ids cannot be probed. */
export class Unknown extends Schema.TaggedError<Unknown>()("Unknown", {
  thing: Thing,
  id: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  get code() {
    return `unknown-${this.thing}` as const
  }
  override get message() {
    return `no ${this.thing} ${JSON.stringify(this.id)} here`
  }
  get hint() {
    return this.known.length === 0 ? `see what there is: ${lists[this.thing]}` : `there is: ${this.known.join(", ")}`
  }
}

/** A credential session that has ended gives nothing more. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  id: CredentialSession.CredentialSession.fields.id,
  status: CredentialSession.Status
}) {
  get code() {
    return this.status === "revoked" ? "revoked" : "ended"
  }
  override get message() {
    return `credential session ${this.id} has ended: ${this.status}`
  }
  get hint() {
    return "ask for a new one; an ended session is never taken up again"
  }
}

/** The machine's clock is behind the time that the store has seen: dead tokens would come to life. */
export class ClockSetBack extends Schema.TaggedError<ClockSetBack>()("ClockSetBack", {
  now: UnixTime.UnixTime,
  mark: UnixTime.UnixTime
}) {
  readonly code = "clock-set-back"
  override get message() {
    return `the clock says ${UnixTime.toText(this.now)}, and this store has already seen ${UnixTime.toText(this.mark)}`
  }
  get hint() {
    return "set the clock right; if the store saw a wrong time in the future: bailiwick store clock-reset (ends every session)"
  }
}

/** What each refusal of a signed object means to a program; all others are `token-refused`. */
const tokenCodes = {
  AlreadyRedeemed: "already-redeemed",
  Expired: "expired",
  RedeemExpired: "expired",
  Revoked: "revoked",
  WrongProject: "wrong-project",
  UnknownBudget: "budget-unknown",
  NotConfirmed: "terminal-required",
  NotSubset: "denied",
  DepthExceeded: "denied",
  LifetimeExceeded: "denied"
} as const satisfies { readonly [Tag in TokenError.Reason["_tag"]]?: string }

type TokenCode = (typeof tokenCodes)[keyof typeof tokenCodes] | "token-refused"

/** A record, token, chain or session was refused; its own error says why and what to do. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {
  error: TokenError.TokenError
}) {
  get code(): TokenCode {
    const codes: { readonly [tag: string]: TokenCode } = tokenCodes
    return codes[this.error.reason._tag] ?? "token-refused"
  }
  override get message() {
    return this.error.message
  }
  get hint() {
    return this.error.hint
  }
}

export class AlreadyFounded extends Schema.TaggedError<AlreadyFounded>()("AlreadyFounded", {
  project: ProjectId.ProjectId,
  founder: Kid.Kid
}) {
  readonly code = "already-founded"
  override get message() {
    return `project ${this.project} was founded here with another key, ${this.founder}`
  }
  get hint() {
    return "choose another project name, or ask an owner to invite you"
  }
}

export class NotFounded extends Schema.TaggedError<NotFounded>()("NotFounded", { project: ProjectId.ProjectId }) {
  readonly code = "not-founded"
  override get message() {
    return `there is no project ${this.project} in this store`
  }
  get hint() {
    return "found it: bailiwick init"
  }
}

/** The provider did not plan or issue; its own words say what to do. */
export class ProviderFailed extends Schema.TaggedError<ProviderFailed>()("ProviderFailed", {
  error: CredentialProvider.ProviderError
}) {
  readonly code = "provider-failed"
  override get message() {
    return this.error.message
  }
  get hint() {
    return this.error.hint
  }
}

/** The target's provider is not part of this installation. */
export class ProviderMissing extends Schema.TaggedError<ProviderMissing>()("ProviderMissing", {
  provider: Policy.Provider
}) {
  readonly code = "provider-missing"
  override get message() {
    return `this broker has no provider ${this.provider}`
  }
  get hint() {
    return "use a target of a provider that it has"
  }
}

export class BrokerError extends Schema.TaggedError<BrokerError>()("BrokerError", {
  reason: Schema.Union([
    BadRequest,
    LoginNeeded,
    SessionUnusable,
    Denied,
    Unheld,
    NotPermitted,
    Unknown,
    Ended,
    ClockSetBack,
    AlreadyFounded,
    NotFounded,
    TokenRefused,
    ProviderFailed,
    ProviderMissing
  ])
}) {
  override get message() {
    return this.reason.message
  }
  /** What to do about it. */
  get hint() {
    return this.reason.hint
  }
  /** Stable, for programs: it changes for no release. */
  get code() {
    return this.reason.code
  }
}

export type Reason = BrokerError["reason"]
export type Code = BrokerError["code"]

/** Everything that a use case can fail with. */
export type BrokerFailure = BrokerError | StoreError

export const make = (reason: Reason) => new BrokerError({ reason })

/** No such thing, or a stranger's. */
export const unknown = (thing: Thing, id: string, known: ReadonlyArray<string> = []) =>
  make(new Unknown({ thing, id, known }))

/** The provider's failure in its own words. */
export const fromProvider = (error: CredentialProvider.ProviderError) => make(new ProviderFailed({ error }))

/** A refusal in the words of the tokens' own error. */
export const token = (reason: TokenError.Reason) => fromToken(new TokenError.TokenError({ reason }))

export const fromToken = (error: TokenError.TokenError) => make(new TokenRefused({ error }))
