/** STS of a fake AWS: AssumeRole, GetScopedCredentials and GetCallerIdentity with their documented rules. */
import { deflateRawSync } from "node:zlib"
import * as IamEvaluator from "./IamEvaluator.ts"
import {
  account,
  authorise,
  type Caller,
  contextOf,
  id,
  Refused,
  type Role,
  secret,
  type Session,
  type World
} from "./FakeWorld.ts"

type Parameters = ReadonlyMap<string, string>

const invalid = (message: string): never => {
  throw new Refused(400, "ValidationError", message)
}

const denied = (caller: Caller, action: string, resource: string): never => {
  throw new Refused(
    403,
    "AccessDenied",
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`
  )
}

const members = (parameters: Parameters, list: string, field: string): ReadonlyArray<string> =>
  [...parameters]
    .filter(([name]) => name.startsWith(`${list}.member.`) && name.endsWith(field))
    .map(([, value]) => value)

const readPolicy = (text: string): IamEvaluator.Document => {
  if (!/^[\t\n\r\u0020-\u00ff]*$/u.test(text)) return invalid("The policy has characters that are not allowed")
  try {
    return IamEvaluator.parse(text)
  } catch (error) {
    throw new Refused(400, "MalformedPolicyDocument", String(error))
  }
}

/** The session policies of a call: one inline, and managed ones; undefined for none. */
const policies = (world: World, parameters: Parameters): ReadonlyArray<IamEvaluator.Document> | undefined => {
  const inline = parameters.get("Policy")
  const arns = members(parameters, "PolicyArns", ".arn")
  if (arns.length > 10) return invalid("Member must have length less than or equal to 10")
  if (`${inline ?? ""}${arns.join("")}`.length > 2048)
    return invalid("Member must have length less than or equal to 2048")
  if (inline === undefined && arns.length === 0) return undefined
  return [
    ...(inline === undefined ? [] : [readPolicy(inline)]),
    ...arns.map((arn) => world.managed.get(arn) ?? invalid(`Policy ${arn} does not exist`))
  ]
}

/**
 * What session policies and tags take of the space for their packed form, whose size AWS does not tell: here of 2,048
 * bytes, compressed.
 */
const packed = (world: World, parameters: Parameters): string => {
  const policy = [parameters.get("Policy") ?? "", ...members(parameters, "PolicyArns", ".arn")].join("")
  const tags = [...members(parameters, "Tags", ".Key"), ...members(parameters, "Tags", ".Value")].join("")
  if (policy + tags === "") return ""
  const percent = world.packed ?? Math.ceil((deflateRawSync(policy + tags).length * 100) / 2048)
  if (percent > 100) {
    const what = policy === "" ? "Packed size of session tags" : "Packed policy"
    const advice = policy === "" ? "." : ", please use smaller policy."
    throw new Refused(400, "PackedPolicyTooLarge", `${what} consumes ${percent}% of allotted space${advice}`)
  }
  return `<PackedPolicySize>${percent}</PackedPolicySize>`
}

const text = (value: string): string => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const instant = (millis: number): string => new Date(millis).toISOString().replace(/\.\d{3}Z$/u, "Z")

/** Makes a session and its key known, and writes its credentials. */
const open = (world: World, session: Omit<Session, "token">): { readonly caller: Caller; readonly xml: string } => {
  const caller: Caller = {
    accessKeyId: id("ASIA"),
    secret: secret(),
    arn: `arn:aws:sts::${account}:assumed-role/${session.role.name}/${session.name}`,
    userId: `${session.role.id}:${session.name}`,
    session: { ...session, token: secret() },
    identity: () => [session.role.policy, ...[...session.role.inline.values()].map(IamEvaluator.parse)]
  }
  world.callers.set(caller.accessKeyId, caller)
  const xml =
    `<Credentials><AccessKeyId>${caller.accessKeyId}</AccessKeyId><SecretAccessKey>${caller.secret}</SecretAccessKey>` +
    `<SessionToken>${text(caller.session?.token ?? "")}</SessionToken><Expiration>${instant(session.expires)}</Expiration></Credentials>`
  return { caller, xml }
}

const chained = 3600

const durationOf = (parameters: Parameters, role: Role, caller: Caller): number => {
  const seconds = Number(parameters.get("DurationSeconds") ?? 3600)
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) invalid("DurationSeconds is out of range")
  if (caller.session !== undefined && seconds > chained) {
    invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
  }
  if (seconds > role.maximum) invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
  return seconds
}

const assumeRole = (world: World, parameters: Parameters, caller: Caller): string => {
  const arn = parameters.get("RoleArn") ?? ""
  if (arn.length < 20 || arn.length > 2048) invalid("Value at 'roleArn' failed to satisfy constraint")
  const role = world.roles.get(arn)
  const name = parameters.get("RoleSessionName") ?? ""
  if (!/^[\w+=,.@-]{2,64}$/u.test(name)) invalid("RoleSessionName does not match its pattern")
  const principal = caller.session?.role.arn ?? caller.arn
  if (role === undefined || !role.trusted.includes(principal)) return denied(caller, "sts:AssumeRole", arn)
  const externalId = parameters.get("ExternalId")
  if (externalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/u.test(externalId)) invalid("ExternalId is not allowed")
  if (role.externalId !== undefined && externalId !== role.externalId) denied(caller, "sts:AssumeRole", arn)
  const now = world.now()
  authorise(caller, { action: "sts:AssumeRole", resource: arn, context: contextOf(caller, now) })
  const keys = members(parameters, "Tags", ".Key")
  const values = members(parameters, "Tags", ".Value")
  if (keys.length > 50) invalid("Member must have length less than or equal to 50")
  const inherited = [...(caller.session?.tags ?? [])].filter(([key]) => caller.session?.transitive.includes(key))
  const isBad =
    keys.some((key) => !/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(key)) ||
    values.some((value) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
  // Keys are compared without case, with those that follow from the caller's own session too.
  const all = [...keys, ...inherited.map(([key]) => key)].map((key) => key.toLowerCase())
  if (isBad || new Set(all).size < all.length) invalid("A tag is not allowed")
  const may = (action: string, context: IamEvaluator.Request["context"] = {}) =>
    authorise(caller, { action, resource: arn, context: { ...contextOf(caller, now), ...context } })
  if (keys.length > 0) {
    if (!role.allowsTags) denied(caller, "sts:TagSession", arn)
    may("sts:TagSession", { "aws:TagKeys": keys })
  }
  const sourceIdentity = parameters.get("SourceIdentity") ?? caller.session?.sourceIdentity
  if (parameters.has("SourceIdentity")) {
    if (!/^[\w+=,.@-]{2,64}$/u.test(sourceIdentity ?? "")) invalid("SourceIdentity does not match its pattern")
    const sticks = caller.session?.sourceIdentity
    if (!role.allowsSourceIdentity || (sticks !== undefined && sticks !== sourceIdentity)) {
      denied(caller, "sts:SetSourceIdentity", arn)
    }
    may("sts:SetSourceIdentity")
  }
  const session = policies(world, parameters)
  const size = packed(world, parameters)
  const { caller: opened, xml } = open(world, {
    role,
    name,
    issued: now,
    expires: now + (durationOf(parameters, role, caller) + world.generous) * 1000,
    tags: new Map([...keys.map((key, index) => [key, values[index] ?? ""] as const), ...inherited]),
    transitive: [...members(parameters, "TransitiveTagKeys", ""), ...inherited.map(([key]) => key)],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    narrowed: session === undefined ? [] : [session]
  })
  return `${xml}<AssumedRoleUser><Arn>${opened.arn}</Arn><AssumedRoleId>${opened.userId}</AssumedRoleId></AssumedRoleUser>${size}`
}

const getScopedCredentials = (world: World, parameters: Parameters, caller: Caller): string => {
  const { session } = caller
  if (session === undefined) return denied(caller, "sts:GetScopedCredentials", caller.arn)
  const now = world.now()
  const left = Math.floor((session.expires - now) / 1000)
  const seconds = Number(parameters.get("DurationSeconds") ?? left)
  if (!parameters.has("Policy") && seconds === left) invalid("A policy or a shorter duration is needed")
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > left) invalid("DurationSeconds is out of range")
  const narrower = policies(world, parameters)
  const size = packed(world, parameters)
  const { token: _, ...identity } = session
  const { caller: opened, xml } = open(world, {
    ...identity,
    issued: now,
    expires: now + seconds * 1000,
    narrowed: narrower === undefined ? session.narrowed : [...session.narrowed, narrower]
  })
  return `${xml}<ScopedSession><Arn>${opened.arn}</Arn><ScopedSessionId>${id("AROA")}:${session.name}</ScopedSessionId></ScopedSession>${size}`
}

const getCallerIdentity = (_: World, __: Parameters, caller: Caller): string =>
  `<Arn>${caller.arn}</Arn><UserId>${caller.userId}</UserId><Account>${account}</Account>`

const actions: Readonly<Record<string, (world: World, parameters: Parameters, caller: Caller) => string>> = {
  AssumeRole: assumeRole,
  GetScopedCredentials: getScopedCredentials,
  GetCallerIdentity: getCallerIdentity
}

/** Answers one call that was sent to this host. */
export const answer = (
  world: World,
  action: string,
  parameters: Parameters,
  caller: Caller,
  host: string = "sts.us-east-1.amazonaws.com"
): string => {
  const run = actions[action]
  const isScoped = action === "GetScopedCredentials"
  // The global endpoint does not have it.
  if (run === undefined || (isScoped && (!world.scoped || host === "sts.amazonaws.com"))) {
    throw new Refused(400, "InvalidAction", `Could not find operation ${action} for version 2011-06-15`)
  }
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${run(world, parameters, caller)}</${action}Result></${action}Response>`
}
