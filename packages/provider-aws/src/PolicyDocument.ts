/**
 * A policy as the session policy that AWS holds it by: always present, compact, and at most 2,048 characters.
 *
 * The document allows and denies what `Policy.covers` says of the same request, with three additions that a plan names:
 * guarded actions stay out, tags that hold the session stay as they are, and an authority to list `bucket/prefix/*` is one
 * to list the bucket under that prefix. What IAM cannot say as it stands is refused, never rounded.
 *
 * What does not fit is passed on as managed policies of the target, where the policy holds all of their profiles.
 *
 * @example
 * ```ts
 * import { Actions, PolicyDocument } from "@bailiwick/provider-aws"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const table = yield* Actions.load
 *   const compiled = PolicyDocument.compile(policy, { table, partition: "aws", room: 2048, permitted: [], managed: [] })
 *   return yield* Effect.fromResult(compiled) // { text: '{"Version":"2012-10-17","Statement":[…]}', notes, … }
 * })
 * ```
 */
import * as Pattern from "@bailiwick/core/policy/Pattern"
import * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import * as Actions from "./Actions.ts"
import * as BucketListing from "./document/BucketListing.ts"
import * as Guardrail from "./document/Guardrail.ts"
import * as IamCondition from "./document/IamCondition.ts"
import * as IamStatement from "./document/IamStatement.ts"
import * as IamText from "./document/IamText.ts"
import * as Lifting from "./document/Lifting.ts"
import * as Reach from "./document/Reach.ts"
import * as ResourceKind from "./document/ResourceKind.ts"
import * as Split from "./document/Split.ts"
import * as TagLock from "./document/TagLock.ts"
import type { Managed } from "./ManagedPolicies.ts"
import { enumerate, type Refusal } from "./Refusal.ts"

/** The longest session policy, together with the ARNs of managed ones, in characters. */
export const maximumLength = 2048

export interface Options {
  readonly table: Actions.Table
  /** The partition of the target: `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string
  /** Characters that the document may take, together with the ARNs of managed policies. */
  readonly room: number
  /** Guarded actions that the project record names for the target. */
  readonly permitted: ReadonlyArray<string>
  /** Managed policies that may hold a part of what does not fit. */
  readonly managed: ReadonlyArray<Managed>
}

export interface Compiled {
  /** Compact JSON. */
  readonly text: string
  /** The managed policies that hold the part which the text leaves out. */
  readonly managed: ReadonlyArray<Managed>
  /** Whether a grant is tied to networks. */
  readonly network: boolean
  /** What a caller should know, in plain words. */
  readonly notes: ReadonlyArray<string>
  /** What the document reaches, in plain words. */
  readonly facts: ReadonlyArray<string>
}

/** Compiles the policy's AWS statements. Refused: what grants nothing, IAM cannot say, or does not fit. */
export const compile = (policy: Policy.Policy, asked: Options): Result.Result<Compiled, Refusal> =>
  Result.gen(function* () {
    const options = { ...asked, table: Actions.remembering(asked.table) }
    const granted = Policy.normalise({
      statements: policy.statements.filter(isOfAws),
      deny: policy.deny.filter(isOfAws)
    })
    const { statements, deny } = granted
    const strangers = otherProviders(policy)
    const draft = yield* draftOf(granted, options, false)
    if (draft.isVain) return yield* Result.fail(vain)
    const whole = yield* draft.write(statements)
    const compiled = { network: statements.some(({ conditions }) => isTied(conditions)), facts: draft.facts }
    if (whole.text.length <= options.room) {
      return { ...compiled, text: whole.text, managed: [], notes: [...draft.notes(), ...strangers] }
    }
    const lifted = lift(granted, options)
    if (lifted !== undefined) {
      const notes = [...lifted.notes, ...lifted.managed.map(liftedNote), ...strangers]
      return { ...compiled, text: lifted.text, managed: lifted.managed, notes }
    }
    const measure = (part: ReadonlyArray<Policy.Statement>) =>
      Result.getOrUndefined(
        Result.flatMap(draftOf({ statements: part, deny }, options, false), ({ write }) => write(part))
      )?.text.length
    const { denials, text } = whole
    return yield* Result.fail(Split.refuse({ statements, length: text.length, denials, room: options.room, measure }))
  })

/** The document with as few managed policies beside it as make it fit; undefined where none do. */
const lift = (granted: Policy.Policy, options: Options) => {
  const candidates = Lifting.eligible(granted, options.managed)
  if (candidates.length === 0) return undefined
  const draft = Result.getOrUndefined(draftOf(granted, options, true))
  const text = (managed: ReadonlyArray<Managed>) =>
    draft && Result.getOrUndefined(draft.write(Lifting.beside(granted.statements, managed)))
  const length = (managed: ReadonlyArray<Managed>) =>
    (text(managed)?.text.length ?? Infinity) + managed.map(({ arn }) => arn).join("").length
  const managed = Lifting.choose(candidates, options.room, length)
  const written = managed && text(managed)
  return draft && managed && written && { managed, text: written.text, notes: draft.notes() }
}

const liftedNote = ({ arn, profile }: Managed): string =>
  `the session policy has no room for the profile ${profile}, which ${arn} holds: that it grants no more is the word of the project record, not of this program`

interface Written {
  readonly text: string
  /** Characters that say what stays denied. */
  readonly denials: number
}

interface Draft {
  /** Asked once it fits: only then is it small enough to be looked at from every side. */
  notes(): ReadonlyArray<string>
  readonly facts: ReadonlyArray<string>
  /** Whether what is granted stays denied altogether. */
  readonly isVain: boolean
  /** The document for these of the grants, under everything that stays denied, whatever its size. */
  write(grants: ReadonlyArray<Policy.Statement>): Result.Result<Written, Refusal>
}

/** What the grants reach, and what stays denied. With company every denial stands, for it binds other policies too. */
const draftOf = (
  { statements: grants, deny }: Policy.Policy,
  { partition, permitted, table }: Options,
  hasCompany: boolean
): Result.Result<Draft, Refusal> =>
  Result.gen(function* () {
    // First what costs little: a service with wildcards would be held against every action that there is.
    const biting = deny.filter((denial) => hasCompany || bites(denial, grants))
    if (BucketListing.isBoundless(biting)) return yield* Result.fail(boundless)
    const denied = yield* write(biting, "Deny", partition)
    yield* IamText.all(grants.flatMap(({ actions }) => actions).filter(isOfManyServices), IamText.action)
    const uses = yield* Reach.reach(table, grants)
    const guard = yield* Guardrail.guard({ table, grants, deny, permitted })
    const out = new Set(guard.denied)
    const allowed = Reach.allowed(uses, { guarded: guard.denied, deny })
    const lock = TagLock.of(
      uses.filter(({ action }) => !out.has(action)),
      deny
    )
    const reached = yield* write(grants, "Allow", partition)
    const listings = denied
      .flatMap((statement) => BucketListing.beneath(statement))
      .filter((listing) => BucketListing.isReached(listing, allowsOf(reached)))
    const denials = IamStatement.merge([...denied, ...listings, ...guard.denials, ...lock.denials])
    return {
      notes: () => [
        ...Reach.notes(uses),
        ...ResourceKind.notes(allowsOf(reached), { table, partition }),
        ...guardNotes(guard),
        ...lock.notes,
        ...(listings.length === 0 ? [] : [aboveDenied])
      ],
      facts: [Reach.risk(allowed), ...lock.facts],
      isVain: allowed.length === 0 || isWithin(grants, deny),
      write: (part) =>
        Result.map(write(part, "Allow", partition), (allowed) => {
          const allows = allowsOf(allowed)
          const text = IamStatement.encode([...allows, ...denials])
          return { text, denials: text.length - IamStatement.encode(allows).length }
        })
    }
  })

/** Whether each grant lies inside one of the denials; a condition that may fail makes a denial hold all the more. */
const isWithin = (grants: ReadonlyArray<Policy.Statement>, deny: Policy.Deny): boolean =>
  Policy.isSubset({ statements: grants, deny: [] }, { statements: deny, deny: [] }).subset

const vain: Refusal = {
  reason: "PolicyRefused",
  detail: "the policy grants nothing: all that it allows stays denied, by its own denials or as guarded actions",
  hint: `leave out the denial, or ask for other actions; an owner permits guarded ones by the target's settings.${Guardrail.setting}`
}

const allowsOf = (allowed: ReadonlyArray<IamStatement.IamStatement>): ReadonlyArray<IamStatement.IamStatement> =>
  IamStatement.merge(
    allowed.flatMap((statement) => {
      const own = BucketListing.withoutObjects(statement)
      return [...(own === undefined ? [] : [own]), ...BucketListing.beneath(statement)]
    })
  )

const boundless: Refusal = {
  reason: "PolicyRefused",
  detail:
    "the denials name buckets by too many wildcards, of which each may stand for the slash behind a bucket's name",
  hint: "name the buckets that are denied, or write * for any"
}

const aboveDenied =
  "listings beneath a denied prefix are denied with it; a listing above a denied prefix shows the names beneath that prefix"

const isOfManyServices = (action: string): boolean => /[*?].*:/u.test(action)

const isTied = (conditions: Policy.Conditions | undefined): boolean =>
  (conditions?.source_ip ?? conditions?.vpc ?? conditions?.vpc_endpoint) !== undefined

const isOfAws = ({ provider }: Policy.Statement): boolean => provider === "aws"

const write = (
  statements: ReadonlyArray<Policy.Statement>,
  effect: "Allow" | "Deny",
  partition: string
): Result.Result<ReadonlyArray<IamStatement.IamStatement>, Refusal> =>
  Result.all(
    statements.map(({ actions, resources, conditions }) =>
      Result.gen(function* () {
        return {
          effect,
          actions: yield* IamText.all(actions, IamText.action),
          resources: yield* IamText.all(resources, (text) =>
            IamText.resource(text, { partition, denies: effect === "Deny" })
          ),
          condition: yield* IamCondition.write(conditions, effect)
        }
      })
    )
  )

/** Whether a denial can touch a grant at all; one that cannot says nothing that its absence does not. */
const bites = (denial: Policy.Statement, grants: ReadonlyArray<Policy.Statement>): boolean =>
  grants.some(
    (grant) =>
      meet(denial.actions, grant.actions, (text) => Pattern.action("aws", text)) &&
      meet(BucketListing.scope(denial), BucketListing.scope(grant), (text) => Pattern.resource("aws", text))
  )

const meet = (
  left: ReadonlyArray<string>,
  right: ReadonlyArray<string>,
  read: (text: string) => Pattern.Pattern
): boolean => {
  const others = right.map(read)
  return left.map(read).some((one) => others.some((other) => Pattern.mayOverlap(one, other)))
}

const guardNotes = ({ denied }: Guardrail.Guard): ReadonlyArray<string> => {
  const names = denied.map(({ text }) => text)
  return names.length === 0
    ? []
    : [`guarded actions that the wildcards reach are denied: ${enumerate(names, 3)} (settings.${Guardrail.setting})`]
}

const otherProviders = ({ statements }: Policy.Policy): ReadonlyArray<string> =>
  [...new Set(statements.map(({ provider }) => provider))]
    .filter((provider) => provider !== "aws")
    .map((provider) => `the policy's statements about ${provider} say nothing to AWS`)
