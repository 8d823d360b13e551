/** What a caller asks of a provider, after the broker has decided that the chain covers it. */
import * as Schema from "effect/Schema"
import * as CredentialSession from "./CredentialSession.ts"
import * as CredentialSessionId from "./CredentialSessionId.ts"
import * as Isolation from "./Isolation.ts"
import * as Kid from "./Kid.ts"
import * as MemberId from "./MemberId.ts"
import * as Policy from "./Policy.ts"
import * as ProjectId from "./ProjectId.ts"
import * as StorageId from "./StorageId.ts"
import * as Target from "./Target.ts"
import * as Alias from "./Alias.ts"
import * as UnixTime from "./UnixTime.ts"

export const CredentialRequest = Schema.Struct({
  session: CredentialSessionId.CredentialSessionId,
  project: ProjectId.ProjectId,
  alias: Alias.Alias,
  /** The record's own definition, never the caller's: endpoints and settings come from nowhere else. */
  target: Target.Definition,
  policy: Policy.Policy,
  /** Seconds asked for. */
  ttl: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** The end of the chain that asks: no credential outlives it. */
  not_after: UnixTime.UnixTime,
  tags: CredentialSession.Tags,
  human: MemberId.HumanId,
  agent: Schema.optionalKey(MemberId.AgentId),
  auth_session: StorageId.StorageId,
  /** Thumbprint of the leaf's session key, for tokens that can be bound to it (RFC 7800). */
  leaf: Kid.Kid,
  isolation: Isolation.Isolation
})
export type CredentialRequest = typeof CredentialRequest.Type
