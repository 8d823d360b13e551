/** Which exit code a reason of the rooms means to a shell; `docs/errors.md` lists them all. */
import { ExitCode } from "./ExitCode.ts"

const { budget, cloud, denied, login, notExecutable, notFound, store, unreachable, usage } = ExitCode

/** What holds for an error unless its code says otherwise below. */
const families: Readonly<Record<string, number>> = {
  BrokerError: denied,
  DeliveryError: store,
  DurationTextError: usage,
  IdentityError: login,
  PassphraseError: usage,
  PassphraseKdfError: store,
  PlatformError: store,
  PolicyTextError: usage,
  ProviderError: cloud,
  PublicKeyError: usage,
  RecoveryKeyError: usage,
  StoreError: store,
  StrictJsonError: usage,
  TerminalError: login,
  TokenError: login
}

const exceptions: Readonly<Record<string, number>> = {
  "already-founded": usage,
  "already-redeemed": login,
  "bad-request": usage,
  "budget-unknown": budget,
  "clock-set-back": store,
  "delivery-command-not-executable": notExecutable,
  "delivery-command-not-found": notFound,
  "delivery-unavailable": unreachable,
  expired: login,
  "identity-not-an-identity": store,
  "login-needed": login,
  "not-founded": usage,
  "provider-failed": cloud,
  "provider-missing": usage,
  revoked: login,
  "session-unusable": login,
  "token-bad-key": usage,
  "token-broken-records": store,
  "token-depth-exceeded": denied,
  "token-key-reused": usage,
  "token-lifetime-exceeded": denied,
  "token-malformed": usage,
  "token-no-owner-left": denied,
  "token-not-confirmed": denied,
  "token-not-entitled": denied,
  "token-not-founded": store,
  "token-not-subset": denied,
  "token-refused": login,
  "token-target-changed": denied,
  "token-too-large": usage,
  "token-unknown-budget": budget,
  "token-wrong-kind": usage,
  "token-wrong-project": usage,
  "unknown-delegation": usage,
  "unknown-member": usage,
  "unknown-session": usage,
  "unknown-target": usage,
  "unknown-token": usage,
  "wrong-project": usage
}

/** Undefined for an error that no room declares: a defect. */
export const of = (tag: string, code: string): number | undefined => {
  const family = families[tag]
  return family === undefined ? undefined : (exceptions[code] ?? family)
}
