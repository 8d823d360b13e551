/**
 * Ends sessions as far as AWS can: a denial on their role where the broker may write one, else nothing but the end of their
 * lives. Says which of both, and by when.
 */
import type {
  PrincipalOutcome,
  PrincipalRevocation,
  ProviderError,
  RevocationOutcome
} from "@bailiwick/core/CredentialProvider"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type { StoreError } from "@bailiwick/core/StoreError"
import type * as Target from "@bailiwick/core/Target"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as AwsFailure from "./AwsFailure.ts"
import * as AwsTarget from "./AwsTarget.ts"
import * as DenialRefusal from "./DenialRefusal.ts"
import { toError, unreadable } from "./Refusal.ts"
import * as Report from "./Report.ts"
import * as RoleDenial from "./RoleDenial.ts"
import * as SessionDocument from "./SessionDocument.ts"
import type { SourceCredentials } from "./SourceCredentials.ts"

type Session = CredentialSession.CredentialSession

export interface Options {
  readonly source: SourceCredentials["Service"]
  target(session: Session): Effect.Effect<Option.Option<Target.Definition>, StoreError>
}

export interface Revocation {
  revoke(session: Session): Effect.Effect<RevocationOutcome, ProviderError>
  revokePrincipal(target: Target.Definition): Effect.Effect<PrincipalRevocation, ProviderError>
  /** Whether this broker has written a denial on the target's role within the last hour. */
  mayDeny(target: AwsTarget.AwsTarget, now: UnixTime.UnixTime): boolean
}

/** For how long a right that was used counts as there, in seconds. */
const tested = 3600

/** A session that was cut short in its policy lives on at STS, by other clocks than ours; in seconds. */
const slack = 900

const spreads = "AWS takes some minutes to apply that everywhere"

export const make = (options: Options): Revocation => {
  const written = new Map<string, UnixTime.UnixTime>()

  /** Acts on the role with the broker's own login, and remembers that it could. */
  const asWriter = <A>(
    target: AwsTarget.AwsTarget,
    act: (writer: RoleDenial.Writer) => Effect.Effect<A, AwsFailure.Failure>
  ) =>
    Effect.gen(function* () {
      const identity = yield* options.source.identity(target)
      const done = yield* act({ target, identity })
      written.set(target.role.arn, yield* UnixTime.now)
      return done
    })

  const revoke = Effect.fn("AwsProvider.revoke")(function* (session: Session) {
    const left = CredentialSession.remainingSeconds(session, yield* UnixTime.now)
    if (left === 0) return { ended: true, how: "its credentials are over", worst: 0 }
    const until = `at ${UnixTime.toText(session.expires_at)}`
    const dies = (why: string) => ({
      ended: false,
      how: `${why}; the last credentials end by themselves ${until}`,
      worst: left
    })
    const definition = yield* Effect.mapError(options.target(session), unreadable("the target's definition"))
    if (session.enforcement.revocation.how === Report.scoped) return dies(scoped)
    if (Option.isNone(definition)) return dies("the project record no longer has the target")
    const target = yield* read(definition.value)
    if (target.role.arn !== session.role_arn) return dies("the target of the project record is another role now")
    if (target.revoke === "none") return dies(unasked)
    const revoked = { session: session.id, until: UnixTime.plus(session.expires_at, slack) }
    yield* asWriter(target, (writer) => RoleDenial.deny(writer, revoked)).pipe(
      Effect.mapError((failure) => {
        const { reason, detail, hint } = DenialRefusal.ofSession(target, session.target, failure)
        return toError({ reason, detail: `${detail}; the last credentials end by themselves ${until}`, hint })
      })
    )
    return {
      ended: true,
      how: `the role denies the session; ${spreads}, and the credentials end by themselves ${until}`,
      worst: Math.min(left, Report.spread)
    }
  })

  const cutOff = Effect.fn("AwsProvider.cutOff")(function* (target: AwsTarget.AwsTarget) {
    if (target.revoke === "none") {
      return {
        ended: false,
        how: `${unasked}; ${othersLive}`,
        worst: SessionDocument.longest
      } satisfies PrincipalOutcome
    }
    const { here, moment } = yield* Effect.mapError(asWriter(target, RoleDenial.cutOff), (failure) => {
      const { reason, detail, hint } = DenialRefusal.ofRole(target, failure)
      return toError({ reason, detail: `${detail}; ${othersLive}`, hint })
    })
    return {
      ended: true,
      how: `the role denies every session from before ${UnixTime.toText(moment)}; ${spreads}`,
      worst: Report.spread,
      before: here
    } satisfies PrincipalOutcome
  })

  const revokePrincipal = Effect.fn("AwsProvider.revokePrincipal")(function* (definition: Target.Definition) {
    const target = yield* read(definition)
    if (target.method === "scoped") return yield* toError(DenialRefusal.scopedTarget(target))
    if (target.revoke === "role-policy") {
      // AWS that does not answer now is no reason to leave the sessions standing: the cut itself asks once more.
      const role = yield* options.source.identity(target).pipe(
        Effect.flatMap((identity) => RoleDenial.whoWrites({ target, identity })),
        Effect.map(({ role }) => role),
        Effect.orElseSucceed(() => undefined)
      )
      if (role === target.role.name) return yield* toError(DenialRefusal.ofRole(target, RoleDenial.ownRole))
    }
    return {
      reach:
        target.revoke === "none"
          ? `AWS is not asked to end anything: ${unasked}`
          : `the role ${target.role.arn} denies every session that anybody has opened until now, this project's or not`,
      revoke: cutOff(target)
    }
  })

  return {
    revoke,
    revokePrincipal,
    mayDeny: ({ role }, now) => {
      const last = written.get(role.arn)
      return last !== undefined && now - last < tested
    }
  }
}

const scoped = "a scoped session has the identity of the broker's own, which a denial would end too"
const unasked = "this broker writes no denials on the role (settings.revoke)"

const othersLive = "sessions of the role that others opened live for up to 12 hours"

const read = (definition: Target.Definition) => Effect.mapError(Effect.fromResult(AwsTarget.read(definition)), toError)
