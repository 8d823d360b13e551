/**
 * The port to one cloud: plan without side effects, issue what was planned, revoke as far as the cloud can.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CredentialRequest from "./CredentialRequest.ts"
import type * as Credentials from "./Credentials.ts"
import type * as CredentialSession from "./CredentialSession.ts"
import type * as Enforcement from "./Enforcement.ts"
import * as Policy from "./Policy.ts"
import type * as Target from "./Target.ts"
import type { UnixTime } from "./UnixTime.ts"

/** What a provider would do for a request, before doing it. */
export interface Plan {
  readonly request: CredentialRequest.CredentialRequest
  /** The document that would be sent, as compact JSON: a part of what decides reuse. Holds nothing that differs between equal requests. */
  readonly document: string
  readonly report: Enforcement.Report
  /** Plain words on what the caller should know: useless resources, actions that ignore them, what is kept out. */
  readonly notes: ReadonlyArray<string>
  /** Plain words on the plan itself, for whoever looks at it: its size, what it reaches. */
  readonly facts?: ReadonlyArray<string>
}

/** How a revoke ended, said to the user, the record and the log. */
export interface RevocationOutcome {
  /** Whether the cloud itself refuses what is out, within `worst`; else it lives until it expires. */
  readonly ended: boolean
  readonly how: string
  /** Seconds until the last credential of the session is dead at the latest. */
  readonly worst: number
}

/** What the cloud did about everything that was issued for a principal. */
export interface PrincipalOutcome extends RevocationOutcome {
  /** What was issued before this moment of this machine's clock has ended; absent where the cloud did nothing. */
  readonly before?: UnixTime
}

/** A way to end everything of a principal from before now, before anything is done. */
export interface PrincipalRevocation {
  /** Plain words on whom it reaches beyond this project's own sessions, for whoever is asked. */
  readonly reach: string
  readonly revoke: Effect.Effect<PrincipalOutcome, ProviderError>
}

export const ProviderReason = Schema.Literals([
  "AccessDenied",
  "PolicyTooLarge",
  "PolicyRefused",
  "ExpiredSource",
  "Throttled",
  "Unreachable",
  "Misconfigured"
])

/** Why a provider did not do it, with the fix in the message; never the cloud's raw answer, never a secret. */
export class ProviderError extends Schema.TaggedError<ProviderError>()("ProviderError", {
  provider: Policy.Provider,
  reason: ProviderReason,
  detail: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.provider}: ${this.detail}`
  }
}

export interface CredentialProvider {
  readonly name: Policy.Provider
  plan(request: CredentialRequest.CredentialRequest): Effect.Effect<Plan, ProviderError>
  issue(plan: Plan): Effect.Effect<Credentials.Credentials, ProviderError>
  revoke(session: CredentialSession.CredentialSession): Effect.Effect<RevocationOutcome, ProviderError>
  /**
   * Plans the end of everything that was issued for a target's principal before now, whoever asked for it; fails where that
   * would end more than was meant. Absent where the cloud has no such thing.
   */
  revokePrincipal?(target: Target.Definition): Effect.Effect<PrincipalRevocation, ProviderError>
  /** The variables of a one-shot delivery by environment. Secret values: for the child's environment only. */
  environment(credentials: Credentials.Credentials): Readonly<Record<string, string>>
}

/** The providers that this installation has, by name. */
export class CredentialProviders extends Context.Service<
  CredentialProviders,
  ReadonlyMap<Policy.Provider, CredentialProvider>
>()("@bailiwick/core/CredentialProvider/CredentialProviders") {}
