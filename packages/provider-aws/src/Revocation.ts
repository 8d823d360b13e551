/**
 * Ends a session as far as AWS can: a denial on its role where the broker may write one, else nothing but the end of its
 * life. Says which of both, and by when.
 */
import type { ProviderError, RevocationOutcome } from "@bailiwick/core/CredentialProvider"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type { StoreError } from "@bailiwick/core/StoreError"
import type * as Target from "@bailiwick/core/Target"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AwsFailure from "./AwsFailure.ts"
import * as AwsTarget from "./AwsTarget.ts"
import { toError } from "./Refusal.ts"
import * as Report from "./Report.ts"
import * as RoleDenial from "./RoleDenial.ts"
import type { SourceCredentials } from "./SourceCredentials.ts"

type Session = CredentialSession.CredentialSession

export interface Options {
  readonly source: SourceCredentials["Service"]
  target(session: Session): Effect.Effect<Option.Option<Target.Definition>, StoreError>
}

export interface Revocation {
  revoke(session: Session): Effect.Effect<RevocationOutcome, ProviderError>
  /** Whether this broker has written a denial on the target's role within the last hour. */
  mayDeny(target: AwsTarget.AwsTarget, now: UnixTime.UnixTime): boolean
}

/** For how long a right that was used counts as there, in seconds. */
const tested = 3600

/** A session that was cut short in its policy lives on at STS, by other clocks than ours; in seconds. */
const slack = 900

export const make = (options: Options): Revocation => {
  const written = new Map<string, UnixTime.UnixTime>()

  const revoke = Effect.fn("AwsProvider.revoke")(function* (session: Session) {
    const now = yield* UnixTime.now
    const left = CredentialSession.remainingSeconds(session, now)
    if (left === 0) return { how: "its credentials are over", worst: 0 }
    const until = `at ${UnixTime.toText(session.expires_at)}`
    const dies = (why: string) => ({ how: `${why}; the last credentials end by themselves ${until}`, worst: left })
    const definition = yield* Effect.mapError(options.target(session), unreadable)
    if (session.enforcement.revocation.how === Report.scoped) return dies(scoped)
    if (Option.isNone(definition)) return dies("the project record no longer has the target")
    const target = yield* Effect.mapError(Effect.fromResult(AwsTarget.read(definition.value)), toError)
    if (target.role.arn !== session.role_arn) return dies("the target of the project record is another role now")
    if (target.revoke === "none") return dies("this broker writes no denials on the role (settings.revoke)")
    yield* options.source.identity(target).pipe(
      Effect.flatMap((identity) =>
        RoleDenial.write({
          target,
          identity,
          session: session.id,
          until: UnixTime.plus(session.expires_at, slack)
        })
      ),
      Effect.mapError((failure) => refused(target, failure, until))
    )
    written.set(target.role.arn, now)
    return {
      how: `the role denies the session; AWS takes some minutes to apply that everywhere, and the credentials end by themselves ${until}`,
      worst: Math.min(left, Report.spread)
    }
  })

  return {
    revoke,
    mayDeny: ({ role }, now) => {
      const last = written.get(role.arn)
      return last !== undefined && now - last < tested
    }
  }
}

const scoped = "a scoped session has the identity of the broker's own, which a denial would end too"

const unreadable = (error: StoreError): ProviderError =>
  toError({
    reason: "Misconfigured",
    detail: `the target's definition cannot be read: ${error.detail}`,
    hint: error.hint ?? "run doctor, which names what is wrong with the store"
  })

const rights = "iam:GetRolePolicy and iam:PutRolePolicy on the role"

const refused = (target: AwsTarget.AwsTarget, failure: AwsFailure.Failure, until: string): ProviderError => {
  const { reason, detail, hint } = describe(target, failure)
  return toError({ reason, detail: `${detail}; the last credentials end by themselves ${until}`, hint })
}

const describe = (target: AwsTarget.AwsTarget, failure: AwsFailure.Failure) => {
  if (failure === RoleDenial.foreign || failure === RoleDenial.unconfirmed) {
    return {
      reason: "Misconfigured" as const,
      detail:
        failure === RoleDenial.foreign
          ? `the role ${target.role.name} has an inline policy of our name with something else in it`
          : `the denial on the role ${target.role.name} was written, and could not be read back`,
      hint: "look at the role's inline policy bailiwick-revoked, and revoke again"
    }
  }
  const error = AwsFailure.toProviderError(AwsFailure.asked("PutRolePolicy", target), failure)
  return error.reason === "AccessDenied"
    ? {
        reason: error.reason,
        detail: `the broker may write no denial on ${target.role.arn}`,
        hint: `allow it ${rights}`
      }
    : error
}
