/** Who the broker's own login is at AWS, as GetCallerIdentity tells it: the one call that needs no right. */
import type { ProviderError } from "@bailiwick/core/CredentialProvider"
import * as Effect from "effect/Effect"
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as QueryCall from "./QueryCall.ts"
import * as QueryXml from "./QueryXml.ts"
import type { Identity } from "./SourceCredentials.ts"

/** The ARN as AWS gives it, if it does, and the clock of STS; nobody can be forbidden to ask this. */
export const ask = (target: AwsTarget, identity: Identity) =>
  Effect.map(
    QueryCall.send({
      endpoint: target.sts,
      service: "sts",
      region: target.region,
      identity,
      parameters: { Action: "GetCallerIdentity", Version: "2011-06-15" }
    }),
    ({ ahead, xml }) => ({ ahead, arn: QueryXml.text(xml, "Arn") })
  )

/** The ARN of the login, asked where the target's sessions are asked for. */
export const arn = Effect.fn("CallerIdentity.arn")(function* (
  target: AwsTarget,
  identity: Identity
): Effect.fn.Return<string, ProviderError> {
  const { arn } = yield* Effect.mapError(ask(target, identity), (failure) => failed(target, failure))
  return arn ?? (yield* failed(target, AwsFailure.incomplete))
})

const failed = (target: AwsTarget, failure: AwsFailure.Failure): ProviderError =>
  AwsFailure.toProviderError(AwsFailure.asked("GetCallerIdentity", target), failure)
