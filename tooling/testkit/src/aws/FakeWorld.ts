/** What a fake AWS account holds: users, roles, sessions, managed policies and buckets. */
import { randomBytes } from "node:crypto"
import * as IamEvaluator from "./IamEvaluator.ts"

export const account = "111122223333"

/** An answer that refuses, as the AWS services word it. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface Role {
  readonly name: string
  readonly arn: string
  readonly id: string
  /** Who may assume it, by the ARN of a user or of a role. */
  readonly trusted: ReadonlyArray<string>
  readonly externalId?: string
  readonly allowsTags: boolean
  readonly allowsSourceIdentity: boolean
  readonly maximum: number
  readonly policy: IamEvaluator.Document
  readonly inline: Map<string, string>
}

/** Somebody with an access key: a user, or a session of a role. */
export interface Caller {
  readonly accessKeyId: string
  readonly secret: string
  readonly arn: string
  /** `aws:userid`. */
  readonly userId: string
  readonly session?: Session
  readonly identity: () => ReadonlyArray<IamEvaluator.Document>
}

export interface Session {
  readonly token: string
  readonly role: Role
  readonly name: string
  readonly issued: number
  readonly expires: number
  readonly tags: ReadonlyMap<string, string>
  readonly transitive: ReadonlyArray<string>
  readonly sourceIdentity?: string
  /** Each entry is one set of session policies, and every one must allow; empty: the whole role. */
  readonly narrowed: ReadonlyArray<ReadonlyArray<IamEvaluator.Document>>
}

export interface Call {
  readonly service: string
  readonly action: string
  readonly parameters: ReadonlyMap<string, string>
  readonly by: string
}

export interface World {
  readonly callers: Map<string, Caller>
  readonly roles: Map<string, Role>
  readonly managed: Map<string, IamEvaluator.Document>
  readonly buckets: Map<string, Map<string, Buffer>>
  readonly calls: Array<Call>
  /** Milliseconds since 1970, by the clock of this AWS. */
  now(): number
  /** Whether STS knows GetScopedCredentials. */
  scoped: boolean
  /** Seconds by which sessions live longer than was asked for, as at servers that hold no lifetimes. */
  generous: number
  /** Percent of the space for the packed form that session policies and tags are said to take; else it is computed. */
  packed?: number
}

export const id = (prefix: string): string => prefix + randomBytes(10).toString("hex").toUpperCase()

export const secret = (): string => randomBytes(30).toString("base64")

/** The condition keys that AWS itself fills in for a request of this caller. */
export const contextOf = ({ arn, session, userId }: Caller, now: number): Record<string, string> => ({
  "aws:CurrentTime": new Date(now).toISOString(),
  "aws:EpochTime": `${Math.floor(now / 1000)}`,
  "aws:SourceIp": "127.0.0.1",
  "aws:SecureTransport": "false",
  "aws:PrincipalAccount": account,
  "aws:PrincipalArn": session?.role.arn ?? arn,
  "aws:userid": userId,
  ...(session === undefined
    ? { "aws:username": arn.slice(arn.lastIndexOf("/") + 1) }
    : { "aws:TokenIssueTime": new Date(session.issued).toISOString() }),
  ...(session?.sourceIdentity === undefined ? {} : { "aws:SourceIdentity": session.sourceIdentity }),
  ...Object.fromEntries([...(session?.tags ?? [])].map(([key, value]) => [`aws:PrincipalTag/${key}`, value]))
})

/**
 * Refuses what the caller's policies do not allow, and says why as AWS does; `named` is the resource as the service writes
 * it in its messages.
 */
export const authorise = (caller: Caller, request: IamEvaluator.Request, named: string = request.resource): void => {
  const { action } = request
  const identity = caller.identity()
  const narrowed = caller.session?.narrowed ?? []
  const decisions = [undefined, ...narrowed].map((session) =>
    IamEvaluator.decide({ identity, ...(session === undefined ? {} : { session }) }, request)
  )
  const refusal = decisions.find((decision) => decision !== "allowed")
  if (refusal === undefined) return
  const denier = IamEvaluator.denies(identity, request) ? "an identity-based policy" : "a session policy"
  const why = {
    "explicit-deny": `with an explicit deny in ${denier}`,
    "no-identity-allow": `because no identity-based policy allows the ${action} action`,
    "no-session-allow": `because no session policy allows the ${action} action`,
    "no-boundary-allow": `because no permissions boundary allows the ${action} action`,
    allowed: ""
  }[refusal]
  throw new Refused(
    403,
    "AccessDenied",
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${named} ${why}`
  )
}
