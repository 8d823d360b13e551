/** Makes the chain that is handed over: a root signed by a person, or a grant signed by the session that passes on. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Authority from "@bailiwick/core/Authority"
import type * as Jwk from "@bailiwick/core/Jwk"
import * as MemberId from "@bailiwick/core/MemberId"
import * as Policy from "@bailiwick/core/Policy"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import * as Chain from "@bailiwick/tokens/Chain"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as GrantHop from "@bailiwick/tokens/GrantHop"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as TokenId from "@bailiwick/tokens/TokenId"
import { login, usage } from "../ui/Failure.ts"
import type * as Standing from "../wiring/Standing.ts"
import * as Ask from "./Ask.ts"
import type * as Calling from "./Calling.ts"
import * as Names from "./Names.ts"
import * as PublicKeyText from "./PublicKeyText.ts"
import * as Roots from "./Roots.ts"
import * as Unlock from "./Unlock.ts"

export interface Request {
  /** As typed. */
  readonly to: string
  readonly key: Option.Option<string>
  readonly bearer: boolean
  readonly wish: Roots.Wish
  readonly standing: Standing.Standing
}

export interface Handed {
  readonly chain: Chain.Chain
  /** The one-time key of a bearer token, or of one that this process redeems itself. */
  readonly holder: Option.Option<PrivateSeed>
}

/** A root, with the person's passphrase. */
export const begin = Effect.fnUntraced(function* (request: Request) {
  const { bearer, standing, wish } = request
  const { project } = standing.registry
  const agent = yield* Names.enrolled(request.to, standing)
  if (MemberId.enrolled(agent) !== agent) {
    return yield* usage(
      "bad-agent",
      "a person lends to an agent, and the agent to its sub-agents",
      `lend to ${MemberId.enrolled(agent)}`
    )
  }
  const file = yield* Unlock.identity(project, wish)
  const grant = yield* Roots.grant(wish, standing)
  const { cnf, holder } = yield* keyFor(agent, request)
  const { chain } = yield* Roots.sign({
    draft: { project, human: file.member, agent, cnf, grant, bearer, ttl: yield* Ask.seconds(wish.ttl) },
    file,
    signer: wish,
    standing,
    about: `Lend ${agent} authority of ${file.member} in project ${project}:`
  })
  const handed: Handed = { chain, holder }
  return handed
})

/** A grant, with the key of the session that acts: no passphrase, and never more than that session has. */
export const onward = Effect.fnUntraced(function* (request: Request, { caller, proof }: Calling.Calling) {
  const { standing, wish } = request
  const { now, view } = standing
  const parent = caller.chain
  if (parent === undefined) {
    return yield* login(
      "login-needed",
      "this session was given nothing that it could pass on",
      "log in with a terminal grant, or lend with a passphrase"
    )
  }
  const agent = yield* Names.enrolled(request.to, standing)
  const { cnf, holder } = yield* keyFor(agent, request)
  const cap = ProjectRecord.ttlCap(view.project, request.bearer ? "redeem_bearer" : "redeem_to")
  const ttl = yield* Ask.seconds(wish.ttl)
  const exp = UnixTime.earliest(
    parent.exp,
    UnixTime.plus(
      now,
      Option.getOrElse(ttl, () => ProjectRecord.ttlDefaults.token)
    )
  )
  const chain = yield* GrantHop.sign({
    chain: yield* chainOf(proof.session),
    session: proof.seed,
    jti: yield* TokenId.random,
    agent,
    cnf,
    iat: now,
    exp,
    redeem_by: UnixTime.earliest(exp, UnixTime.plus(now, cap)),
    narrower: yield* narrower(wish, parent.grant, standing),
    project: view.project
  })
  const handed: Handed = { chain, holder }
  return handed
})

/** What is given up: whatever was not said stays as the session has it. */
const narrower = Effect.fnUntraced(function* (wish: Roots.Wish, parent: Authority.Grant, { view }: Standing.Standing) {
  const targets = wish.on.length === 0 ? parent.targets : yield* Ask.targets(wish, view.project)
  const policy = yield* Ask.lasting(wish, targets, view.project)
  const accepted = yield* Ask.dimensions(wish.acceptUnenforced)
  const given: Partial<Authority.Grant> = {
    targets,
    ...(Option.isSome(policy) ? { policy: withDenials(policy.value, parent.policy.deny) } : {}),
    ...(Option.isSome(wish.maxDepth) ? { max_depth: wish.maxDepth.value } : {}),
    ...(accepted.length === 0 ? {} : { accept_unenforced: accepted })
  }
  return given
})

// What the giver may not do, the receiver may not either: its denials are carried on (formats §3).
const withDenials = (policy: Policy.Policy, deny: Policy.Deny): Policy.Policy =>
  Policy.normalise({ ...policy, deny: [...policy.deny, ...deny] })

/** The proof that the store keeps of a session: an agent's chain, or the terminal grant inside a person's session. */
const chainOf = Effect.fnUntraced(function* (session: Calling.Calling["proof"]["session"]) {
  const found = Option.getOrThrow(yield* (yield* AuthSessionStore).find(session))
  if (found.kind === "agent") return yield* Effect.fromResult(Chain.decode(found.proof))
  const { delegation } = yield* Effect.fromResult(SessionToken.decode(found.proof))
  return (
    delegation ?? (yield* login("login-needed", "this session has no terminal grant", "log in with --on and --allow"))
  )
})

/** The key that a token is bound to: the one named, a fresh one for a bearer, else the agent's enrolled key. */
const keyFor = Effect.fnUntraced(function* (agent: MemberId.AgentId, { bearer, key, standing }: Request) {
  if (bearer) return yield* oneTime
  const isSubAgent = MemberId.enrolled(agent) !== agent
  const enrolled = isSubAgent ? Option.none() : standing.view.keyOf(agent)
  const jwk = Option.isSome(key) ? yield* PublicKeyText.read(key.value) : Option.map(enrolled, PublicKey.toJwk)
  const cnf = Option.isOption(jwk) ? jwk : Option.some(jwk)
  if (Option.isSome(cnf)) return { cnf: cnf.value, holder: Option.none<PrivateSeed>() }
  return yield* usage(
    "no-key",
    `${agent} has no key to bind this to`,
    isSubAgent
      ? "name its key with --to, or hand over a --bearer token"
      : "enrol one (bailiwick agent keygen), name one with --to, or hand over a --bearer token"
  )
})

export const oneTime = Effect.gen(function* () {
  const ed25519 = yield* Ed25519
  const seed = yield* ed25519.generate
  const cnf: Jwk.Jwk = PublicKey.toJwk(yield* ed25519.publicKey(seed))
  return { cnf, holder: Option.some(seed) }
})
