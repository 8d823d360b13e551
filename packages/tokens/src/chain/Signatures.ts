/** Step 1: every token carries a good signature of the key that its place names (formats §3). */
import * as Jti from "@bailiwick/core/Jti"
import type * as Kid from "@bailiwick/core/Kid"
import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Ed25519 } from "../Ed25519.ts"
import * as Payload from "../Payload.ts"
import type { PublicKey } from "../PublicKey.ts"
import * as TokenError from "../TokenError.ts"
import * as VerifiedSignatures from "../VerifiedSignatures.ts"
import type * as Form from "./Form.ts"
import * as Link from "./Link.ts"
import * as Readings from "./Readings.ts"

/** The two keys that sign a root. */
export interface RootKeys {
  readonly delegator: PublicKey
  readonly binding: PublicKey
}

/** What of an unverified root is used, and only to find the two keys that then verify it. */
const Claims = Schema.Struct({
  jti: Jti.Jti,
  project: ProjectId.ProjectId,
  human: MemberId.HumanId,
  agent: MemberId.MemberId
})
export type Claims = typeof Claims.Type

/** A root whose payload was read as JSON, and nothing verified. */
interface Opened {
  readonly claims: Claims
  /** Absent where the whole token is remembered. */
  readonly json?: unknown
}

/** Reads the JSON of a root: once, for these claims and for the schema that reads it when it is verified. */
export const open = ({ tokens: [root] }: Form.Chain): Result.Result<Opened, TokenError.TokenError> => {
  const what = Link.what("root")
  const known = Readings.find("root", root)
  return known === undefined
    ? Payload.unverified(root, what).pipe(
        Result.flatMap((bytes) => Payload.json(bytes, what)),
        Result.flatMap((json) =>
          Result.map(Payload.fromJsonLoosely(Claims, json, what), (claims) => ({ claims, json }))
        )
      )
    : Result.succeed({ claims: known.token })
}

export const claims = (chain: Form.Chain): Result.Result<Claims, TokenError.TokenError> =>
  Result.map(open(chain), (opened) => opened.claims)

/**
 * Verifies and reads token by token; a hop's key is the `cnf` of the token before it, never one that it brings.
 *
 * What `open` read of this very chain is not read again: the same bytes say the same.
 */
export const verify = Effect.fnUntraced(function* (
  { tokens: [root, ...hops] }: Form.Chain,
  keys: RootKeys,
  opened?: Opened
): Effect.fn.Return<Link.Links, TokenError.TokenError, Ed25519> {
  const rootPayload = yield* VerifiedSignatures.general({
    typ: Link.typ.root,
    general: root,
    ...keys,
    what: Link.what("root")
  })
  const first =
    Readings.find("root", root) ??
    Readings.kept(
      yield* opened?.json === undefined ? Link.readRoot(rootPayload, root) : Link.rootFromJson(opened.json, root),
      root
    )
  // Both ids stand inside what both keys signed, so no signature can be paired with that of another token.
  yield* names(keys.delegator, first.token.delegator_kid)
  yield* names(keys.binding, first.token.binding_kid)

  const links: [typeof first, ...Array<Link.Link>] = [first]
  let parent: Link.Link = first
  for (const [index, text] of hops.entries()) {
    const kind = Link.hopKind(index)
    const payload: Uint8Array = yield* VerifiedSignatures.compact({
      typ: Link.typ[kind],
      text,
      key: parent.key,
      what: Link.what(kind)
    })
    parent = Readings.find(kind, text) ?? Readings.kept(yield* Link.readHop(kind, payload, text), text)
    links.push(parent)
  }
  return links
})

const names = (key: PublicKey, kid: Kid.Kid) =>
  TokenError.refuseIf(
    key.kid === kid ? undefined : new TokenError.WrongKey({ detail: "the root names other keys than sign it" })
  )
