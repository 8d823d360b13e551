/** What an inspection is asked and what it answers. */
import type * as ProjectId from "@bailiwick/core/ProjectId"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import type { PublicKey } from "../PublicKey.ts"
import * as TokenError from "../TokenError.ts"

export type Role = "identity" | "delegator" | "binding" | "session"

export type Keys = Readonly<Partial<Record<Role, PublicKey>>>

export type Kind =
  | "root"
  | "grant"
  | "session"
  | "chain"
  | "session-token"
  | "env"
  | "project"
  | "member"
  | "delegation"
  | "login"

export type Verdict = "verified" | "unverified" | "refused"

/** Whose bytes they are: ours, or those of one of the two programs that this one descends from. */
export type Profile = "bailiwick" | "joy" | "audex"

export interface Request {
  readonly input: string
  /** Looked for in no other profile than this one, if it is said. */
  readonly profile?: Profile
  /** What is of another project is refused. */
  readonly project?: ProjectId.ProjectId
  readonly keys: Keys
  readonly at: UnixTime.UnixTime
}

export interface Inspection {
  readonly kind: Kind
  readonly profile: Profile
  readonly verdict: Verdict
  /** Why it is not verified. */
  readonly reason?: string
  /** What stands in it, as JSON; null where it cannot be read. */
  readonly value: unknown
}

/** What was found out: what stands in it, and what is missing for `verified`, if anything is. */
export interface Finding {
  readonly value: unknown
  readonly missing?: string
}

const profile = "bailiwick"

/** A failure on the way is a refusal; `value` is what had been read until then. */
export const answer = <R>(
  kind: Kind,
  value: unknown,
  finding: Effect.Effect<Finding, TokenError.TokenError, R>
): Effect.Effect<Inspection, never, R> =>
  Effect.match(finding, {
    onFailure: (error): Inspection => ({ kind, profile, verdict: "refused", reason: error.message, value }),
    onSuccess: ({ value, missing }): Inspection =>
      missing === undefined
        ? { kind, profile, verdict: "verified", value }
        : { kind, profile, verdict: "unverified", reason: missing, value }
  })

export const ofProject = (project: ProjectId.ProjectId, request: Request): Effect.Effect<void, TokenError.TokenError> =>
  TokenError.refuseIf(
    request.project === undefined || request.project === project ? undefined : new TokenError.WrongProject()
  )
