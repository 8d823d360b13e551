/**
 * What an account's administrator has to write so that a target works: the role's trust in the broker's login, and what
 * that login may do with the role. No wider than the target's settings need.
 *
 * Conditions stand where the action knows their key: `sts:ExternalId` is one of AssumeRole's alone, and a statement that
 * asked it of TagSession would never hold (service authorization reference of STS).
 */
import * as Result from "effect/Result"
import type { AwsTarget } from "./AwsTarget.ts"
import { quote, type Refusal } from "./Refusal.ts"

/** IAM policy documents, ready to be written as JSON. */
export interface RoleSetup {
  /** The role's trust policy (assume-role policy document). */
  readonly trust: Document
  /** A policy of the broker's own login. */
  readonly broker: Document
}

export interface Document {
  readonly Version: "2012-10-17"
  readonly Statement: ReadonlyArray<Statement>
}

export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Principal?: { readonly AWS: string }
  readonly Action: ReadonlyArray<string>
  readonly Resource?: string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | ReadonlyArray<string>>>>>
}

/** What the broker needs on the role itself to deny sessions that were revoked. */
const denying = ["iam:GetRolePolicy", "iam:PutRolePolicy"]

/** For the login of this ARN: a user, a role, or a session of a role (as an SSO login is). */
export const documents = (target: AwsTarget, login: string): Result.Result<RoleSetup, Refusal> =>
  Result.map(trusting(login), (trusted) => ({ trust: trustOf(target, trusted), broker: brokerOf(target) }))

type Trusted = Pick<Required<Statement>, "Principal"> & Pick<Statement, "Condition">

const form = /^arn:([a-z0-9-]{1,32}):(iam|sts)::(\d{12}):(user|role|assumed-role)\/((?:[\w+=,.@-]+\/)*[\w+=,.@-]+)$/u

const trusting = (login: string): Result.Result<Trusted, Refusal> => {
  const [, partition, service, account, kind, path = ""] = form.exec(login) ?? []
  if (service === "iam" && (kind === "user" || kind === "role")) {
    return Result.succeed({ Principal: { AWS: login } })
  }
  const [role, session, ...more] = path.split("/")
  if (service !== "sts" || kind !== "assumed-role" || session === undefined || more.length > 0) {
    return Result.fail({
      reason: "Misconfigured",
      detail: `${quote(login)} is no user, role or session of a role`,
      hint: "log the broker in as one of these; a root user and a federated user assume no role"
    })
  }
  // The ARN of a session names no path, which the ARN of its role has (an SSO role always); names are unique without it.
  const owner = `arn:${partition}:iam::${account}`
  return Result.succeed({
    Principal: { AWS: `${owner}:root` },
    Condition: { ArnLike: { "aws:PrincipalArn": [`${owner}:role/${role}`, `${owner}:role/*/${role}`] } }
  })
}

const trustOf = ({ attribution, externalId }: AwsTarget, trusted: Trusted): Document => {
  const statement = (Sid: string, action: string, more: Statement["Condition"] = {}): Statement => {
    const Condition = { ...trusted.Condition, ...more }
    return {
      Sid,
      Effect: "Allow",
      Principal: trusted.Principal,
      Action: [action],
      ...(Object.keys(Condition).length === 0 ? {} : { Condition })
    }
  }
  return {
    Version: "2012-10-17",
    Statement: [
      statement(
        "BailiwickSessions",
        "sts:AssumeRole",
        externalId === undefined ? {} : { StringEquals: { "sts:ExternalId": externalId } }
      ),
      ...(attribution === "name"
        ? []
        : [
            statement("BailiwickTags", "sts:TagSession", {
              "ForAllValues:StringLike": { "aws:TagKeys": "bailiwick-*" }
            }),
            statement("BailiwickSourceIdentity", "sts:SetSourceIdentity")
          ])
    ]
  }
}

const brokerOf = ({ attribution, revoke, role }: AwsTarget): Document => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "BailiwickSessions",
      Effect: "Allow",
      Action: ["sts:AssumeRole", ...(attribution === "name" ? [] : ["sts:SetSourceIdentity", "sts:TagSession"])],
      Resource: role.arn
    },
    ...(revoke === "none"
      ? []
      : [{ Sid: "BailiwickRevocations", Effect: "Allow" as const, Action: denying, Resource: role.arn }])
  ]
})
