/**
 * The two documents in which AWS SDKs take credentials from somebody else: what a `credential_process` prints, and what a
 * container endpoint answers.
 *
 * Both name the end in RFC 3339, in whole seconds and `Z`; without it an SDK never asks again. Free of Effect, so that the
 * hot path can load it alone. The texts are secrets.
 */
import type { Content } from "./sealed/SealedEntry.ts"

type Credentials = Content["credentials"]

/** `{ Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId? }`; undefined for other credentials. */
export const process = (credentials: Credentials): string | undefined => {
  const members = read(credentials)
  return members === undefined ? undefined : line({ Version: 1, ...members })
}

/** The same, with the token's other name there: `{ AccessKeyId, SecretAccessKey, Token, Expiration, AccountId? }`. */
export const container = (credentials: Credentials): string | undefined => {
  const members = read(credentials)
  if (members === undefined) return undefined
  const { AccessKeyId, SecretAccessKey, SessionToken, ...others } = members
  return line({ AccessKeyId, SecretAccessKey, Token: SessionToken, ...others })
}

// A key without its token would be a long-lived one, which nobody narrowed.
const read = ({ expires, provider, secret }: Credentials) => {
  const { AccessKeyId, AccountId, SecretAccessKey, SessionToken } = secret
  if (provider !== "aws" || !AccessKeyId || !SecretAccessKey || !SessionToken) return undefined
  const Expiration = new Date(expires * 1000).toISOString().replace(".000Z", "Z")
  return { AccessKeyId, SecretAccessKey, SessionToken, Expiration, ...(AccountId ? { AccountId } : {}) }
}

const line = (document: object): string => `${JSON.stringify(document)}\n`
