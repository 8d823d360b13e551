/**
 * The provider `aws`: sessions of a role that AWS itself narrows by a session policy, always one.
 *
 * A session is AssumeRole's, or GetScopedCredentials' where the target says so and the broker itself acts in the target's
 * role. It appears in the account under a name, tags and a source identity that the broker makes, and ends with the chain
 * that asks to the second.
 *
 * @example
 * ```ts
 * import { AwsProvider, SourceCredentials } from "@bailiwick/provider-aws"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Option from "effect/Option"
 *
 * const program = Effect.gen(function*() {
 *   const provider = yield* AwsProvider.AwsProvider
 *   const plan = yield* provider.plan(request)
 *   return yield* provider.issue(plan)
 * })
 * const layer = AwsProvider.AwsProvider.layer({
 *   target: () => Effect.succeed(Option.some(target)),
 *   profiles: Effect.succeed({})
 * }).pipe(
 *   Layer.provide(SourceCredentials.SourceCredentials.layer)
 * )
 * ```
 */
import type { CredentialProvider, Plan } from "@bailiwick/core/CredentialProvider"
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import type { Credentials } from "@bailiwick/core/Credentials"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { ProjectRecord } from "@bailiwick/core/ProjectRecord"
import type { StoreError } from "@bailiwick/core/StoreError"
import type * as Target from "@bailiwick/core/Target"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Actions from "./Actions.ts"
import * as AwsFailure from "./AwsFailure.ts"
import * as AwsTarget from "./AwsTarget.ts"
import * as ManagedPolicies from "./ManagedPolicies.ts"
import * as Minting from "./Minting.ts"
import * as PolicyDocument from "./PolicyDocument.ts"
import { type Refusal, toError, unreadable } from "./Refusal.ts"
import * as Report from "./Report.ts"
import * as Revocation from "./Revocation.ts"
import * as SessionDocument from "./SessionDocument.ts"
import { SourceCredentials } from "./SourceCredentials.ts"
import * as Sts from "./Sts.ts"

export interface Config {
  /** The record's own definition of the target that a session was issued for, for its revocation. */
  target(session: CredentialSession): Effect.Effect<Option.Option<Target.Definition>, StoreError>
  /** The named profiles of the record in force, which say what the managed policies of targets grant; asked at each plan. */
  readonly profiles: Effect.Effect<ProjectRecord["profiles"], StoreError>
}

export class AwsProvider extends Context.Service<AwsProvider, CredentialProvider>()(
  "@bailiwick/provider-aws/AwsProvider"
) {
  static readonly layer = (config: Config): Layer.Layer<AwsProvider, never, SourceCredentials> =>
    Layer.effect(AwsProvider, make(config))
}

const make = Effect.fnUntraced(function* (config: Config) {
  const source = yield* SourceCredentials
  const minting = Minting.make(yield* Sts.make)
  const revocation = Revocation.make({ source, target: config.target })

  const plan = Effect.fn("AwsProvider.plan")(function* (request: CredentialRequest) {
    const now = yield* UnixTime.now
    const target = yield* read(request)
    const left = request.not_after - now
    const isScoped = target.method === "scoped"
    const lifetime = isScoped ? Math.min(request.ttl, SessionDocument.longestScoped) : request.ttl
    const life = Math.min(lifetime, left)
    if (life <= 0 || isOver(request, now)) return yield* toError(Minting.ended)
    // A little sooner than `issue` will need it: time passes in between.
    const isCut = left < lifetime + margin || (!isScoped && lifetime < SessionDocument.shortest)
    const options = {
      table: yield* Actions.load,
      partition: target.role.partition,
      room: PolicyDocument.maximumLength - (isCut ? SessionDocument.endLength : 0),
      permitted: target.permitted,
      managed: yield* managedOf(target)
    }
    const compiled = yield* Effect.mapError(Effect.fromResult(PolicyDocument.compile(request.policy, options)), toError)
    const document = SessionDocument.encode({
      call: isScoped ? "GetScopedCredentials" : "AssumeRole",
      role: target.role.arn,
      lifetime,
      policy: JSON.parse(compiled.text),
      managed: compiled.managed.map(({ arn, policy, profile }) => ({ arn, profile, grants: policy.statements }))
    })
    const mayDeny = revocation.mayDeny(target, now)
    return {
      request,
      document,
      report: Report.of({ request, target, compiled, life, endsInPolicy: isCut, mayDeny }),
      notes: compiled.notes,
      facts: [...compiled.facts, sizeOf(compiled, isCut)]
    } satisfies Plan
  })

  /** GetScopedCredentials takes no managed policies. */
  const managedOf = Effect.fnUntraced(function* ({ managed, method }: AwsTarget.AwsTarget) {
    if (managed.length === 0 || method === "scoped") return []
    const profiles = yield* Effect.mapError(config.profiles, unreadable("the project's profiles"))
    return yield* Effect.mapError(Effect.fromResult(ManagedPolicies.resolve(managed, profiles)), toError)
  })

  const issue = Effect.fn("AwsProvider.issue")(function* ({ document, request }: Plan) {
    const planned = yield* Effect.mapError(SessionDocument.decode(document), () => toError(notOurs))
    const target = yield* read(request)
    const isNamed = (arn: string) => target.managed.some((one) => one.arn === arn)
    if (planned.role !== target.role.arn || !SessionDocument.arns(planned).every(isNamed))
      return yield* toError(notOurs)
    const identity = yield* Effect.mapError(source.identity(target), (failure) =>
      AwsFailure.toLoginError(target, failure)
    )
    return yield* minting.mint({ request, planned, target, identity })
  })

  const { revoke, revokePrincipal } = revocation
  return AwsProvider.of({ name: "aws", plan, issue, revoke, revokePrincipal, environment })
})

/** Seconds between a plan and its issue. */
const margin = 60

const read = ({ target }: CredentialRequest) => Effect.mapError(Effect.fromResult(AwsTarget.read(target)), toError)

const sizeOf = ({ managed, text }: PolicyDocument.Compiled, isCut: boolean): string => {
  const arns = managed.map(({ arn }) => arn).join("").length
  const beside = arns === 0 ? "" : ` and the ARNs beside it ${arns}`
  const end = isCut
    ? `, and ${SessionDocument.endLength} more for the denial from its end on, which is written when it is sent`
    : ""
  return `the session policy takes ${text.length}${beside} of ${PolicyDocument.maximumLength} characters${end}; its packed size AWS tells only when it is sent`
}

/** Whether every grant has ended already by its own condition. */
const isOver = ({ policy }: CredentialRequest, now: UnixTime.UnixTime): boolean =>
  policy.statements.every(
    ({ provider, conditions }) =>
      provider !== "aws" || (conditions?.not_after !== undefined && conditions.not_after <= now)
  ) && policy.statements.some(({ provider }) => provider === "aws")

const environment = ({ secret, expires }: Credentials): Readonly<Record<string, string>> => {
  const { AccessKeyId, SecretAccessKey, SessionToken, Region, Endpoint } = Redacted.value(secret)
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) return {}
  return {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
    AWS_CREDENTIAL_EXPIRATION: UnixTime.toText(expires),
    // Python reads the one, every other SDK the other.
    ...(Region === undefined ? {} : { AWS_REGION: Region, AWS_DEFAULT_REGION: Region }),
    ...(Endpoint === undefined ? {} : { AWS_ENDPOINT_URL: Endpoint })
  }
}

const notOurs: Refusal = {
  reason: "Misconfigured",
  detail: "the plan was not made by this provider for this target",
  hint: "plan again, with the same version"
}
