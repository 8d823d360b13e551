/** Which exit code a reason of the rooms means to a shell; `docs/errors.md` lists them all. */
import type * as TokenError from "@bailiwick/tokens/TokenError"
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
  TerminalError: login
}

const exceptions: Readonly<Record<string, number>> = {
  "already-founded": usage,
  "bad-request": usage,
  "clock-set-back": store,
  "delivery-command-not-executable": notExecutable,
  "delivery-command-not-found": notFound,
  "delivery-unavailable": unreachable,
  "identity-not-an-identity": store,
  "login-needed": login,
  "not-founded": usage,
  "provider-failed": cloud,
  "provider-missing": usage,
  "session-unusable": login,
  "unknown-delegation": usage,
  "unknown-member": usage,
  "unknown-session": usage,
  "unknown-target": usage,
  "unknown-token": usage
}

/** Undefined for an error that no room declares: a defect. */
export const of = (tag: string, code: string): number | undefined => {
  const family = families[tag]
  return family === undefined ? undefined : (exceptions[code] ?? family)
}

/** Wrong text is wrong use; dead authority asks for new one; living authority that does not reach is a refusal. */
const tokens: Readonly<Record<TokenError.Reason["_tag"], number>> = {
  AlreadyRedeemed: login,
  BadKey: usage,
  BadSignature: login,
  BrokenChain: login,
  BrokenRecords: store,
  DepthExceeded: denied,
  Expired: login,
  KeyReused: usage,
  LifetimeExceeded: denied,
  Malformed: usage,
  NoOwnerLeft: denied,
  NotConfirmed: denied,
  NotDelegated: login,
  NotEntitled: denied,
  NotFounded: store,
  NotInForce: login,
  NotRedeemed: login,
  NotSubset: denied,
  NotYet: login,
  RedeemExpired: login,
  Revoked: login,
  TargetChanged: denied,
  TooLarge: usage,
  UnknownBudget: budget,
  WrongAudience: login,
  WrongKey: login,
  WrongKind: usage,
  WrongProject: usage
}

export const ofToken = ({ reason }: TokenError.TokenError): number => tokens[reason._tag]
