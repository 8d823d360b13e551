/** Small valid values for the suites; every one different from the others by its number. */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as CredentialSessionId from "@bailiwick/core/CredentialSessionId"
import * as Jti from "@bailiwick/core/Jti"
import * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as Sha256 from "@bailiwick/core/Sha256"
import * as StorageId from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Schema from "effect/Schema"

export const human = MemberId.HumanId.make("you@example.com")
export const agent = MemberId.AgentId.make("ai:claude@acme")

const bytes = (length: number, number: number): string => {
  const filled = new Uint8Array(length)
  new DataView(filled.buffer).setUint32(length - 4, number)
  return Base64Url.encode(filled)
}

export const time = (seconds: number): UnixTime.UnixTime => UnixTime.UnixTime.make(seconds)
export const jti = (number: number): Jti.Jti => Jti.Jti.make(bytes(16, number))
export const kid = (number: number): Kid.Kid => Kid.Kid.make(bytes(32, number))
export const sha256 = (number: number): Sha256.Sha256 => Sha256.Sha256.make(bytes(32, number))
export const storageId = (number: number): StorageId.StorageId =>
  StorageId.StorageId.make(number.toString(16).padStart(24, "0"))
export const credentialSessionId = (number: number): CredentialSessionId.CredentialSessionId =>
  CredentialSessionId.CredentialSessionId.make(`019a0000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`)

export const record = (place: number, over: Partial<RecordRegistry.AcceptedRecord> = {}) =>
  Schema.decodeSync(RecordRegistry.AcceptedRecord)({
    kind: "member",
    chain: human,
    seq: place,
    hash: sha256(place),
    jws: `header.payload.${place}`,
    place,
    time: 1000 + place,
    ...over
  })

export const redemption = (number: number, over: Partial<RedemptionLedger.Redemption> = {}) =>
  Schema.decodeSync(RedemptionLedger.Redemption)({
    jti: jti(number),
    hop: sha256(number),
    session: storageId(number),
    time: 1000 + number,
    place: number,
    ...over
  })

export const revocation = (number: number, over: Partial<RevocationList.Revocation> = {}) =>
  Schema.decodeSync(RevocationList.Revocation)({
    kind: "token",
    subject: jti(number),
    time: 1000,
    by: human,
    reason: "no longer needed",
    ...over
  })

export const authSession = (number: number, over: Partial<AuthSessionStore.AuthSession> = {}) =>
  Schema.decodeSync(AuthSessionStore.AuthSession)({
    id: storageId(number),
    kind: "agent",
    human,
    agent,
    proof: `{"v":1,"tokens":[${number}]}`,
    lineage: [jti(number), jti(number + 1)],
    created: 1000 + number,
    expires: 5000,
    used: 1000,
    status: "active",
    ...over
  })

const unasked = { held: "not-asked", note: "nothing was asked" } as const

export const credentialSession = (number: number, over: Partial<CredentialSession.CredentialSession> = {}) =>
  Schema.decodeSync(CredentialSession.CredentialSession)({
    id: credentialSessionId(number),
    created_at: 1000 + number,
    expires_at: 2000 + number,
    ttl_seconds: 900,
    status: "active",
    provider: "oidc",
    role_arn: "https://api.example.com",
    policy: {
      statements: [{ provider: "oidc", actions: ["read"], resources: ["https://api.example.com"] }],
      deny: []
    },
    tags: { ticket: "42" },
    command: ["true"],
    project_id: "acme",
    human,
    agent,
    delegation_id: sha256(1),
    auth_session_id: storageId(1),
    target: "dev",
    enforcement: {
      actions: { held: "token", note: "scopes of the token" },
      resources: { held: "token", note: "audience of the token" },
      expiry: { held: "token", note: "the token ends by itself" },
      network: unasked,
      revocation: { how: "the token ends by itself", worst: 900 },
      isolation: "same-user"
    },
    isolation: "same-user",
    reuse: sha256(1),
    issue_count: 1,
    ...over
  })
