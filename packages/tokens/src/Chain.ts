/**
 * The chain of authority: a root signed by a human, then session, grant, session and so on, each only narrower
 * (formats §3).
 *
 * `verify` is the whole judgement against one store, in the order of the format: signatures, linkage, times and depth,
 * shrinking, then what the store knows. Signatures found good are remembered by hash; a judgement never is.
 *
 * @example
 * ```ts
 * import { Chain } from "@bailiwick/tokens"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const chain = yield* Effect.fromResult(Chain.decode(json))
 *   const caller = yield* Chain.verify({ chain, registry, now, aud, redemptions, revocations })
 *   return caller.grant.policy
 * })
 * ```
 */
import type * as Authority from "@bailiwick/core/Authority"
import type * as Jti from "@bailiwick/core/Jti"
import type * as Kid from "@bailiwick/core/Kid"
import type * as MemberId from "@bailiwick/core/MemberId"
import type * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import type * as RevocationList from "@bailiwick/core/ports/RevocationList"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type * as Sha256 from "@bailiwick/core/Sha256"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Ed25519 } from "./Ed25519.ts"
import * as Form from "./chain/Form.ts"
import * as Link from "./chain/Link.ts"
import * as Linkage from "./chain/Linkage.ts"
import * as Shrinking from "./chain/Shrinking.ts"
import * as Signatures from "./chain/Signatures.ts"
import * as Standing from "./chain/Standing.ts"
import * as Times from "./chain/Times.ts"
import type { PublicKey } from "./PublicKey.ts"
import type { Registry } from "./Registry.ts"
import * as TokenError from "./TokenError.ts"

export { Chain, decode, encode, maxBytes, maxTokens } from "./chain/Form.ts"
export type { Links } from "./chain/Link.ts"

/** What the last token of a chain is, by its place alone. */
export const kind = (chain: Form.Chain): Link.Kind => Link.kindAt(chain.tokens.length - 1)

/** What a chain says of itself, unverified: only to find its project and its records. */
export const claims = Signatures.claims

/** The ids of all tokens, root first, unverified: only to fetch their redemption records. */
export const jtis = (chain: Form.Chain): Effect.Effect<ReadonlyArray<Jti.Jti>, TokenError.TokenError> =>
  Effect.map(read(chain), (links) => links.map((link) => link.token.jti))

/** Reads every token without trust: for the client that holds the chain and signs on from it. */
export const read = (chain: Form.Chain): Effect.Effect<Link.Links, TokenError.TokenError> =>
  Effect.flatMap(Effect.fromResult(Form.withinLimits(chain)), ({ tokens }) => Link.unverified(tokens))

/** A chain whose every signature and rule held, read at one moment. */
export interface VerifiedChain {
  readonly links: Link.Links
  readonly tokens: ReadonlyArray<Authority.Token>
  /** Only what ends in a session acts; a root or a grant waits to be redeemed. */
  readonly kind: Link.Kind
  readonly leaf: Authority.Token
  /** The leaf's `cnf`: whoever proves to hold its seed acts with this chain. */
  readonly leafKey: PublicKey
  readonly project: ProjectId.ProjectId
  readonly human: MemberId.HumanId
  /** The leaf's; equal to `human` in a terminal grant, which acts only inside its human's session token. */
  readonly agent: MemberId.MemberId
  /** What the leaf grants, the narrowest of the chain. */
  readonly grant: Authority.Grant
  readonly exp: UnixTime.UnixTime
  /** SHA-256 of each signing input, root first. */
  readonly hashes: ReadonlyArray<Sha256.Sha256>
  readonly jtis: ReadonlyArray<Jti.Jti>
}

/**
 * What the chain is verified for. `use`: it acts, or waits to be redeemed, exactly as it stands. `redeem`: its last hop
 * is the session that is about to redeem the token before it, in time and as the first.
 */
export type Purpose = "use" | "redeem"

/** The whole judgement against one store, steps 1 to 5 of formats §3 in their order. */
export const verify: (options: {
  readonly chain: Form.Chain
  readonly registry: Registry
  readonly now: UnixTime.UnixTime
  /** The `kid` of this store's authority key. */
  readonly aud: Kid.Kid
  readonly redemptions: (jti: Jti.Jti) => Option.Option<RedemptionLedger.Redemption>
  readonly revocations: ReadonlyArray<RevocationList.Revocation>
  readonly purpose?: Purpose
}) => Effect.Effect<VerifiedChain, TokenError.TokenError, Ed25519> = Effect.fn("Chain.verify")(function* ({
  chain,
  registry,
  now,
  aud,
  redemptions,
  revocations,
  purpose
}) {
  yield* Effect.fromResult(Form.withinLimits(chain))
  const view = registry.now(now)
  const opened = yield* Effect.fromResult(Signatures.open(chain))
  const keys = yield* rootKeys(opened.claims, registry, now, redemptions)
  const links = yield* Signatures.verify(chain, keys, opened)
  const pending = pendingOf(links, redemptions, purpose ?? "use")
  const cap = (name: ProjectRecord.TtlName) => ProjectRecord.ttlCap(view.project, name)
  yield* TokenError.refuseIf(
    Linkage.refusal(links, aud) ??
      Times.refusal(links, { now, cap, pending }) ??
      Shrinking.refusal(links) ??
      Standing.refusal(links, { view, redemptions, revocations, pending })
  )
  return verified(links)
})

/** Steps 1 to 4 alone, under two given keys: says nothing about members, revocations or redemptions. */
export const verifyStructure: (options: {
  readonly chain: Form.Chain
  readonly keys: Signatures.RootKeys
  readonly at: UnixTime.UnixTime
}) => Effect.Effect<VerifiedChain, TokenError.TokenError, Ed25519> = Effect.fn("Chain.verifyStructure")(function* ({
  chain,
  keys,
  at
}) {
  yield* Effect.fromResult(Form.withinLimits(chain))
  const links = yield* Signatures.verify(chain, keys)
  yield* checkStructure(links, at)
  return verified(links)
})

/** Steps 2 to 4 alone, of links that nobody has verified. */
export const checkStructure = (
  links: Link.Links,
  at: UnixTime.UnixTime
): Effect.Effect<void, TokenError.TokenError> => {
  const leaf = leafOf(links)
  const pending = leaf.kind === "session" ? undefined : leaf
  return TokenError.refuseIf(
    Linkage.refusal(links) ??
      Times.refusal(links, { now: at, cap: Times.formatCap, pending }) ??
      Shrinking.refusal(links)
  )
}

const leafOf = (links: Link.Links): Link.Link => links.at(-1) ?? links[0]

/** The two keys of the registry at the place of the root's redemption; before it, now. */
const rootKeys = Effect.fnUntraced(function* (
  { jti, project, human, agent }: Signatures.Claims,
  registry: Registry,
  now: UnixTime.UnixTime,
  redemptions: Standing.Redemptions
) {
  if (project !== registry.project) return yield* TokenError.refuse(new TokenError.WrongProject())
  const view = Option.match(redemptions(jti), { onNone: () => registry.now(now), onSome: registry.at })
  const delegator = view.keyOf(human)
  const binding = view.verifierOf(human, agent)
  if (Option.isNone(delegator)) {
    return yield* TokenError.refuse(new TokenError.NotInForce({ member: human }))
  }
  if (Option.isNone(binding)) {
    return yield* TokenError.refuse(
      new TokenError.NotDelegated({ human, agent, detail: "there was none in force when it was redeemed" })
    )
  }
  return { delegator: delegator.value, binding: binding.value }
})

/** The token that nobody has redeemed yet and that need not have been: the last grant, if its turn is now. */
const pendingOf = (links: Link.Links, redemptions: Standing.Redemptions, purpose: Purpose): Link.Link | undefined => {
  const leaf = leafOf(links)
  const candidate = leaf.kind === "session" ? (purpose === "redeem" ? links.at(-2) : undefined) : leaf
  return candidate !== undefined && Option.isNone(redemptions(candidate.token.jti)) ? candidate : undefined
}

const verified = (links: Link.Links): VerifiedChain => {
  const { kind, token, key } = leafOf(links)
  const { max_depth, policy, targets, budget, scopes, accept_unenforced } = token
  return {
    links,
    tokens: links.map((link) => link.token),
    kind,
    leaf: token,
    leafKey: key,
    project: token.project,
    human: token.human,
    agent: token.agent,
    grant: { max_depth, policy, targets, budget, scopes, accept_unenforced },
    exp: token.exp,
    hashes: links.map((link) => link.hash),
    jtis: links.map((link) => link.token.jti)
  }
}
