/**
 * From a plan to credentials: one call, its policy ended in time, and an answer that is believed only as far as it was
 * asked for.
 */
import type { CredentialRequest } from "@bailiwick/core/CredentialRequest"
import type { ProviderError } from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as PolicyDocument from "./PolicyDocument.ts"
import { type Refusal, toError } from "./Refusal.ts"
import * as SessionDocument from "./SessionDocument.ts"
import * as SessionIdentity from "./SessionIdentity.ts"
import * as SessionPolicy from "./SessionPolicy.ts"
import type { Identity } from "./SourceCredentials.ts"
import * as Sts from "./Sts.ts"

export interface Asked {
  readonly request: CredentialRequest
  readonly planned: SessionDocument.SessionDocument
  readonly target: AwsTarget
  readonly identity: Identity
}

type Call = SessionDocument.SessionDocument["call"]

export interface Minting {
  mint(asked: Asked): Effect.Effect<Credentials, ProviderError>
}

/** A clock may be off by so much before the end inside a policy is written anew, in seconds. */
const tolerance = 5

/** What a cloud may round and a network may take, in seconds. */
const slack = 60

/** Remembers, while the process lives, how far each endpoint's clock is off and which ones know no scoped sessions. */
export const make = (sts: Sts.Sts): Minting => {
  const ahead = new Map<string, number>()
  const unscoped = new Set<string>()

  const session = Effect.fnUntraced(function* (asked: Asked, call: Call, offset: number) {
    const { identity, planned, request, target } = asked
    const now = yield* UnixTime.now
    const life = Math.min(planned.lifetime, request.not_after - now)
    if (life <= 0) return yield* toError(ended)
    const isCut = life < planned.lifetime || (call === "AssumeRole" && life < SessionDocument.shortest)
    const end = isCut ? UnixTime.plus(now, life + offset) : undefined
    const text = SessionDocument.policyText(planned, end)
    if (text.length > room(planned)) return yield* toError(noRoom)
    const policy = yield* Effect.mapError(Effect.fromOption(SessionPolicy.fromText(text)), () => toError(unrestricted))
    const common = { target, identity, policy }
    if (call === "GetScopedCredentials") {
      const left = (identity.expiration ?? Infinity) - UnixTime.plus(now, offset)
      const duration = scopedDuration(life, left)
      return { given: yield* sts.getScopedCredentials({ ...common, duration }), now, end, duration, longest: life }
    }
    const duration = assumedDuration(life, identity)
    const given = yield* sts.assumeRole({
      ...common,
      duration,
      session: SessionIdentity.of(request, target),
      managed: SessionDocument.arns(planned)
    })
    return { given, now, end, duration, longest: duration }
  })

  const mintBy = Effect.fnUntraced(function* (asked: Asked, call: Call) {
    const { target } = asked
    const offset = ahead.get(target.sts) ?? 0
    const first = yield* session(asked, call, offset)
    ahead.set(target.sts, first.given.ahead)
    // An end that AWS reaches sooner or later than meant is no end: once more, by the clock of AWS.
    const isTimed = first.end !== undefined || first.duration === undefined
    const isOff = isTimed && Math.abs(first.given.ahead - offset) > tolerance
    const { given, now, end, longest } = isOff ? yield* session(asked, call, first.given.ahead) : first
    const there = now + given.ahead
    if (given.expiration <= there) return yield* Effect.fail(AwsFailure.incomplete)
    if (end === undefined && given.expiration > there + longest + slack) return yield* toError(tooLong(target))
    if (!isOfRole(given.arn, target)) return yield* toError((call === "AssumeRole" ? foreign : otherRole)(target))
    return credentials(target, given, end === undefined ? given.expiration : UnixTime.earliest(given.expiration, end))
  })

  const failed = (call: Call, { target }: Asked) =>
    Effect.mapError((error: AwsFailure.Failure | ProviderError) =>
      "code" in error ? AwsFailure.toProviderError(AwsFailure.asked(call, target), error) : error
    )

  return {
    mint: Effect.fn("Minting.mint")(function* (asked: Asked) {
      const { identity, planned, target } = asked
      const isScoped = planned.call === "GetScopedCredentials" && identity.sessionToken !== undefined
      const assumed = mintBy(asked, "AssumeRole").pipe(failed("AssumeRole", asked))
      if (!isScoped || unscoped.has(target.sts)) return yield* assumed
      return yield* mintBy(asked, "GetScopedCredentials").pipe(
        Effect.catchIf(
          (error) => "code" in error && Sts.isUnsupported(error),
          () => {
            unscoped.add(target.sts)
            return assumed
          }
        ),
        failed("GetScopedCredentials", asked)
      )
    })
  }
}

/** The characters that the session policy may take beside the ARNs of managed ones. */
const room = (planned: SessionDocument.SessionDocument): number =>
  PolicyDocument.maximumLength - SessionDocument.arns(planned).join("").length

const assumedDuration = (life: number, identity: Identity): number => {
  const longest = identity.sessionToken === undefined ? SessionDocument.longest : SessionDocument.longestChained
  return Math.max(SessionDocument.shortest, Math.min(life, longest))
}

/**
 * STS refuses more than is left of the caller's own session, and knows better than this machine how much that is. So of a
 * life that is not shorter nothing is said, which means the whole rest, and one that is nearly as long gets less.
 */
const scopedDuration = (life: number, left: number): number | undefined =>
  life < left ? Math.max(1, Math.min(life, Math.max(left - slack, Math.floor(left / 2)))) : undefined

/** `arn:aws:sts::111122223333:assumed-role/NAME/SESSION`, of the target's role; no two roles differ in their case alone. */
const isOfRole = (arn: string, { role }: AwsTarget): boolean =>
  arn.toLowerCase().startsWith(`arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/`.toLowerCase())

/** The members of a `credential_process` answer, and what the child needs beside them. */
const credentials = (target: AwsTarget, given: Sts.Session, expires: UnixTime.UnixTime): Credentials => ({
  provider: "aws",
  secret: Redacted.make<Readonly<Record<string, string>>>(
    {
      AccessKeyId: given.accessKeyId,
      SecretAccessKey: Redacted.value(given.secretAccessKey),
      SessionToken: Redacted.value(given.sessionToken),
      ...(target.role.account === "" ? {} : { AccountId: target.role.account }),
      ...(target.namesRegion ? { Region: target.region } : {}),
      ...(target.serviceEndpoint === undefined ? {} : { Endpoint: target.serviceEndpoint })
    },
    { label: "AWS credentials" }
  ),
  expires,
  ...(given.packed === undefined || given.packed < crowded ? {} : { notes: [packedNote(given.packed)] })
})

/** Percent of the packed form from which on little more would fit: its size is known to AWS alone, and only afterwards. */
const crowded = 80

const packedNote = (percent: number): string =>
  `the session policy and its tags take ${percent} % of the packed size that AWS allows; a larger policy may be refused, so name fewer resources or use wildcards such as prefix/*`

export const ended: Refusal = {
  reason: "ExpiredSource",
  detail: "the authority behind this request ends before a session could begin",
  hint: "ask for a new delegation, or leave out the condition that has passed"
}

const unrestricted: Refusal = {
  reason: "Misconfigured",
  detail: "the plan holds no session policy, and a session without one would have the whole role",
  hint: "plan again, with the same version"
}

const noRoom: Refusal = {
  reason: "PolicyTooLarge",
  detail: "the session policy leaves no room for its own end, which it needs as short before the end of the chain",
  hint: "ask for fewer resources or actions at once, or for a new delegation"
}

const tooLong = ({ sts }: AwsTarget): Refusal => ({
  reason: "Misconfigured",
  detail: `${new URL(sts).host} gives sessions that live longer than was asked for, so nothing would hold their end`,
  hint: "use a target at AWS itself, or another server for tests"
})

const foreign = ({ role, sts }: AwsTarget): Refusal => ({
  reason: "Misconfigured",
  detail: `${new URL(sts).host} gave a session of another role than ${role.arn}, which nobody asked for; it is not used`,
  hint: "look at what answers at the target's endpoint; an owner corrects the target and signs it with project apply"
})

const otherRole = ({ role }: AwsTarget): Refusal => ({
  reason: "Misconfigured",
  detail: `the broker's own session is not of ${role.arn}, and a scoped session keeps the broker's identity`,
  hint: "log the broker in to that role, or let an owner set the target's settings.method to assume-role"
})
