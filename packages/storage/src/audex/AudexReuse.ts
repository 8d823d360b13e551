/**
 * Which session may be used again in place of a new one: the original's rule, and what it forgot.
 *
 * The original's: active, not expired, enough whole seconds left, the same principal, the same set of action texts as
 * the query's cloud writes them, the same set of resources, for Azure the same client and tenant; case counts,
 * wildcards are only text, an empty part of the allow text counts; the newest wins. Forgotten there, and compared
 * here: the stored provider, the tags, the member, and what the agent said of itself. Where something is not known to
 * be the same, none is answered.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AudexSession from "./AudexSession.ts"
import * as BailiwickMembers from "./BailiwickMembers.ts"
import * as FlatPolicy from "./FlatPolicy.ts"

export interface Query {
  readonly provider: FlatPolicy.Provider
  /** Actions, separated by commas; blanks around them do not count. */
  readonly allow: string
  /** Role ARN, service-account e-mail or subscription. An empty one names nobody. */
  readonly principal: string
  readonly resources: ReadonlyArray<string>
  /** The asker's own; the tenant's is compared by itself. */
  readonly tags?: ReadonlyMap<string, string>
  readonly member?: string
  /** What the asking program says of itself in `AUDEX_AGENT_ID`. */
  readonly claimedAgent?: string
  readonly azure?: AzureIdentity
  /** Whole seconds that must be left; `defaultMinimum` unless said. */
  readonly minimum?: number | bigint
}

/** The values of `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`. */
export interface AzureIdentity {
  readonly client?: string
  readonly tenant?: string
}

/** What Audex's own command asks for. */
export const defaultMinimum = 60

/** From the environment, through `Config`. */
export const azureIdentity: Effect.Effect<AzureIdentity, Config.ConfigError> = Effect.gen(function* () {
  const client = yield* Config.option(Config.String("AZURE_CLIENT_ID"))
  const tenant = yield* Config.option(Config.String("AZURE_TENANT_ID"))
  return {
    ...(Option.isSome(client) && { client: client.value }),
    ...(Option.isSome(tenant) && { tenant: tenant.value })
  }
})

/** `sessions`: newest first. */
export const find = (
  sessions: Iterable<AudexSession.AudexSession>,
  query: Query,
  at: AudexSession.Time
): Option.Option<AudexSession.AudexSession> => {
  if (query.principal === "") return Option.none()
  const actions = query.allow.split(",").map((part) => part.trim())
  for (const session of sessions) {
    if (
      serves(session, query, at) &&
      FlatPolicy.says(session.policy, query.provider, actions, query.resources) &&
      BailiwickMembers.isFlat(session)
    ) {
      return Option.some(session)
    }
  }
  return Option.none()
}

const serves = (session: AudexSession.AudexSession, query: Query, at: AudexSession.Time): boolean =>
  session.status === "active" &&
  session.role_arn === query.principal &&
  session.provider === query.provider &&
  !AudexSession.isExpired(session, at) &&
  AudexSession.remainingSeconds(session, at) >= (query.minimum ?? defaultMinimum) &&
  AudexSession.claimedAgent(session) === query.claimedAgent &&
  // A member that is no text equals nobody.
  AudexSession.unknownMember(session, "member") === query.member &&
  isSameIdentity(session, query) &&
  isSameMap(comparedTags(session.provider, session.tags), comparedTags(session.provider, query.tags ?? new Map()))

const isSameIdentity = (session: AudexSession.AudexSession, { azure = {}, provider }: Query): boolean =>
  provider !== "azure" ||
  (session.principal_id === azure.client && session.tags.get(AudexSession.azureTenantTag) === azure.tenant)

const comparedTags = (provider: FlatPolicy.Provider, tags: ReadonlyMap<string, string>) => {
  const compared = new Map(tags)
  compared.delete(AudexSession.claimedAgentTag)
  if (provider === "azure") compared.delete(AudexSession.azureTenantTag)
  return compared
}

const isSameMap = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean =>
  one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
