/** Why a denial could not be written on a role, and what to do about it. */
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import type { Refusal } from "./Refusal.ts"
import * as RevokedSessions from "./RevokedSessions.ts"
import * as RoleDenial from "./RoleDenial.ts"

/** Of one session; `alias` names the target for the command that helps. */
export const ofSession = (target: AwsTarget, alias: string, failure: AwsFailure.Failure): Refusal =>
  failure.code === "LimitExceeded"
    ? full(target, `bailiwick revoke --role-wide --on ${alias} puts one denial in the place of all`)
    : refusal(target, failure)

/** Of everything of the role. */
export const ofRole = (target: AwsTarget, failure: AwsFailure.Failure): Refusal =>
  failure.code === "LimitExceeded"
    ? full(target, "remove an inline policy from the role, or attach it as a managed one")
    : refusal(target, failure)

/** A scoped session has the broker's own identity, so a denial of the role would end what it acts with. */
export const scopedTarget = ({ role }: AwsTarget): Refusal => ({
  reason: "Misconfigured",
  detail: `sessions of ${role.arn} are scoped ones (settings.method), and a denial would end the broker's own session too`,
  hint: "revoke by session, agent or member: nothing is renewed then, and scoped credentials end by themselves within minutes"
})

const full = ({ role }: AwsTarget, hint: string): Refusal => ({
  reason: "PolicyTooLarge",
  detail: `the inline policies of ${role.arn} leave no room for another denial: AWS takes 10,240 characters of them`,
  hint
})

const own = new Map<string, (target: AwsTarget) => Refusal>([
  [
    RoleDenial.foreign.code,
    ({ role }) => ({
      reason: "Misconfigured",
      detail: `the role ${role.name} has an inline policy of our name with something else in it`,
      hint: `look at the role's inline policy ${RevokedSessions.policyName}, and remove it or what was put into it`
    })
  ],
  [
    RoleDenial.unconfirmed.code,
    ({ role }) => ({
      reason: "Misconfigured",
      detail: `the denial on the role ${role.name} was written, and could not be read back`,
      hint: `look at who else writes the role's inline policy ${RevokedSessions.policyName}`
    })
  ],
  [
    RoleDenial.timeless.code,
    ({ sts }) => ({
      reason: "Misconfigured",
      detail: `${new URL(sts).host} does not say what time it is, so it is not known what was issued before now`,
      hint: "look at what stands between this broker and STS, such as a proxy that drops the header Date"
    })
  ],
  [
    RoleDenial.ownRole.code,
    ({ role }) => ({
      reason: "Misconfigured",
      detail: `the broker itself acts in a session of ${role.arn}, which a denial of the whole role would end too`,
      hint: "give the broker a login of its own (settings.profile), or revoke by session, agent or member"
    })
  ],
  [
    "UnmodifiableEntity",
    ({ role }) => ({
      reason: "AccessDenied",
      detail: `AWS lets nobody write on ${role.arn}: it belongs to a service or to IAM Identity Center`,
      hint: "give the target a role of your own, and end its sessions in Identity Center"
    })
  ]
])

const refusal = (target: AwsTarget, failure: AwsFailure.Failure): Refusal => {
  const known = own.get(failure.code)
  if (known !== undefined) return known(target)
  const { host } = new URL(target.iam.endpoint)
  const error = AwsFailure.toProviderError({ ...AwsFailure.asked("PutRolePolicy", target), host }, failure)
  return error.reason === "AccessDenied"
    ? {
        reason: error.reason,
        detail: `the broker may write no denial on ${target.role.arn}`,
        hint: "allow it iam:GetRolePolicy and iam:PutRolePolicy on the role"
      }
    : error
}
