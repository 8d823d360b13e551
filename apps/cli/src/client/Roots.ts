/** Signs the roots of chains: delegation tokens and terminal grants, each beside the passphrase that it takes. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Authority from "@bailiwick/core/Authority"
import type * as Jwk from "@bailiwick/core/Jwk"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Identity from "@bailiwick/tokens/Identity"
import * as RootToken from "@bailiwick/tokens/RootToken"
import * as TokenId from "@bailiwick/tokens/TokenId"
import * as Passphrase from "../terminal/Passphrase.ts"
import { usage } from "../ui/Failure.ts"
import type * as Standing from "../wiring/Standing.ts"
import * as Ask from "./Ask.ts"
import * as Delegations from "./Delegations.ts"
import * as Shape from "./Shape.ts"
import * as Unlock from "./Unlock.ts"

export interface Wish extends Ask.Asked, Unlock.Signer {
  readonly maxDepth: Option.Option<number>
  readonly acceptUnenforced: ReadonlyArray<string>
}

/** The shrinking part of a root, as the flags say it. */
export const grant = Effect.fnUntraced(function* (wish: Wish, { view }: Standing.Standing) {
  const targets = yield* Ask.targets(wish, view.project)
  if (targets.length === 0) return yield* usage("missing-flag", "--on is missing", Ask.named(view.project))
  const policy = yield* Ask.lasting(wish, targets, view.project)
  if (Option.isNone(policy))
    return yield* usage("missing-flag", "--allow is missing", "say which actions, or name a --policy")
  const grant: Authority.Grant = {
    max_depth: Option.getOrElse(wish.maxDepth, () => Authority.maxDepthDefault),
    policy: policy.value,
    targets,
    budget: {},
    scopes: ["auth"],
    accept_unenforced: yield* Ask.dimensions(wish.acceptUnenforced)
  }
  return grant
})

/** What is asked to be signed. */
export interface Draft extends Delegations.Relation {
  readonly cnf: Jwk.Jwk
  readonly grant: Authority.Grant
  readonly bearer: boolean
  /** Seconds; absent: 8 hours, or the project's shorter cap. */
  readonly ttl: Option.Option<number>
}

/** Shows the token, and the delegation if it is the first of its kind, takes the passphrase, and signs both. */
export const sign = Effect.fnUntraced(function* (options: {
  readonly draft: Draft
  readonly file: Identity.File
  readonly signer: Unlock.Signer
  readonly standing: Standing.Standing
  /** What it is for, in one line; the grant and its life are told behind it. */
  readonly about: string
  /** Shown beside the token: what the caller signs next under the same passphrase. */
  readonly session?: object
}) {
  const { draft, file, signer, standing } = options
  const project = standing.view.project
  const standingDelegation = Delegations.find(draft, standing)
  const record = Option.isSome(standingDelegation) ? Option.none() : Option.some(yield* Delegations.draft(draft))
  const terms = yield* termsOf(draft, standing, Passphrase.isTyped(signer) ? "terminal" : "file")
  const { agent, human } = draft
  const token = { project: project.project, human, agent, ...terms }
  const opened = yield* Unlock.open(file, signer, {
    about: [options.about, ...Shape.lent(draft.grant, terms.exp - terms.iat)],
    payload: {
      token,
      ...Option.match(record, { onNone: () => ({}), onSome: (first) => ({ delegation: Delegations.shown(first) }) }),
      ...(options.session === undefined ? {} : { session: options.session })
    }
  })
  const delegation = Option.isSome(standingDelegation)
    ? standingDelegation.value
    : (yield* Delegations.accept(Option.getOrThrow(record), opened.seed)).delegation
  const chain = yield* RootToken.sign({
    identity: opened.seed,
    delegation,
    project,
    bearer: draft.bearer,
    token: terms
  })
  return { opened, chain }
})

const termsOf = Effect.fnUntraced(function* (
  { bearer, cnf, grant, ttl }: Draft,
  { audience, head, now, view }: Standing.Standing,
  confirmed: Authority.RootToken["confirmed"]
) {
  const cap = (name: ProjectRecord.TtlName) => ProjectRecord.ttlCap(view.project, name)
  const { budget: _, ...shrinking } = grant
  const exp = UnixTime.plus(
    now,
    Option.getOrElse(ttl, () => Math.min(ProjectRecord.ttlDefaults.token, cap("token")))
  )
  const redeem = bearer ? cap("redeem_bearer") : cap("redeem_to")
  const terms: RootToken.Terms = {
    jti: yield* TokenId.random,
    cnf: { jwk: cnf },
    aud: audience,
    iat: now,
    exp,
    redeem_by: UnixTime.earliest(exp, UnixTime.plus(now, redeem)),
    ...shrinking,
    confirmed,
    log: head
  }
  return terms
})
