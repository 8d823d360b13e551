/**
 * The variables by which a child receives credentials. Everything else of `BAILIWICK_*` and `AWS_*` is removed from a
 * child's environment.
 */

/** One shot: the token itself. It is not refreshed, and is readable in `/proc/PID/environ` by the same user. */
export const token = "BAILIWICK_TOKEN"

/** A file (0600) that always holds the newest token, without a line end; replaced atomically. */
export const tokenFile = "BAILIWICK_TOKEN_FILE"

/** `GET` answers `{ version: 1, token, expires }`; ask again whenever a token is needed. */
export const tokenUrl = "BAILIWICK_TOKEN_URL"

/** The value to send, as it stands, as `Authorization` to the token's URL: `Bearer …`. */
export const tokenAuthorization = "BAILIWICK_TOKEN_AUTHORIZATION"

/** The public keys that verify the token, served for the run. */
export const jwksUrl = "BAILIWICK_JWKS_URL"

/** The place from which AWS SDKs take credentials and take them again, by themselves. */
export const awsContainerUri = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

/** What an AWS SDK sends there, as it stands, as `Authorization`. */
export const awsContainerAuthorization = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

/** Where a child of an AWS target works: no secret, and delivered beside the container endpoint too. */
export const awsPlace: ReadonlyArray<string> = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"]

/** Where an AWS SDK that can reports its calls, for the hint after a run. */
export const awsMonitor = {
  enabled: "AWS_CSM_ENABLED",
  host: "AWS_CSM_HOST",
  port: "AWS_CSM_PORT",
  clientId: "AWS_CSM_CLIENT_ID"
} as const

/** What a child may meet of ours; a reader of its own environment knows these and warns of others. */
export const all: ReadonlyArray<string> = [token, tokenFile, tokenUrl, tokenAuthorization, jwksUrl]
