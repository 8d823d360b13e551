/**
 * What AWS said when it refused, as its cause and its fix.
 *
 * Only codes of a known form are taken over; messages of AWS, of credential helpers and of the network may hold names and
 * secrets of the broker, and stay behind.
 */
import type { ProviderError } from "@bailiwick/core/CredentialProvider"
import * as Predicate from "effect/Predicate"
import type { AwsTarget } from "./AwsTarget.ts"
import { type Refusal, toError } from "./Refusal.ts"

/** What was being asked, for the sentence. */
export interface Asked {
  readonly call: string
  readonly role: string
  readonly region: string
  readonly host: string
}

export const asked = (call: string, { role, region, sts }: AwsTarget): Asked => ({
  call,
  role: role.arn,
  region,
  host: new URL(sts).host
})

/** A refusal as SDKs throw it and as the query protocol answers it. */
export interface Failure {
  readonly code: string
  readonly status: number | undefined
  readonly message: string
}

const codeForm = /^[A-Za-z][A-Za-z0-9._]{0,63}$/u

/** Reads whatever an SDK or the network threw. */
export const fromUnknown = (thrown: unknown): Failure => {
  if (!Predicate.isObject(thrown)) return { code: "Unknown", status: undefined, message: "" }
  const metadata = "$metadata" in thrown && Predicate.isObject(thrown.$metadata) ? thrown.$metadata : {}
  const status = "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined
  // A refusal that is known by name stands for itself; `fetch` puts the reason of the network into the cause.
  const own = codesOf(thrown)
  const causes = "cause" in thrown ? codesOf(thrown.cause) : []
  return {
    code: own.find((code) => sentences.has(code)) ?? causes[0] ?? own[0] ?? "Unknown",
    status: Predicate.isNumber(status) ? status : undefined,
    message: "message" in thrown && Predicate.isString(thrown.message) ? thrown.message : ""
  }
}

/** The code that a network error carries, and the name by which SDKs tell refusals apart. */
const codesOf = (thrown: unknown): ReadonlyArray<string> => {
  if (!Predicate.isObject(thrown)) return []
  const code = "code" in thrown ? thrown.code : undefined
  const name = "name" in thrown ? thrown.name : undefined
  return [code, name].filter(Predicate.isString).filter((text) => codeForm.test(text) && text !== "Error")
}

type Sentence = (asked: Asked, failure: Failure) => Refusal

const trust =
  "let the role's trust policy name the broker's own identity for sts:AssumeRole, sts:TagSession and " +
  "sts:SetSourceIdentity (the last two unless the target's settings.attribution is name), with the target's external_id " +
  "if it asks for one, and let that identity's own policies allow the same"

const login = "log the broker in again, for example aws sso login, or renew the keys of its AWS profile"

const denied: Sentence = ({ call, role }) => ({
  reason: "AccessDenied",
  detail: `AWS does not let the broker's own identity call ${call} for ${role}`,
  hint: call === "AssumeRole" ? trust : `allow ${call} to the broker's own identity`
})

const expired: Sentence = () => ({
  reason: "ExpiredSource",
  detail: "the broker's own AWS login has ended",
  hint: login
})

const unknownKey: Sentence = () => ({
  reason: "ExpiredSource",
  detail: "AWS does not know the access key of the broker's own login",
  hint: `${login}; a key of another partition is unknown too`
})

const signature: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS does not accept the broker's signature: its secret key or this machine's clock is wrong",
  hint: "set the clock by NTP, and check the secret key of the broker's AWS profile"
})

const packed: Sentence = () => ({
  reason: "PolicyTooLarge",
  detail:
    "the session policy and the tags are more than AWS packs into one session, although their text is short enough",
  hint: "ask for fewer resources or actions at once; the packed size cannot be known before AWS is asked"
})

const malformed: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS could not read the session policy",
  hint: "look at the document with bailiwick explain, leave out what is unusual in it, and report it"
})

const region: Sentence = ({ region }) => ({
  reason: "Misconfigured",
  detail: `STS is not active for this account in ${region}`,
  hint: "an administrator activates STS in that region, or an owner gives the target another region"
})

const throttled: Sentence = ({ call }) => ({
  reason: "Throttled",
  detail: `AWS takes no more ${call} calls of this account at the moment; it was tried several times`,
  hint: "try again in a minute, and ask with longer lives where many agents ask at once"
})

const unreachable: Sentence = ({ host }, { code }) => ({
  reason: "Unreachable",
  detail: `${host} cannot be reached or does not answer (${code})`,
  hint: "check the network, the proxy and the target's region and endpoint, then try again"
})

const provider: Sentence = (_, { message }) =>
  /expired|refresh|sso|log ?in/iu.test(message)
    ? expired({ call: "", role: "", region: "", host: "" }, { code: "", status: undefined, message: "" })
    : {
        reason: "Misconfigured",
        detail: "the broker has no AWS credentials of its own",
        hint: "log the broker in: aws sso login, aws configure, a credential_process, or a role of the machine; or name the target's settings.profile"
      }

const invalid: Sentence = ({ call, role }, { message }) =>
  /DurationSeconds|MaxSessionDuration|role chaining/iu.test(message)
    ? {
        reason: "Misconfigured",
        detail: `the life asked for is longer than ${role} allows, or than an hour for a broker that acts in a role itself`,
        hint: "ask for a shorter --ttl, or let an administrator raise the role's maximum session duration"
      }
    : {
        reason: "Misconfigured",
        detail: `AWS does not accept a parameter of ${call}`,
        hint: "check the target's principal, external_id and policy_arns, and report it if they are right"
      }

const idpRejected: Sentence = () => ({
  reason: "AccessDenied",
  detail: "the identity provider of the broker's web identity refused it",
  hint: "renew the web identity token, and check the role's trust policy for its subject and audience"
})

const idpUnreachable: Sentence = () => ({
  reason: "Unreachable",
  detail: "AWS could not ask the identity provider of the broker's web identity",
  hint: "check that the provider's discovery document and keys are public, then try again"
})

const invalidIdentity: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS does not accept the broker's web identity token",
  hint: "check the token, and that the account has an OIDC provider for its issuer"
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

const sentences: ReadonlyMap<string, Sentence> = new Map<string, Sentence>([
  ...["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "UnmodifiableEntity"].map(
    (code) => [code, denied] as const
  ),
  ...["ExpiredToken", "ExpiredTokenException"].map((code) => [code, expired] as const),
  ...["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "MissingAuthenticationToken"].map(
    (code) => [code, unknownKey] as const
  ),
  ...[
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "RequestInTheFuture"
  ].map((code) => [code, signature] as const),
  ...["PackedPolicyTooLarge", "PackedPolicyTooLargeException"].map((code) => [code, packed] as const),
  ...["MalformedPolicyDocument", "MalformedPolicyDocumentException"].map((code) => [code, malformed] as const),
  ...["RegionDisabledException", "RegionDisabled", "OptInRequired"].map((code) => [code, region] as const),
  ...["Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"].map(
    (code) => [code, throttled] as const
  ),
  ...["ValidationError", "ValidationException", "InvalidParameterValue", "InvalidInput"].map(
    (code) => [code, invalid] as const
  ),
  ...["IDPRejectedClaim", "IDPRejectedClaimException"].map((code) => [code, idpRejected] as const),
  ...["IDPCommunicationError", "IDPCommunicationErrorException"].map((code) => [code, idpUnreachable] as const),
  ...["InvalidIdentityToken", "InvalidIdentityTokenException"].map((code) => [code, invalidIdentity] as const),
  ...["CredentialsProviderError", "TokenProviderError", "ProviderError"].map((code) => [code, provider] as const),
  ["NoSuchEntity", noSuchRole],
  ["LimitExceeded", full]
])

const network =
  /^(?:E[A-Z_]{3,}|UND_ERR_\w+|CERT_\w+|[A-Z_]*CERT[A-Z_]*|TimeoutError|AbortError|TypeError|NetworkingError)$/u

/** Whether the same call may succeed when it is made again. */
export const isTransient = ({ code, status }: Failure): boolean =>
  sentences.get(code) === throttled || network.test(code) || (status ?? 0) >= 500 || status === 429

export const toProviderError = (asked: Asked, failure: Failure): ProviderError => {
  const sentence = sentences.get(failure.code)
  if (sentence !== undefined) return toError(sentence(asked, failure))
  if (isTransient(failure)) return toError(unreachable(asked, failure))
  if (failure.status === 403) return toError(denied(asked, failure))
  return toError({
    reason: "Misconfigured",
    detail: `AWS refused ${asked.call} for ${asked.role} (${failure.code})`,
    hint: "look the code up in the AWS documentation of that call"
  })
}
