/** What a provider hands out. Secret throughout: it lives in memory, a sealed cache and the child, and nowhere else. */
import type * as Redacted from "effect/Redacted"
import type * as Policy from "./Policy.ts"
import type * as UnixTime from "./UnixTime.ts"

export interface Credentials {
  readonly provider: Policy.Provider
  /** The members of the provider's own credential document, e.g. `{ token }` for oidc. */
  readonly secret: Redacted.Redacted<Readonly<Record<string, string>>>
  /** The end that the issuer of the credential itself names. */
  readonly expires: UnixTime.UnixTime
  /** What only the issuer's answer told, in plain words for the caller; nothing secret, and nothing that decides. */
  readonly notes?: ReadonlyArray<string>
}
