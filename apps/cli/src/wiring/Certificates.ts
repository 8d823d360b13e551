/**
 * Whoever speaks in a cloud's place must have a certificate for it, also where `NODE_TLS_REJECT_UNAUTHORIZED=0` tells Node
 * to believe everybody: what the broker sends there may be an SSO token or a web identity, and what it takes from there is
 * what a child works with. A CA of one's own is named in `NODE_EXTRA_CA_CERTS`.
 */
import * as Effect from "effect/Effect"

const variable = "NODE_TLS_REJECT_UNAUTHORIZED"

let told: string | undefined

// Node reads the variable at each connection, and takes it from nowhere else.
const take = (): void => {
  told ??= process.env[variable]
  delete process.env[variable]
}

/** For all that this process asks from now on. */
export const check = Effect.sync(take)

/** The environment as this process was given it: what a child believes is its own business. */
export const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(told === undefined ? {} : { [variable]: told })
})
