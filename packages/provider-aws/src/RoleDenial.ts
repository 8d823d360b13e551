/** Writes the denial of a session on its role, and makes sure that nobody else's change has taken it out again. */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as QueryCall from "./QueryCall.ts"
import * as QueryXml from "./QueryXml.ts"
import * as RevokedSessions from "./RevokedSessions.ts"
import type { Identity } from "./SourceCredentials.ts"

export interface Denial {
  readonly target: AwsTarget
  readonly identity: Identity
  readonly session: CredentialSessionId
  /** When the session's last credentials are over. */
  readonly until: UnixTime.UnixTime
}

/** The policy of our name holds something that this program never wrote. */
export const foreign: AwsFailure.Failure = { code: "ForeignRevocationPolicy", status: undefined, message: "" }

/** What was written is not there: others keep writing, or AWS still answers with what was before. */
export const unconfirmed: AwsFailure.Failure = { code: "RevocationNotConfirmed", status: undefined, message: "" }

const attempts = 3

// IAM has no conditional write, so two brokers can overwrite one another: what was written is read back, and in one
// process only one writes at a time.
const single = Semaphore.makeUnsafe(1)

export const write = Effect.fn("RoleDenial.write")((denial: Denial) => single.withPermit(writeAlone(denial)))

const writeAlone = Effect.fnUntraced(function* (denial: Denial) {
  let standing = yield* read(denial)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const next = RevokedSessions.add(standing, denial.session, denial.until, yield* UnixTime.now)
    yield* call(denial, {
      Action: "PutRolePolicy",
      PolicyName: RevokedSessions.policyName,
      PolicyDocument: RevokedSessions.write(next)
    })
    standing = yield* read(denial)
    if (RevokedSessions.has(standing, denial.session)) return
  }
  return yield* Effect.fail(unconfirmed)
})

const read = (denial: Denial): Effect.Effect<RevokedSessions.RevokedSessions, AwsFailure.Failure> =>
  call(denial, { Action: "GetRolePolicy", PolicyName: RevokedSessions.policyName }).pipe(
    Effect.flatMap(({ xml }) => {
      // IAM writes the document percent-encoded (RFC 3986).
      const text = Option.flatMap(Option.fromUndefinedOr(QueryXml.text(xml, "PolicyDocument")), decoded)
      return Effect.mapError(Effect.fromOption(Option.flatMap(text, RevokedSessions.read)), () => foreign)
    }),
    Effect.catchIf(
      ({ code }) => code === "NoSuchEntity",
      () => Effect.succeed(RevokedSessions.empty)
    )
  )

const decoded = Option.liftThrowable(decodeURIComponent)

const call = ({ target, identity }: Denial, parameters: Readonly<Record<string, string>>) =>
  QueryCall.send({
    ...target.iam,
    service: "iam",
    identity,
    parameters: { Version: "2010-05-08", RoleName: target.role.name, ...parameters }
  })
