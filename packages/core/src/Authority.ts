/**
 * What a token of the chain grants: the members that every root and hop carry, and that only ever shrink (formats §3).
 */
import * as Schema from "effect/Schema"
import * as Jti from "./Jti.ts"
import * as Jwk from "./Jwk.ts"
import * as Kid from "./Kid.ts"
import * as LogHead from "./LogHead.ts"
import * as MemberId from "./MemberId.ts"
import * as Policy from "./Policy.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as Target from "./Target.ts"
import { UniqueList } from "./UniqueList.ts"
import * as UnixTime from "./UnixTime.ts"

/** The restrictions that a cloud may fail to hold, and that a signer may accept unheld. */
export const Dimension = Schema.Literals(["actions", "resources", "expiry", "network"])
export type Dimension = typeof Dimension.Type

export const Dimensions = UniqueList(Dimension, { minimum: 0, maximum: 4 })

/** `auth` always; `crypt` is carried, and nothing reads it yet. */
export const Scopes = UniqueList(Schema.Literals(["auth", "crypt"]), { minimum: 1, maximum: 2 }).check(
  Schema.makeFilter((scopes: ReadonlyArray<string>) => (scopes.includes("auth") ? undefined : "auth is missing"))
)

/** No entry is known: a budget that nothing holds is refused, not ignored. */
export const Budget = Schema.Record(Schema.String, Schema.Never).check(
  Schema.makeFilter((entries: object) =>
    Object.keys(entries).length === 0 ? undefined : "a budget entry is not known, and nothing would hold it"
  )
)

export const Confirmation = Schema.Struct({ jwk: Jwk.Jwk })

export const maxDepthCap = 4
export const maxDepthDefault = 1
const MaxDepth = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: maxDepthCap }))

/** The part of a token that narrowing compares. */
export const Grant = Schema.Struct({
  max_depth: MaxDepth,
  policy: Policy.Policy,
  targets: Target.Entries,
  budget: Budget,
  scopes: Scopes,
  accept_unenforced: Dimensions
})
export type Grant = typeof Grant.Type

export const RootToken = Schema.Struct({
  v: Schema.Literal(1),
  jti: Jti.Jti,
  project: ProjectId.ProjectId,
  human: MemberId.HumanId,
  agent: MemberId.MemberId,
  delegator_kid: Kid.Kid,
  binding_kid: Kid.Kid,
  cnf: Confirmation,
  aud: Kid.Kid,
  iat: UnixTime.UnixTime,
  exp: UnixTime.UnixTime,
  redeem_by: UnixTime.UnixTime,
  depth: Schema.Literal(0),
  max_depth: MaxDepth,
  policy: Policy.Policy,
  targets: Target.Entries,
  budget: Budget,
  scopes: Scopes,
  accept_unenforced: Dimensions,
  confirmed: Schema.Literals(["terminal", "file"]),
  log: LogHead.LogHead
})
export type RootToken = typeof RootToken.Type

const hop = {
  v: Schema.Literal(1),
  jti: Jti.Jti,
  project: ProjectId.ProjectId,
  human: MemberId.HumanId,
  agent: MemberId.MemberId,
  cnf: Confirmation,
  aud: Kid.Kid,
  iat: UnixTime.UnixTime,
  exp: UnixTime.UnixTime
}

const shrinking = {
  depth: MaxDepth,
  max_depth: MaxDepth,
  policy: Policy.Policy,
  targets: Target.Entries,
  budget: Budget,
  scopes: Scopes,
  accept_unenforced: Dimensions,
  par_hash: Sha256.Sha256
}

export const SessionHop = Schema.Struct({ ...hop, ...shrinking })
export type SessionHop = typeof SessionHop.Type

export const GrantHop = Schema.Struct({ ...hop, redeem_by: UnixTime.UnixTime, ...shrinking })
export type GrantHop = typeof GrantHop.Type

export type Token = RootToken | SessionHop | GrantHop
