/**
 * The owner-signed record of a project: everything that limits authority stands in it (formats §2).
 */
import * as Schema from "effect/Schema"
import * as Alias from "./Alias.ts"
import * as Kid from "./Kid.ts"
import * as LogHead from "./LogHead.ts"
import * as Policy from "./Policy.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as Target from "./Target.ts"
import * as Text from "./Text.ts"
import { defaultMaximum, UniqueList } from "./UniqueList.ts"
import * as UnixTime from "./UnixTime.ts"

/**
 * What no project may exceed, in seconds, and what holds without a word in the record (formats §3).
 *
 * `session` has no cap of its own but the token's.
 */
export const ttlCaps = {
  redeem_bearer: 15 * 60,
  redeem_to: 24 * 3600,
  token: 24 * 3600,
  session: 24 * 3600,
  human_session: 12 * 3600,
  human_idle: 3600,
  credentials: 3600
} as const

/** The lifetimes taken when nobody asks for one, in seconds (formats §3). */
export const ttlDefaults = {
  redeem_bearer: 15 * 60,
  redeem_to: 24 * 3600,
  token: 8 * 3600,
  human_session: 12 * 3600,
  human_idle: 3600,
  credentials: 15 * 60
} as const

export type TtlName = keyof typeof ttlCaps

const cap = (maximum: number) => Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })))

export const Ttl = Schema.Struct({
  redeem_bearer: cap(ttlCaps.redeem_bearer),
  redeem_to: cap(ttlCaps.redeem_to),
  token: cap(ttlCaps.token),
  session: cap(ttlCaps.session),
  human_session: cap(ttlCaps.human_session),
  human_idle: cap(ttlCaps.human_idle),
  credentials: cap(ttlCaps.credentials)
})
export type Ttl = typeof Ttl.Type

/** A map by alias, as bounded as any list of the formats. */
const byAlias = <V extends Schema.Top>(value: V) =>
  Schema.Record(Alias.Alias, value).check(
    Schema.makeFilter((entries: object) =>
      Object.keys(entries).length <= defaultMaximum ? undefined : `more than ${defaultMaximum} entries`
    )
  )

/** What a person writes in `bailiwick.toml` and an owner signs: the record without its place in the chain. */
export const Limits = Schema.Struct({
  name: Text.Text,
  targets: byAlias(Target.Definition),
  profiles: byAlias(Policy.Policy),
  ceiling: Policy.Policy,
  deny: Policy.Deny,
  ttl: Ttl,
  require_terminal: Schema.Boolean,
  issuer: Schema.optionalKey(Target.Endpoint)
})
export type Limits = typeof Limits.Type

export const ProjectRecord = Schema.Struct({
  v: Schema.Literal(1),
  project: ProjectId.ProjectId,
  name: Text.Text,
  seq: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  prev: Schema.optionalKey(Sha256.Sha256),
  iat: UnixTime.UnixTime,
  owners: UniqueList(Kid.Kid, { minimum: 1, maximum: defaultMaximum }),
  targets: Limits.fields.targets,
  profiles: Limits.fields.profiles,
  ceiling: Limits.fields.ceiling,
  deny: Limits.fields.deny,
  ttl: Ttl,
  require_terminal: Schema.Boolean,
  issuer: Limits.fields.issuer,
  log: LogHead.LogHead
})
export type ProjectRecord = typeof ProjectRecord.Type

/** The cap that holds for one lifetime, in seconds: the record's, else the format's. */
export const ttlCap = (record: ProjectRecord, name: TtlName): number =>
  name === "session"
    ? Math.min(record.ttl.session ?? ttlCaps.session, record.ttl.token ?? ttlCaps.token)
    : (record.ttl[name] ?? ttlCaps[name])
