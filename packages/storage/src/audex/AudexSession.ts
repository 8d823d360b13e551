/**
 * A session as Audex keeps it: one JSON object in one file, with nothing that is secret and nothing that is signed.
 *
 * Nothing in it is to be believed because it stands there: whoever can write the file can write anything. `agent_id`
 * is what a program said of itself in `AUDEX_AGENT_ID`; it is carried over as the tag `claimed_agent` and never names
 * a member (formats §4).
 *
 * @example
 * ```ts
 * import { AudexSession } from "@bailiwick/storage"
 *
 * // Effect of a session of 15 minutes, with a new id and the default provider
 * const session = AudexSession.aws({
 *   ttlSeconds: 900,
 *   policy: { actions: [{ service: "s3", action: "GetObject" }], resources: ["arn:aws:s3:::acme-logs/*"] },
 *   principal: "arn:aws:iam::123456789012:role/agent",
 *   command: ["aws", "s3", "ls"]
 * })
 * ```
 */
import type { FinalStatus, Status } from "@bailiwick/core/CredentialSession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { AlreadyEnded, AudexError, unwritable } from "./AudexError.ts"
import { Members } from "./AudexJson.ts"
import type * as FlatPolicy from "./FlatPolicy.ts"

export const defaultProvider: FlatPolicy.Provider = "aws"

/** RFC 3339 text in the file, exact to the nanosecond; both ancestors read and write the same forms. */
export type Time = JoyTime.JoyTime

export interface AudexSession {
  readonly id: string
  readonly created_at: Time
  readonly expires_at: Time
  /** Unsigned, 64 bits; the original never compares it with the two times. */
  readonly ttl_seconds: bigint
  /** US dollars. */
  readonly budget?: number
  readonly policy: FlatPolicy.FlatPolicy
  readonly status: Status
  /** What it acts as: role ARN, service-account e-mail, Azure subscription. */
  readonly role_arn: string
  readonly command: ReadonlyArray<string>
  readonly access_key_id?: string
  readonly provider: FlatPolicy.Provider
  /** What the program that asked said of itself. */
  readonly agent_id?: string
  /** Azure: which identity on the subscription. */
  readonly principal_id?: string
  readonly tags: ReadonlyMap<string, string>
  /** Members that the original ignores, kept as they stood: ours (formats §4) and those of versions to come. */
  readonly unknown: Members
}

/** Holds what `AUDEX_AGENT_ID` said. */
export const claimedAgentTag = "claimed_agent"

/** Holds the tenant of an Azure session. */
export const azureTenantTag = "azure:tenant_id"

export interface Request {
  readonly ttlSeconds: number
  readonly policy: FlatPolicy.FlatPolicy
  readonly principal: string
  readonly command: ReadonlyArray<string>
  /** US dollars, more than zero. */
  readonly budget?: number
  readonly tags?: ReadonlyMap<string, string>
  /** The value of `AUDEX_AGENT_ID`, as given: it becomes a tag. */
  readonly claimedAgent?: string
}

/** `principal`: the ARN of a role. */
export const aws = (request: Request) => make("aws", request)

/** `principal`: the e-mail address of a service account. */
export const gcp = (request: Request) => make("gcp", request)

/** `principal`: the id of a subscription; `client` and `tenant` say which identity on it. */
export const azure = (request: Request & { readonly client?: string; readonly tenant?: string }) =>
  Effect.map(make("azure", request), (session): AudexSession => ({
    ...session,
    ...(request.client !== undefined && { principal_id: request.client }),
    ...(request.tenant !== undefined && { tags: new Map(session.tags).set(azureTenantTag, request.tenant) })
  }))

const make = Effect.fnUntraced(function* (provider: FlatPolicy.Provider, request: Request) {
  const { budget, claimedAgent, ttlSeconds } = request
  // The original would write it as null, and read no limit back.
  if (budget !== undefined && !(Number.isFinite(budget) && budget > 0)) {
    return yield* unwritable("a budget is more than zero and finite")
  }
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1) {
    return yield* unwritable("a lifetime is a whole number of seconds, one at least")
  }
  const random = yield* SecureRandom.SecureRandom
  const created = yield* JoyTime.now
  const tags = new Map(request.tags)
  if (claimedAgent !== undefined) tags.set(claimedAgentTag, claimedAgent)
  const session: AudexSession = {
    id: yield* random.uuidV7(),
    created_at: created,
    expires_at: JoyTime.plusSeconds(created, ttlSeconds),
    ttl_seconds: BigInt(ttlSeconds),
    ...(budget !== undefined && { budget }),
    policy: request.policy,
    status: "active",
    role_arn: request.principal,
    command: request.command,
    provider,
    tags,
    unknown: new Members([])
  }
  return session
})

/** Ends an active session. Ending one in the same way twice changes nothing; no final status is ever left. */
export const end = (session: AudexSession, status: FinalStatus): Result.Result<AudexSession, AudexError> => {
  if (session.status === status) return Result.succeed(session)
  if (session.status === "active") return Result.succeed({ ...session, status })
  return Result.fail(new AudexError({ reason: new AlreadyEnded({ id: session.id, status: session.status }) }))
}

/** The first 8 bytes of the id, or all of it where a character would be cut. */
export const shortId = ({ id }: AudexSession): string => {
  const bytes = new TextEncoder().encode(id).subarray(0, 8)
  const first = new TextDecoder("utf-8").decode(bytes)
  return id.startsWith(first) ? first : id
}

/** The last nanosecond still counts. */
export const isExpired = ({ expires_at }: AudexSession, at: Time): boolean => JoyTime.isAfter(at, expires_at)

/** Whole seconds, cut; zero once it has expired. */
export const remainingSeconds = ({ expires_at }: AudexSession, at: Time): number => {
  const seconds = expires_at.seconds - at.seconds + Math.floor((expires_at.nanos - at.nanos) / 1e9)
  return Math.max(0, seconds)
}

/** What it acts as, as exactly as it is known. */
export const principalId = ({ principal_id, role_arn }: AudexSession): string => principal_id ?? role_arn

/** Its tags, with what the agent said of itself among them: the form in which other stores take it over. */
export const tagsWithClaim = ({ agent_id, tags }: AudexSession): ReadonlyMap<string, string> =>
  agent_id === undefined ? tags : new Map(tags).set(claimedAgentTag, agent_id)

/** What the agent said of itself, wherever it stands. */
export const claimedAgent = (session: AudexSession): string | undefined =>
  session.agent_id ?? session.tags.get(claimedAgentTag)

/** A member that the original ignores; undefined where it is not there, or there twice. */
export const unknownMember = ({ unknown }: AudexSession, name: string) => {
  const found = unknown.entries.filter(([entry]) => entry === name)
  return found.length === 1 ? found[0]?.[1] : undefined
}
