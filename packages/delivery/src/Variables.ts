/**
 * The variables by which a child receives credentials of provider oidc. Everything else of `BAILIWICK_*` is removed from
 * a child's environment.
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

/** What a child may meet; a reader of its own environment knows these and warns of others. */
export const all: ReadonlyArray<string> = [token, tokenFile, tokenUrl, tokenAuthorization, jwksUrl]
