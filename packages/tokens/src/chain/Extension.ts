/** Signing on from a chain: nothing is signed that the next reader would refuse (formats §3). */
import type * as Authority from "@bailiwick/core/Authority"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as Effect from "effect/Effect"
import { Ed25519, type Ed25519Error } from "../Ed25519.ts"
import * as Jws from "../Jws.ts"
import type { PrivateSeed } from "../PrivateSeed.ts"
import * as PublicKey from "../PublicKey.ts"
import * as TokenError from "../TokenError.ts"
import * as Form from "./Form.ts"
import * as Link from "./Link.ts"
import * as Linkage from "./Linkage.ts"
import * as Shrinking from "./Shrinking.ts"
import * as Times from "./Times.ts"

/** The cap of a lifetime: the project's where the signer knows its record, else the format's. */
export const cap =
  (project?: ProjectRecord.ProjectRecord) =>
  (name: ProjectRecord.TtlName): number =>
    project === undefined ? Times.formatCap(name) : ProjectRecord.ttlCap(project, name)

/** Steps 2 to 4 for a chain whose last token is about to be signed, at the moment of its `iat`. */
export const check = (
  links: Link.Links,
  project?: ProjectRecord.ProjectRecord
): Effect.Effect<void, TokenError.TokenError> => {
  const now = (links.at(-1) ?? links[0]).token.iat
  return TokenError.refuseIf(
    Linkage.refusal(links) ?? Times.refusal(links, { now, cap: cap(project) }) ?? Shrinking.refusal(links)
  )
}

/** A token that is not signed yet has no hash; nothing names a leaf, so none is asked of it. */
export const unsigned = ""

/** What a hop takes over from the token before it, but for what it gives up; `parent` itself nobody chooses. */
export const inherited = ({ token, hash }: Link.Link, narrower?: Partial<Authority.Grant>) => {
  const { v, project, human, aud, max_depth, policy, targets, budget, scopes, accept_unenforced } = token
  const grant = { max_depth, policy, targets, budget, scopes, accept_unenforced, ...narrower }
  return { v, project, human, aud, ...grant, par_hash: hash }
}

/** Signs a hop with the seed that the chain's last `cnf` belongs to, and appends it. */
export const append = Effect.fnUntraced(function* (options: {
  readonly chain: Form.Chain
  readonly links: Link.Links
  readonly seed: PrivateSeed
  readonly kind: "session" | "grant"
  readonly payload: Uint8Array
  readonly project: ProjectRecord.ProjectRecord | undefined
}): Effect.fn.Return<Form.Chain, TokenError.TokenError | Ed25519Error, Ed25519> {
  const { chain, links, seed, kind, payload, project } = options
  const ed25519 = yield* Ed25519
  const parent = links.at(-1) ?? links[0]
  if (!PublicKey.equals(yield* ed25519.publicKey(seed), parent.key)) {
    const detail = `the seed does not belong to the ${Link.what(parent.kind)}'s key`
    return yield* TokenError.refuse(new TokenError.WrongKey({ detail }))
  }
  yield* check([...links, yield* Link.readHop(kind, payload, unsigned)], project)
  const text = yield* Jws.signCompact({ typ: Link.typ[kind], seed, payload }).pipe(
    Effect.catchTag("JwsError", (error) => Effect.fail(TokenError.fromJws(Link.what(kind))(error)))
  )
  const [root, ...hops] = chain.tokens
  return yield* Effect.fromResult(Form.withinLimits({ v: 1, tokens: [root, ...hops, text] }))
})
