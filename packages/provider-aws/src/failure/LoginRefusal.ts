/**
 * Why the broker's own AWS login gave no credentials, before anything was asked for an agent.
 *
 * The AWS packages say most of it in prose, in which profiles, files and what a helper printed may stand: of that only
 * what kind of trouble it is goes further.
 */
import type { Refusal } from "../Refusal.ts"
import type { Failure } from "./Failure.ts"
import * as NetworkTrouble from "./NetworkTrouble.ts"

/** The commands that renew a person's login, for the profile if it has a name. */
export const renew = (profile: string | undefined): string => {
  const named = profile === undefined ? "" : ` --profile ${profile}`
  return `log the broker in again: aws sso login${named}, aws login${named}, or new keys for its AWS profile`
}

/** Shows by hand what the AWS packages do here. */
const byHand = (profile: string | undefined): string =>
  `aws sts get-caller-identity${profile === undefined ? "" : ` --profile ${profile}`}`

type Sentence = (profile: string | undefined, failure: Failure) => Refusal

const expired: Sentence = (profile) => ({
  reason: "ExpiredSource",
  detail: "the broker's own AWS login has ended",
  hint: renew(profile)
})

const notAssigned: Sentence = (profile) => ({
  reason: "AccessDenied",
  detail: "AWS does not give the broker's own login the account or role that its profile names",
  hint: `check sso_account_id and sso_role_name of the profile, and ask for that permission set; ${byHand(profile)} shows when it works`
})

const network: Sentence = (profile, { code }) =>
  NetworkTrouble.of(code) === "time"
    ? {
        reason: "Unreachable",
        detail: `the broker's own AWS login did not answer in time (${code})`,
        hint: `run ${byHand(profile)}: it shows what hangs, such as a credential_process that asks something, or a proxy`
      }
    : {
        reason: "Unreachable",
        detail: `the service that gives the broker's own AWS login cannot be used (${code})`,
        hint: `check the network and its proxy, then try again; ${byHand(profile)} shows when it works`
      }

const file: Sentence = (_, { code }) => ({
  reason: "Misconfigured",
  detail: `a file that the broker's own AWS login names cannot be read (${code})`,
  hint: "check AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE and the files of its AWS profile"
})

const process: Sentence = (profile) => ({
  reason: "Misconfigured",
  detail: "the credential_process of the broker's own AWS profile failed, or answered with no credentials",
  hint: `run the command of its credential_process by hand; ${byHand(profile)} shows when it works`
})

const answer: Sentence = (profile) => ({
  reason: "Misconfigured",
  detail: "the service that gives the broker's own AWS login refused, or answered with no credentials",
  hint: `check that this machine or container has a role, and its tokens; ${byHand(profile)} shows when it works`
})

const oneTimePassword: Sentence = (profile) => ({
  reason: "Misconfigured",
  detail: "the broker's own AWS profile asks for a one-time password (mfa_serial), which nobody can type here",
  hint: `name a profile that needs none: one of aws sso login, or a session made with ${byHand(profile).replace("get-caller-identity", "get-session-token")}`
})

const missing: Sentence = (profile) => ({
  reason: "Misconfigured",
  detail:
    profile === undefined
      ? "the broker has no AWS credentials of its own"
      : `the broker's AWS profile ${profile} is missing, or gives no credentials`,
  hint: `log the broker in (aws sso login, aws configure, a credential_process, or a role of the machine) until ${byHand(profile)} works; or let the target's settings.profile name another profile`
})

const trust = (what: string): Refusal => ({
  reason: "AccessDenied",
  detail: `AWS refused ${what}`,
  hint: "check role_arn and external_id of the broker's AWS profile (or AWS_ROLE_ARN), and whom that role's trust policy names"
})

const webToken: Sentence = () => ({
  reason: "ExpiredSource",
  detail: "AWS no longer takes the web identity token of the broker's own login",
  hint: "let whoever writes the file behind AWS_WEB_IDENTITY_TOKEN_FILE renew it (a pod: restart it, or look at its service account)"
})

const idpRejected: Sentence = () => ({
  reason: "AccessDenied",
  detail: "the identity provider refused the web identity of the broker's own login",
  hint: "renew the token behind AWS_WEB_IDENTITY_TOKEN_FILE, and check its sub and aud against the role's trust policy"
})

const idpUnreachable: Sentence = () => ({
  reason: "Unreachable",
  detail: "AWS could not ask the identity provider of the broker's own login, and was asked several times",
  hint: "check that the issuer's /.well-known/openid-configuration and its keys can be reached from the internet, then try again"
})

const invalidToken: Sentence = () => ({
  reason: "Misconfigured",
  detail: "AWS does not accept the web identity token of the broker's own login",
  hint: "check the file behind AWS_WEB_IDENTITY_TOKEN_FILE, and that the account has an IAM OIDC provider for the token's issuer"
})

/** What STS says to the login itself, where a profile names a role or a web identity. */
const codes: ReadonlyMap<string, Sentence> = new Map<string, Sentence>([
  ...["AccessDenied", "AccessDeniedException"].map(
    (name) => [name, () => trust("the role that the broker's own login is to take on")] as const
  ),
  ...["ExpiredToken", "ExpiredTokenException"].map((name) => [name, webToken] as const),
  ...["IDPRejectedClaim", "IDPRejectedClaimException"].map((name) => [name, idpRejected] as const),
  ...["IDPCommunicationError", "IDPCommunicationErrorException"].map((name) => [name, idpUnreachable] as const),
  ...["InvalidIdentityToken", "InvalidIdentityTokenException"].map((name) => [name, invalidToken] as const),
  ...["ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "EMFILE"].map((name) => [name, file] as const)
])

/** The codes by which the AWS packages say that a source had nothing, for reasons that stand in the message. */
const ofChain = new Set(["CredentialsProviderError", "TokenProviderError", "ProviderError", "Unknown"])

// In this order: what a credential_process printed stands in its message, and may say that a login has ended.
const prose: ReadonlyArray<readonly [RegExp, Sentence]> = [
  [/\b(?:ForbiddenException|ResourceNotFoundException)\b/u, notAssigned],
  [/\b(?:UnauthorizedException|InvalidGrantException|ExpiredTokenException|InvalidClientException)\b/u, expired],
  [/SSO session|SSO Token|Token is expired|aws (?:sso )?login|re-?authenticate|returned expired/iu, expired],
  [/requires multi-factor/iu, oneTimePassword],
  [/Command failed|credential_process returned/u, process],
  [/responded with status|Error response received|Invalid response|required format|permissions/iu, answer],
  // Only where a container's variables name such a service; why it gave nothing is not told.
  [/remoteProvider::fromHttp/u, answer]
]

/** The last place where the chain looks: on every machine that is no instance, it ends without an answer. */
const noInstance = /(?:connect to|TimeoutError from) instance metadata service/giu

/** Undefined where the refusal is one that any call of AWS may meet. */
export const of = (profile: string | undefined, failure: Failure): Refusal | undefined => {
  const known = codes.get(failure.code)
  if (known !== undefined) return known(profile, failure)
  const message = failure.message.replaceAll(noInstance, "")
  const endsAtInstance = message !== failure.message
  if (!endsAtInstance && !ofChain.has(failure.code)) {
    return NetworkTrouble.of(failure.code) === undefined ? undefined : network(profile, failure)
  }
  const [, sentence] = prose.find(([form]) => form.test(message)) ?? []
  if (sentence !== undefined) return sentence(profile, failure)
  const code = networkCode.exec(message)?.[0]
  return code === undefined ? missing(profile, failure) : network(profile, { ...failure, code })
}

/** The packages put what the network said into their own error's message. */
const networkCode =
  /\b(?:E(?:NOTFOUND|AI_\w+|CONN[A-Z]+|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|PROTO)|TimeoutError|CERT_[A-Z_]+)\b/u
