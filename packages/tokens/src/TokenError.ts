/**
 * Why a record, a token, a chain or a session is refused: one sentence that may be shown, and a hint of what to do.
 *
 * No reason carries a secret, a signature or the refused bytes, so every one of them may be printed and logged.
 */
import * as MemberId from "@bailiwick/core/MemberId"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as StorageId from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { JwsError } from "./Jws.ts"
import * as SignedKind from "./SignedKind.ts"

const at = UnixTime.toText
const list = (items: ReadonlyArray<string>) => items.join(", ")

/** Not in the form of the formats: JSON, members, ids, base64url, or a rule between members. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  what: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the ${this.what} is malformed: ${this.detail}`
  }
  readonly hint = "copy it again, whole and unchanged, from where it was made"
}

export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {
  what: Schema.String,
  limit: Schema.String
}) {
  override get message() {
    return `the ${this.what} is larger than ${this.limit}`
  }
  readonly hint = "fewer statements, targets or hops make it smaller"
}

/** A signed object of another kind stands in its place. */
export class WrongKind extends Schema.TaggedError<WrongKind>()("WrongKind", {
  expected: Schema.String,
  found: Schema.String
}) {
  override get message() {
    return `expected ${this.expected}, found ${this.found}`
  }
  readonly hint = "a chain is root, session, grant, session and so on, each of its own kind"
}

export class WrongKey extends Schema.TaggedError<WrongKey>()("WrongKey", { detail: Schema.String }) {
  override get message() {
    return `another key than its place asks for: ${this.detail}`
  }
  readonly hint = "ask whoever made it for a new one; after a rotation old tokens stay refused"
}

export class BadSignature extends Schema.TaggedError<BadSignature>()("BadSignature", { what: Schema.String }) {
  override get message() {
    return `the signature of the ${this.what} does not fit: it was changed after it was signed`
  }
  readonly hint = "copy it again from where it was made; if it stays refused, somebody has edited it"
}

/** The public key is no canonical point of the prime-order group. */
export class BadKey extends Schema.TaggedError<BadKey>()("BadKey", { what: Schema.String }) {
  override get message() {
    return `the public key of the ${this.what} is not acceptable`
  }
  readonly hint = "make a new key pair with bailiwick itself"
}

/** The same key stands where the formats ask for different ones. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", { what: Schema.String }) {
  override get message() {
    return `the key of the ${this.what} is already in use elsewhere`
  }
  readonly hint = "one key has one owner and one place for ever: make a new key pair"
}

/** The pieces do not belong together: order, parent hashes, ids, agents. */
export class BrokenChain extends Schema.TaggedError<BrokenChain>()("BrokenChain", { detail: Schema.String }) {
  override get message() {
    return `the chain does not hold together: ${this.detail}`
  }
  readonly hint = "only the chain as it was handed over verifies; ask for a new token"
}

/** A chain of records has a gap, a fork, or a row that is not what it says. */
export class BrokenRecords extends Schema.TaggedError<BrokenRecords>()("BrokenRecords", {
  kind: RecordRegistry.RecordKind,
  detail: Schema.String
}) {
  override get message() {
    return `the ${this.kind} records do not hold together: ${this.detail}`
  }
  readonly hint = "compare with another client's copy of the log; nothing is decided on records that do not verify"
}

/** The signer of a record was not the one to sign it at its place in the log. */
export class NotEntitled extends Schema.TaggedError<NotEntitled>()("NotEntitled", {
  kind: RecordRegistry.RecordKind,
  detail: Schema.String
}) {
  override get message() {
    return `the signer was not entitled to this ${this.kind} record: ${this.detail}`
  }
  readonly hint = "project and member records are signed by an owner, a delegation by its own human"
}

/** The founder's records are not those that this client pinned or that a project begins with. */
export class NotFounded extends Schema.TaggedError<NotFounded>()("NotFounded", { detail: Schema.String }) {
  override get message() {
    return `the project does not begin as it must: ${this.detail}`
  }
  readonly hint = "check that you talk to the project that you joined, and compare the founder's key with its owner"
}

/** A record that would leave the project without an owner who counts. */
export class NoOwnerLeft extends Schema.TaggedError<NoOwnerLeft>()("NoOwnerLeft", {}) {
  override get message() {
    return "this would leave the project without an owner who is a human member in force"
  }
  readonly hint = "enrol another human and add their key to the owners first"
}

export class WrongProject extends Schema.TaggedError<WrongProject>()("WrongProject", {}) {
  override get message() {
    return "this belongs to another project"
  }
  readonly hint = "choose the project with --project"
}

/** Signed for another store: `aud` is the key of one store alone. */
export class WrongAudience extends Schema.TaggedError<WrongAudience>()("WrongAudience", {}) {
  override get message() {
    return "this was signed for another store of the project, or before this store was restored"
  }
  readonly hint = "ask for a token that is made against this store"
}

export class Expired extends Schema.TaggedError<Expired>()("Expired", {
  what: Schema.String,
  exp: UnixTime.UnixTime
}) {
  override get message() {
    return `the ${this.what} expired at ${at(this.exp)}`
  }
  readonly hint = "ask for a new one; nothing extends a signed lifetime"
}

export class NotYet extends Schema.TaggedError<NotYet>()("NotYet", { what: Schema.String, iat: UnixTime.UnixTime }) {
  override get message() {
    return `the ${this.what} is dated ${at(this.iat)}, which has not come yet`
  }
  readonly hint = "check the clocks of this machine and of the one that signed"
}

/** `redeem_by` has passed before anybody redeemed it. */
export class RedeemExpired extends Schema.TaggedError<RedeemExpired>()("RedeemExpired", {
  redeem_by: UnixTime.UnixTime
}) {
  override get message() {
    return `the token had to be redeemed before ${at(this.redeem_by)}`
  }
  readonly hint = "ask for a new token"
}

export class LifetimeExceeded extends Schema.TaggedError<LifetimeExceeded>()("LifetimeExceeded", {
  name: Schema.String,
  seconds: Schema.Int,
  cap: Schema.Int
}) {
  override get message() {
    return `a lifetime of ${this.seconds} s is more than the project allows (${this.name}: ${this.cap} s)`
  }
  readonly hint = "ask for a shorter lifetime"
}

export class DepthExceeded extends Schema.TaggedError<DepthExceeded>()("DepthExceeded", {
  depth: Schema.Int,
  max_depth: Schema.Int
}) {
  override get message() {
    return `the chain goes ${this.depth} grants deep; its root allows ${this.max_depth}`
  }
  readonly hint = "whoever signs the root sets --max-depth"
}

/** The part of a token that only ever shrinks has grown; `excess` is what sticks out. */
export class NotSubset extends Schema.TaggedError<NotSubset>()("NotSubset", {
  member: Schema.Literals(["policy", "targets", "scopes", "accept_unenforced", "max_depth", "exp", "iat"]),
  excess: Schema.Array(Schema.String)
}) {
  override get message() {
    return `more than the token before it allows (${this.member}): ${list(this.excess)}`
  }
  readonly hint = "ask for no more than the parent grants"
}

export class UnknownBudget extends Schema.TaggedError<UnknownBudget>()("UnknownBudget", {}) {
  override get message() {
    return "the token carries a budget, and nothing here would hold it"
  }
  readonly hint = "leave the budget empty"
}

export class Revoked extends Schema.TaggedError<Revoked>()("Revoked", {
  kind: RevocationList.RevocationKind,
  time: UnixTime.UnixTime
}) {
  override get message() {
    return `ended by a revocation of the ${this.kind} at ${at(this.time)}`
  }
  readonly hint = "ask for a new token; a revoked one never comes back"
}

/** A chain that acts must have been redeemed, token by token. */
export class NotRedeemed extends Schema.TaggedError<NotRedeemed>()("NotRedeemed", {}) {
  override get message() {
    return "the token has not been redeemed"
  }
  readonly hint = "redeem it first: bailiwick redeem"
}

export class AlreadyRedeemed extends Schema.TaggedError<AlreadyRedeemed>()("AlreadyRedeemed", {
  session: StorageId.StorageId,
  time: UnixTime.UnixTime
}) {
  override get message() {
    return `the token was redeemed at ${at(this.time)} by session ${this.session}`
  }
  readonly hint = "if that was not you, revoke the delegation; else ask for a new token"
}

/** A member who is missing, not yet or no longer in force, or an auditor. */
export class NotInForce extends Schema.TaggedError<NotInForce>()("NotInForce", { member: MemberId.MemberId }) {
  override get message() {
    return `${this.member} is not a member in force of this project`
  }
  readonly hint = "an owner enrols members; auditors read and change nothing"
}

/** The delegation is missing, ended, or rotated to another verifier. */
export class NotDelegated extends Schema.TaggedError<NotDelegated>()("NotDelegated", {
  human: MemberId.HumanId,
  agent: MemberId.MemberId,
  detail: Schema.String
}) {
  override get message() {
    return `the delegation of ${this.human} to ${this.agent} does not carry this: ${this.detail}`
  }
  get hint() {
    return `${this.human} signs a new token: bailiwick delegate ${this.agent}`
  }
}

/** The project record has moved an alias to another provider or principal, or dropped it. */
export class TargetChanged extends Schema.TaggedError<TargetChanged>()("TargetChanged", { alias: Schema.String }) {
  override get message() {
    return `the target ${this.alias} is no longer what it was when the token was signed`
  }
  readonly hint = "ask for a token for the target as the project defines it now"
}

export class NotConfirmed extends Schema.TaggedError<NotConfirmed>()("NotConfirmed", {}) {
  override get message() {
    return "the project asks for a passphrase typed at a terminal, and this was signed without one"
  }
  readonly hint = "sign it again at a terminal"
}

const Reason = Schema.Union([
  Malformed,
  TooLarge,
  WrongKind,
  WrongKey,
  BadSignature,
  BadKey,
  KeyReused,
  BrokenChain,
  BrokenRecords,
  NotEntitled,
  NotFounded,
  NoOwnerLeft,
  WrongProject,
  WrongAudience,
  Expired,
  NotYet,
  RedeemExpired,
  LifetimeExceeded,
  DepthExceeded,
  NotSubset,
  UnknownBudget,
  Revoked,
  NotRedeemed,
  AlreadyRedeemed,
  NotInForce,
  NotDelegated,
  TargetChanged,
  NotConfirmed
])
export type Reason = typeof Reason.Type

export class TokenError extends Schema.TaggedError<TokenError>()("TokenError", { reason: Reason }) {
  override get message() {
    return this.reason.message
  }
  get hint() {
    return this.reason.hint
  }
}

/** Fails with a reason. */
export const refuse = (reason: Reason): Effect.Effect<never, TokenError> => Effect.fail(new TokenError({ reason }))

/** Fails with the reason, if there is one. */
export const refuseIf = (reason: Reason | undefined): Effect.Effect<void, TokenError> =>
  reason === undefined ? Effect.void : refuse(reason)

/** The error of an object that is not in its form; the detail becomes one line. */
export const malformed = (what: string, detail: string): TokenError =>
  new TokenError({ reason: new Malformed({ what, detail: detail.replaceAll(/\s+/gu, " ") }) })

/** Says what a refused signature means for the object that carries it. */
export const fromJws =
  (what: string) =>
  ({ reason }: JwsError): TokenError => {
    switch (reason._tag) {
      case "TooLarge":
        return new TokenError({ reason: new TooLarge({ what, limit: "64 KiB" }) })
      case "Malformed":
      case "HeaderRefused":
        return new TokenError({ reason: new Malformed({ what, detail: reason.message }) })
      case "WrongKind":
        return new TokenError({ reason: new WrongKind({ expected: reason.expected, found: reason.found }) })
      case "WrongKey":
        return new TokenError({
          reason: new WrongKey({ detail: `${reason.typ} is signed by ${SignedKind.rules[reason.typ].signer}` })
        })
      case "BadSignature":
        return new TokenError({ reason: new BadSignature({ what }) })
    }
  }
