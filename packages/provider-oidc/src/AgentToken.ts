/**
 * The JWT that an agent receives: an access token (RFC 9068) for one audience, in a human's name, by an agent.
 *
 * Header `{ alg: "Ed25519", typ: "at+jwt", kid }` (RFC 9864). Deviations from RFC 9068: no RS256.
 */
import * as CompactJson from "@bailiwick/core/CompactJson"
import type * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import type * as Jti from "@bailiwick/core/Jti"
import * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as Text from "@bailiwick/core/Text"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Schema from "effect/Schema"
import type { TokenGrant } from "./TokenGrant.ts"

/** What a plan fixes of a token: everything that equal requests have in common, so no times and no ids. */
export const Document = Schema.Struct({
  iss: Text.Text,
  /** The human in whose name the token speaks. */
  sub: MemberId.HumanId,
  /** Who acts for the human (RFC 8693 §4.1); absent when it is the human. */
  act: Schema.optionalKey(Schema.Struct({ sub: MemberId.AgentId })),
  /** Who asked (RFC 8693 §4.3, required by RFC 9068 §2.2): the agent, else the human. */
  client_id: MemberId.MemberId,
  aud: Text.Text,
  /** Blank-separated (RFC 8693 §4.2). */
  scope: Schema.String,
  /** The key that the session proves itself with: an API may ask for a DPoP proof by it (RFC 7800 §3.1, RFC 9449 §6.1). */
  cnf: Schema.Struct({ jkt: Kid.Kid }),
  project: ProjectId.ProjectId,
  /** Seconds asked for. */
  lifetime: Schema.Int,
  not_after: Schema.optionalKey(UnixTime.UnixTime)
})
export type Document = typeof Document.Type

export const document = (iss: string, request: CredentialRequest.CredentialRequest, grant: TokenGrant): Document => ({
  iss,
  sub: request.human,
  ...(request.agent === undefined ? {} : { act: { sub: request.agent } }),
  client_id: request.agent ?? request.human,
  aud: grant.audience,
  scope: grant.scopes.join(" "),
  cnf: { jkt: request.leaf },
  project: request.project,
  lifetime: request.ttl,
  ...(grant.not_after === undefined ? {} : { not_after: grant.not_after })
})

export const encodeDocument = (planned: Document): string => CompactJson.encode(planned)

export const decodeDocument = Schema.decodeUnknownEffect(Schema.fromJsonString(Document), { onExcessProperty: "error" })

/** The end of a token: as planned, and never past the end of the chain that asks. */
export const expiry = (
  planned: Document,
  request: CredentialRequest.CredentialRequest,
  now: UnixTime.UnixTime
): UnixTime.UnixTime =>
  UnixTime.earliest(UnixTime.plus(now, planned.lifetime), request.not_after, planned.not_after ?? request.not_after)

/** The claims set, in the order in which it is written. */
export const claims = (
  planned: Document,
  request: CredentialRequest.CredentialRequest,
  times: { readonly iat: UnixTime.UnixTime; readonly exp: UnixTime.UnixTime; readonly jti: Jti.Jti }
): CompactJson.Value => {
  const { project, lifetime: _, not_after: __, ...fixed } = planned
  return { ...fixed, ...times, bailiwick: { project, session: request.session } }
}
