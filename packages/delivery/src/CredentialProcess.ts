/**
 * The document that a process receives, on stdout of `bailiwick credential-process` and from the loopback endpoint.
 *
 * Free of Effect, so that the hot path can load it alone.
 */
import type { Content } from "./sealed/SealedEntry.ts"

/**
 * Compact JSON and one LF; `undefined` for a provider without such a document.
 *
 * oidc: `{ version: 1, token, expires }` with `expires` in seconds since 1970. The text is a secret.
 */
export const document = (credentials: Content["credentials"]): string | undefined => {
  const { provider, secret, expires } = credentials
  if (provider !== "oidc" || secret.token === undefined) return undefined
  return `${JSON.stringify({ version: 1, token: secret.token, expires })}\n`
}
