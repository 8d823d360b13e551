/**
 * The document that a process receives on stdout of `bailiwick credential-process`.
 *
 * Free of Effect, so that the hot path can load it alone.
 */
import * as AwsDocument from "./AwsDocument.ts"
import type { Content } from "./sealed/SealedEntry.ts"

type Credentials = Content["credentials"]

/**
 * Compact JSON and one LF; `undefined` for a provider without such a document. The text is a secret.
 *
 * oidc: {@link token}. aws: what the SDKs' `credential_process` takes, {@link AwsDocument.process}.
 */
export const document = (credentials: Credentials): string | undefined =>
  token(credentials) ?? AwsDocument.process(credentials)

/** `{ version: 1, token, expires }` with `expires` in seconds since 1970, for oidc alone. */
export const token = ({ expires, provider, secret }: Credentials): string | undefined =>
  provider === "oidc" && secret.token !== undefined
    ? `${JSON.stringify({ version: 1, token: secret.token, expires })}\n`
    : undefined
