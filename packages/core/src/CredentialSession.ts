/**
 * One issued, cloud-narrowed set of credentials and its life.
 *
 * Only `active` can change; every other status is final. Never holds a secret.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Alias from "./Alias.ts"
import * as CredentialSessionId from "./CredentialSessionId.ts"
import * as Enforcement from "./Enforcement.ts"
import * as Isolation from "./Isolation.ts"
import * as MemberId from "./MemberId.ts"
import * as Policy from "./Policy.ts"
import * as ProjectId from "./ProjectId.ts"
import * as Sha256 from "./Sha256.ts"
import * as StorageId from "./StorageId.ts"
import * as Text from "./Text.ts"
import * as UnixTime from "./UnixTime.ts"

export const Status = Schema.Literals(["active", "completed", "expired", "revoked", "budget_exceeded", "failed"])
export type Status = typeof Status.Type
export type FinalStatus = Exclude<Status, "active">

/** What the cloud said to being told that a session is over. */
export const CloudEnd = Schema.Struct({
  /** When it was told. */
  time: UnixTime.UnixTime,
  /** Whether the cloud itself refuses what is out, from `until` on; else `until` is when it expires. */
  ended: Schema.Boolean,
  how: Schema.String,
  /** When the last credential is dead at the latest. */
  until: UnixTime.UnixTime
})
export type CloudEnd = typeof CloudEnd.Type

export const Tags = Schema.Record(Text.Text, Text.Text)

export const CredentialSession = Schema.Struct({
  id: CredentialSessionId.CredentialSessionId,
  created_at: UnixTime.UnixTime,
  /** The cloud's own answer, never our clock plus a lifetime; while the issue is only intended, the moment asked for. */
  expires_at: UnixTime.UnixTime,
  ttl_seconds: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  status: Status,
  provider: Policy.Provider,
  /** What the session acts as: role ARN, service-account e-mail, subscription or client, OIDC subject. */
  role_arn: Text.Text,
  principal_id: Schema.optionalKey(Text.Text),
  policy: Policy.Policy,
  tags: Tags,
  command: Schema.Array(Schema.String),
  project_id: ProjectId.ProjectId,
  human: MemberId.HumanId,
  agent: Schema.optionalKey(MemberId.AgentId),
  delegation_id: Sha256.Sha256,
  auth_session_id: StorageId.StorageId,
  target: Alias.Alias,
  region: Schema.optionalKey(Text.Text),
  enforcement: Enforcement.Report,
  isolation: Isolation.Isolation,
  /** The digest that decides reuse; equal digests are one and the same request by the same leaf. */
  reuse: Sha256.Sha256,
  renewed_at: Schema.optionalKey(UnixTime.UnixTime),
  /** How often the cloud was asked for this session. */
  issue_count: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** Only of a session that has ended; absent while the cloud has not been told. */
  cloud_end: Schema.optionalKey(CloudEnd)
})
export type CredentialSession = typeof CredentialSession.Type

/** Refused: a final status is never left. */
export class AlreadyEnded extends Schema.TaggedError<AlreadyEnded>()("AlreadyEnded", {
  id: CredentialSessionId.CredentialSessionId,
  status: Status
}) {
  override get message() {
    return `credential session ${this.id} has already ended: ${this.status}`
  }
}

/** Ends an active session. Ending one in the same way twice changes nothing. */
export const end = (
  session: CredentialSession,
  status: FinalStatus
): Result.Result<CredentialSession, AlreadyEnded> => {
  if (session.status === status) return Result.succeed(session)
  if (session.status !== "active") return Result.fail(new AlreadyEnded({ id: session.id, status: session.status }))
  return Result.succeed({ ...session, status })
}

export const isExpired = (session: CredentialSession, at: UnixTime.UnixTime): boolean => at >= session.expires_at

export const remainingSeconds = (session: CredentialSession, at: UnixTime.UnixTime): number =>
  Math.max(0, session.expires_at - at)

export const shortId = (session: CredentialSession): string => session.id.slice(0, 8)

export const principalId = (session: CredentialSession): string => session.principal_id ?? session.role_arn
