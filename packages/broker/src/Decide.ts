/**
 * Decides whether a request lies inside the authority behind it: the chain, the ceilings and targets of the human and of
 * every name in the chain, the project's ceiling and its denials, and the lifetimes (formats §2-3).
 *
 * Pure, and never silent: what sticks out is refused and listed with the ceiling that refuses it. Only with `narrow` is
 * the intersection taken, and then what was cut is listed.
 */
import * as Alias from "@bailiwick/core/Alias"
import type { Dimension } from "@bailiwick/core/Authority"
import * as CredentialSession from "@bailiwick/core/CredentialSession"
import type { AgentId, HumanId } from "@bailiwick/core/MemberId"
import type { MemberRecord } from "@bailiwick/core/MemberRecord"
import * as Policy from "@bailiwick/core/Policy"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Target from "@bailiwick/core/Target"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type { VerifiedChain } from "@bailiwick/tokens/Chain"
import type { View } from "@bailiwick/tokens/Registry"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as BrokerError from "./BrokerError.ts"
import * as Lineage from "./internal/Lineage.ts"

/** Tags that a record keeps of one caller. */
export const maximumTags = 50

export const Request = Schema.Struct({
  target: Alias.Alias,
  /** Absent: all that the chain holds for the target's provider. */
  policy: Schema.optionalKey(Policy.Policy),
  /** Seconds; absent: 15 minutes, or what is left of a shorter cap. */
  ttl: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  /** For the record alone: no cloud sees them, or a caller could choose an attribute that a cloud decides by. */
  tags: CredentialSession.Tags.check(
    Schema.makeFilter((tags: object) =>
      Object.keys(tags).length <= maximumTags ? undefined : `more than ${maximumTags} tags`
    )
  ),
  /** Takes what is left where the request is larger than its authority. */
  narrow: Schema.Boolean
})
export type Request = typeof Request.Type

/** Who asks: a human, with the chain that acts. Without a chain only to look at a plan. */
export interface Subject {
  readonly human: HumanId
  readonly chain?: VerifiedChain
}

export interface Decision {
  readonly alias: Alias.Alias
  /** The project record's own definition. */
  readonly target: Target.Definition
  readonly policy: Policy.Policy
  /** Seconds, no more than the chain has left. */
  readonly ttl: number
  /** Seconds asked for: the same whenever the same is asked for, also when the chain ends sooner. */
  readonly lifetime: number
  /** The end of the chain, which may be later than what was asked for: no credential outlives it. */
  readonly not_after: UnixTime.UnixTime
  readonly tags: CredentialSession.CredentialSession["tags"]
  readonly accept_unenforced: ReadonlyArray<Dimension>
  /** What `narrow` cut off; empty without it. */
  readonly narrowed: ReadonlyArray<BrokerError.Excess>
}

export const decide = (options: {
  readonly subject: Subject
  readonly project: View
  readonly request: Request
  readonly now: UnixTime.UnixTime
}): Result.Result<Decision, BrokerError.BrokerError> =>
  Result.gen(function* () {
    const { subject, project, request, now } = options
    const ceilings = ceilingsOf(subject, project)
    const { target, excess: offTarget } = yield* targetOf(request.target, ceilings, project)
    const asked = yield* askedPolicy(request, target, subject)
    const policy = within(asked, ceilings)
    const life = lifetime(request, project, subject, now)

    const excess = [...policy.excess, ...life.excess]
    // No intersection can reach a target that a ceiling leaves out.
    if (offTarget.length > 0 || (excess.length > 0 && !request.narrow) || Option.isNone(policy.narrowed)) {
      return yield* Result.fail(BrokerError.make(new BrokerError.Denied({ excess: [...offTarget, ...excess] })))
    }
    return {
      alias: request.target,
      target,
      policy: policy.narrowed.value,
      ttl: life.seconds,
      lifetime: life.asked,
      not_after: life.notAfter,
      tags: request.tags,
      accept_unenforced: subject.chain?.grant.accept_unenforced ?? [],
      narrowed: excess
    }
  })

/** One limit and who set it; what is undefined does not limit. */
interface Ceiling {
  readonly name: string
  readonly policy?: Policy.Policy | undefined
  readonly deny: Policy.Deny
  readonly targets?: ReadonlyArray<Alias.Alias> | undefined
}

type Limited = Pick<MemberRecord, "ceiling" | "targets">

const ceilingsOf = ({ human, chain }: Subject, project: View): ReadonlyArray<Ceiling> => {
  const names: ReadonlyArray<HumanId | AgentId> = [human, ...(chain === undefined ? [] : Lineage.names(chain.tokens))]
  const members = names.map((name): Ceiling => {
    const { ceiling: policy, targets } = Option.getOrElse(project.member(name), (): Limited => ({}))
    return { name, policy, deny: policy?.deny ?? [], targets }
  })
  const { ceiling, deny } = project.project
  return [
    ...(chain === undefined
      ? []
      : [
          {
            name: "the chain",
            policy: chain.grant.policy,
            deny: chain.grant.policy.deny,
            targets: chain.grant.targets.map(({ alias }) => alias)
          }
        ]),
    ...members,
    { name: "the project's ceiling", policy: ceiling, deny: ceiling.deny },
    { name: "the project's denials", deny }
  ]
}

const targetOf = (alias: Alias.Alias, ceilings: ReadonlyArray<Ceiling>, { project }: View) => {
  const target = Object.hasOwn(project.targets, alias) ? project.targets[alias] : undefined
  if (target === undefined) {
    return Result.fail(BrokerError.unknown("target", alias, Object.keys(project.targets).toSorted()))
  }
  const excess = ceilings
    .filter(({ targets }) => targets !== undefined && !targets.includes(alias))
    .map(({ name }) => ({ ceiling: name, what: `target ${alias}` }))
  return Result.succeed({ target, excess })
}

const askedPolicy = (request: Request, { provider }: Target.Definition, { chain }: Subject) => {
  if (request.policy !== undefined) {
    const strange = request.policy.statements.find((statement) => statement.provider !== provider)
    return strange === undefined
      ? Result.succeed(request.policy)
      : Result.fail(
          BrokerError.make(
            new BrokerError.BadRequest({
              detail: `target ${request.target} is of ${provider}, and a statement is for ${strange.provider}`,
              hint: "ask for each provider on a target of its own"
            })
          )
        )
  }
  const whole = chain?.grant.policy ?? { statements: [], deny: [] }
  const statements = whole.statements.filter((statement) => statement.provider === provider)
  return statements.length > 0
    ? Result.succeed({ statements, deny: whole.deny.filter((statement) => statement.provider === provider) })
    : Result.fail(
        BrokerError.make(
          new BrokerError.BadRequest({
            detail: `nothing was asked for, and nothing is granted for ${provider}`,
            hint: "say what to allow: --allow … --resource …"
          })
        )
      )
}

/** What sticks out of any ceiling, and what is left inside all of them. */
const within = (asked: Policy.Policy, ceilings: ReadonlyArray<Ceiling>) => {
  const excess: Array<BrokerError.Excess> = []
  let narrowed = Option.some(asked)
  for (const ceiling of ceilings) {
    // A denial that meets nothing of the request changes nothing; one that does must be in the request's own.
    const biting = ceiling.deny.filter((denial) => meets(asked.statements, denial))
    const parent = { statements: ceiling.policy?.statements ?? asked.statements, deny: biting }
    const { subset, excess: found } = Policy.isSubset(asked, parent)
    if (subset) continue
    excess.push(...found.map((one) => ({ ceiling: ceiling.name, what: describe(one) })))
    narrowed = Option.flatMap(narrowed, (policy) => Policy.intersect(policy, parent).policy)
  }
  return { excess, narrowed }
}

const meets = (statements: Policy.Policy["statements"], denial: Policy.Statement): boolean => {
  const { policy, dropped } = Policy.intersect({ statements, deny: [] }, { statements: [denial], deny: [] })
  return Option.isSome(policy) || dropped.length > 0
}

const describe = ({ provider, action, resource, reason }: Policy.Excess) =>
  `${provider} ${action} on ${resource}: ${reason}`

const lifetime = (request: Request, { project }: View, { chain }: Subject, now: UnixTime.UnixTime) => {
  const cap = ProjectRecord.ttlCap(project, "credentials")
  const left = chain === undefined ? cap : chain.exp - now
  const usual = Math.min(ProjectRecord.ttlDefaults.credentials, cap)
  const wanted = request.ttl ?? Math.min(usual, left)
  const limits = [
    { ceiling: "the project's lifetime for credentials", seconds: cap },
    ...(chain === undefined ? [] : [{ ceiling: "the end of the chain", seconds: left }])
  ]
  return {
    seconds: Math.min(wanted, cap, left),
    // Without what is left, which is another number every second: plans that differ share no mint.
    asked: Math.min(request.ttl ?? usual, cap),
    notAfter: UnixTime.plus(now, left),
    excess: limits
      .filter(({ seconds }) => wanted > seconds)
      .map(({ ceiling, seconds }) => ({ ceiling, what: `${wanted} s, where ${seconds} s are allowed` }))
  }
}
