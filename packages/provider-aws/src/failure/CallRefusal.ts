/** What the codes of STS and IAM mean to whoever reads them, and which line of which policy or which command helps. */
import type { Refusal } from "../Refusal.ts"
import type { Asked, Failure } from "./Failure.ts"
import * as LoginRefusal from "./LoginRefusal.ts"

export type Sentence = (asked: Asked, failure: Failure) => Refusal

const trust =
  "let the role's trust policy name the broker's own login for sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity " +
  "with the target's external_id, and that login's own policies allow them: bailiwick setup role --on TARGET writes both"

/** What AWS looks at besides AssumeRole itself; each has its own line in the trust policy. */
const beside: Readonly<Record<string, string>> = {
  "sts:TagSession": "put tags on a session",
  "sts:SetSourceIdentity": "set the source identity of a session"
}

/** A session of ours as AWS names it, by its session name. */
const lent = /:assumed-role\/[\w+=,.@-]+\/bw-[\w+=,.@-]+ is not authorized/u

// Of AWS's own sentence only the names of actions that stand here are looked for; it names ARNs as well.
const denied: Sentence = ({ call, role }, { message }) => {
  if (call !== "AssumeRole") {
    return {
      reason: "AccessDenied",
      detail: `AWS does not let the broker's own login call ${call} for ${role}`,
      hint: `let that login's own policies allow ${call === "GetScopedCredentials" ? "sts:GetScopedCredentials" : `iam:${call}`}, and look for a Deny above it (a service control policy)`
    }
  }
  const action = Object.keys(beside).find((name) => message.includes(name))
  if (action !== undefined) {
    return {
      reason: "AccessDenied",
      detail: `AWS does not let the broker's own login ${beside[action]} of ${role} (${action})`,
      hint: `add ${action} beside sts:AssumeRole in the role's trust policy and in that login's own: bailiwick setup role --on TARGET writes both; or an owner sets settings.attribution to "name"`
    }
  }
  if (lent.test(message)) {
    return {
      reason: "AccessDenied",
      detail: `the only AWS login here is a session that bailiwick lent, and AWS does not let it assume ${role}`,
      hint: "inside a run the broker's own login is out of reach: use the credentials that are here, or ask for others outside of the run"
    }
  }
  return {
    reason: "AccessDenied",
    detail: `AWS does not let the broker's own login assume ${role}`,
    hint: /explicit deny/iu.test(message)
      ? "a Deny forbids it, in a service control policy or that login's own: an administrator finds it in CloudTrail's AssumeRole event"
      : trust
  }
}

const expired: Sentence = ({ profile }) => ({
  reason: "ExpiredSource",
  detail: "the broker's own AWS login has ended",
  hint: `${LoginRefusal.renew(profile)}; keys in AWS_* variables go before the default profile`
})

const unknownKey: Sentence = ({ profile }) => ({
  reason: "ExpiredSource",
  detail: "AWS does not know the access key of the broker's own login",
  hint: `${LoginRefusal.renew(profile)}; unknown too: a key of another partition, a temporary key without AWS_SESSION_TOKEN, and in an opt-in region a token of the global endpoint`
})

const signature: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS does not accept the broker's signature: its secret key or this machine's clock is wrong",
  hint: "set the clock by NTP (timedatectl set-ntp true), and enter the secret key of the broker's AWS profile anew"
})

const packed: Sentence = (_, { message }) => {
  const [, percent] = /consumes (\d{3,5})%/u.exec(message) ?? []
  return {
    reason: "PolicyTooLarge",
    detail:
      percent === undefined
        ? "the session policy and the tags are more than AWS packs into one session, although their text is short enough"
        : `the session policy and the tags take ${percent} % of what AWS packs into one session, although their text is short enough`,
    hint: 'ask for fewer resources or actions at once, in two runs if need be; an owner may set settings.attribution to "name", which leaves the tags out'
  }
}

const malformed: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS could not read the session policy, and would not the next time either",
  hint: "look at the document with bailiwick explain, leave out what is unusual in it, and report it: this is a defect of bailiwick"
})

const region: Sentence = ({ region }) => ({
  reason: "Misconfigured",
  detail: `STS is not active for this account in ${region}`,
  hint: `an administrator activates it (IAM, Account settings; an opt-in region: aws account enable-region --region-name ${region}), or an owner gives the target another region with project apply`
})

const throttled: Sentence = ({ call }) => ({
  reason: "Throttled",
  detail: `AWS takes no more ${call} calls of this account at the moment; it was tried several times`,
  hint: "try again in a minute, and ask with a longer --ttl where many agents ask at once"
})

const invalid: Sentence = ({ call, role }, { message }) => {
  if (/DurationSeconds|MaxSessionDuration|role chaining/iu.test(message)) {
    if (call === "GetScopedCredentials") {
      return {
        reason: "Misconfigured",
        detail: "the life asked for is longer than the broker's own session still lives",
        hint: "ask for a shorter --ttl, or log the broker in again; and look at this machine's clock (timedatectl)"
      }
    }
    return {
      reason: "Misconfigured",
      detail: `the life asked for is longer than ${role} allows, or than an hour for a broker that acts in a role itself`,
      hint: "ask for a shorter --ttl, or let an administrator raise it: aws iam update-role --role-name … --max-session-duration …"
    }
  }
  return {
    reason: "Misconfigured",
    detail: `AWS does not accept a parameter of ${call}`,
    hint: "check the target's principal, external_id and managed_policies with bailiwick explain; an owner corrects them with project apply"
  }
}

const idpRejected: Sentence = () => ({
  reason: "AccessDenied",
  detail: "the identity provider of the broker's web identity refused it",
  hint: "renew the web identity token, and check its sub and aud against the role's trust policy"
})

const idpUnreachable: Sentence = () => ({
  reason: "Unreachable",
  detail: "AWS could not ask the identity provider of the broker's web identity, and was asked several times",
  hint: "check that the provider's discovery document and keys can be reached from the internet, then try again"
})

const invalidIdentity: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS does not accept the broker's web identity token",
  hint: "check the token, and that the account has an IAM OIDC provider for its issuer"
})

const noSuchRole: Sentence = ({ role }) => ({
  reason: "Misconfigured",
  detail: `${role} does not exist`,
  hint: "an owner corrects the target's principal and signs that with project apply"
})

const full: Sentence = ({ role }) => ({
  reason: "PolicyTooLarge",
  detail: `the inline policies of ${role} leave no room for another denial`,
  hint: "remove inline policies from the role, or cut off all its sessions in the console (revoke active sessions)"
})

const unmodifiable: Sentence = ({ call, role }) => ({
  reason: "AccessDenied",
  detail: `AWS lets nobody but itself change ${role} by ${call}`,
  hint: "it is a role of a service or of IAM Identity Center; use a role of your own for the target"
})

const incomplete: Sentence = ({ host }, { status }) => ({
  reason: "Unreachable",
  detail: `${host} answered with what is no answer of AWS${status === undefined ? "" : ` (HTTP ${status})`}`,
  hint: `a proxy or a login page probably answers in its place: look at it with curl -i https://${host}/, and check the proxy and the target's endpoint`
})

const unrestricted: Sentence = ({ call }) => ({
  reason: "Misconfigured",
  detail: `${call} was to be sent without a session policy, which would have given the whole role`,
  hint: "nothing was sent; report it: this is a defect of bailiwick"
})

const failing: Sentence = ({ host }, { code, status }) => ({
  reason: "Unreachable",
  detail: `${host} fails at the moment (${code === "Unknown" ? "" : `${code}, `}HTTP ${status}); it was tried several times`,
  hint: "try again in a few minutes; if it stays, look at the AWS Health Dashboard, and at the proxy if there is one"
})

const unknown: Sentence = ({ call, role }, { code }) => ({
  reason: "Misconfigured",
  detail: `AWS refused ${call} for ${role} (${code})`,
  hint: `look ${code} up in the AWS documentation of ${call}, under Errors`
})

const all = (sentence: Sentence, ...codes: ReadonlyArray<string>) => codes.map((code) => [code, sentence] as const)

const sentences: ReadonlyMap<string, Sentence> = new Map<string, Sentence>([
  ...all(denied, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"),
  ...all(unmodifiable, "UnmodifiableEntity", "UnmodifiableEntityException"),
  ...all(expired, "ExpiredToken", "ExpiredTokenException"),
  ...all(unknownKey, "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
  ...all(unknownKey, "MissingAuthenticationToken", "InvalidToken"),
  ...all(signature, "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"),
  ...all(signature, "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"),
  ...all(packed, "PackedPolicyTooLarge", "PackedPolicyTooLargeException"),
  ...all(malformed, "MalformedPolicyDocument", "MalformedPolicyDocumentException"),
  ...all(region, "RegionDisabledException", "RegionDisabled", "OptInRequired"),
  ...all(throttled, "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "SlowDown"),
  ...all(throttled, "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded"),
  ...all(invalid, "ValidationError", "ValidationException", "InvalidParameterValue", "InvalidInput"),
  ...all(idpRejected, "IDPRejectedClaim", "IDPRejectedClaimException"),
  ...all(idpUnreachable, "IDPCommunicationError", "IDPCommunicationErrorException"),
  ...all(invalidIdentity, "InvalidIdentityToken", "InvalidIdentityTokenException"),
  ...all(noSuchRole, "NoSuchEntity", "NoSuchEntityException"),
  ...all(full, "LimitExceeded", "LimitExceededException"),
  ...all(incomplete, "IncompleteAnswer", "AnswerTooLarge"),
  ...all(unrestricted, "NoSessionPolicy")
])

export const isKnown = (code: string): boolean => sentences.has(code)

/** Whether AWS says that it did nothing, and that the same call may succeed later. */
export const isThrottled = (code: string): boolean => sentences.get(code) === throttled

/** Whether AWS asks for the same call once more, although it did nothing this time. */
export const isRetryable = (code: string): boolean => isThrottled(code) || sentences.get(code) === idpUnreachable

export const of = (asked: Asked, failure: Failure): Refusal => {
  const { code, status = 0 } = failure
  const sentence = sentences.get(code)
  if (sentence !== undefined) return sentence(asked, failure)
  if (status === 429) return throttled(asked, failure)
  if (status >= 500) return failing(asked, failure)
  if (code === "Unknown") return incomplete(asked, failure)
  return (status === 403 ? denied : unknown)(asked, failure)
}
