/** One token of a chain as read: its kind is decided by its place alone (formats §3). */
import * as Authority from "@bailiwick/core/Authority"
import * as MemberId from "@bailiwick/core/MemberId"
import type * as Sha256 from "@bailiwick/core/Sha256"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Jws from "../Jws.ts"
import * as Payload from "../Payload.ts"
import * as PublicKey from "../PublicKey.ts"
import * as TokenError from "../TokenError.ts"
import * as Readings from "./Readings.ts"

export type Kind = "root" | "session" | "grant"

export interface Read {
  /** SHA-256 of the signing input: what a child's `par_hash` and a redemption record name. */
  readonly hash: Sha256.Sha256
  /** The checked key of `cnf`: whoever holds its seed may go on from here. */
  readonly key: PublicKey.PublicKey
}

export type Link =
  | (Read & { readonly kind: "root"; readonly token: Authority.RootToken })
  | (Read & { readonly kind: "session"; readonly token: Authority.SessionHop })
  | (Read & { readonly kind: "grant"; readonly token: Authority.GrantHop })

/** The links of a chain, root first. */
export type Links = readonly [Link & { readonly kind: "root" }, ...ReadonlyArray<Link>]

export const kindAt = (index: number): Kind => (index === 0 ? "root" : hopKind(index - 1))

/** The kind of a hop by its place behind the root, from 0. */
export const hopKind = (index: number) => (index % 2 === 0 ? "session" : "grant")

export const typ = {
  root: "bailiwick-root+jws",
  session: "bailiwick-session+jws",
  grant: "bailiwick-grant+jws"
} as const

/** How errors name a token. */
export const what = (kind: Kind) => `${kind} token`

export const readRoot = (bytes: Uint8Array, jws: string | Jws.General) =>
  Effect.flatMap(Effect.fromResult(Payload.json(bytes, what("root"))), (json) => rootFromJson(json, jws))

/** The root in the JSON of its payload, for whoever has read that already. */
export const rootFromJson = (json: unknown, jws: string | Jws.General) =>
  complete("root", Authority.RootToken, json, jws, (token, read) => ({ kind: "root" as const, token, ...read }))

export const readHop = (kind: "session" | "grant", bytes: Uint8Array, jws: string) =>
  Effect.flatMap(Effect.fromResult(Payload.json(bytes, what(kind))), (json) =>
    kind === "session"
      ? complete(kind, Authority.SessionHop, json, jws, (token, read): Link => ({ kind, token, ...read }))
      : complete(kind, Authority.GrantHop, json, jws, (token, read): Link => ({ kind, token, ...read }))
  )

/** Reads every token of a chain without trust: for the client that holds it and signs on from it. */
export const unverified = Effect.fnUntraced(function* (
  tokens: readonly [Jws.General, ...ReadonlyArray<string>]
): Effect.fn.Return<Links, TokenError.TokenError> {
  const [root, ...hops] = tokens
  const first =
    Readings.find("root", root) ??
    (yield* readRoot(yield* Effect.fromResult(Payload.unverified(root, what("root"))), root))
  const links: [typeof first, ...Array<Link>] = [first]
  for (const [index, hop] of hops.entries()) {
    const kind = hopKind(index)
    links.push(
      Readings.find(kind, hop) ??
        (yield* readHop(kind, yield* Effect.fromResult(Payload.unverified(hop, what(kind))), hop))
    )
  }
  return links
})

/** The rules between the members of one token. */
export const coherent = (kind: Kind, token: Authority.Token): TokenError.Reason | undefined => {
  const malformed = (detail: string) => new TokenError.Malformed({ what: what(kind), detail })
  if (token.iat >= token.exp) return malformed("it ends before it begins")
  if ("redeem_by" in token && (token.redeem_by <= token.iat || token.redeem_by > token.exp)) {
    return malformed("redeem_by lies outside its life")
  }
  if (!MemberId.isOfProject(token.agent, token.project)) return malformed("its agent names another project")
  if (MemberId.isHuman(token.agent)) {
    return token.agent === token.human ? undefined : malformed("its agent is another human")
  }
  return kind === "root" && MemberId.agentParts(token.agent).label !== undefined
    ? malformed("a root names an agent without a label")
    : undefined
}

const complete = Effect.fnUntraced(function* <T extends Authority.Token, L>(
  kind: Kind,
  schema: Schema.Decoder<T>,
  json: unknown,
  jws: string | Jws.General,
  make: (token: T, read: Read) => L
) {
  const token = yield* Effect.fromResult(
    Result.mapError(Payload.fromJson(schema, json, what(kind)), (error) =>
      hasBudget(json) ? new TokenError.TokenError({ reason: new TokenError.UnknownBudget() }) : error
    )
  )
  yield* TokenError.refuseIf(coherent(kind, token))
  const key = yield* Effect.mapError(
    PublicKey.fromJwk(token.cnf.jwk),
    () => new TokenError.TokenError({ reason: new TokenError.BadKey({ what: what(kind) }) })
  )
  return make(token, { hash: Jws.hash(jws), key })
})

/** Whether a refused payload asks for a budget: then that is the reason to tell. */
const hasBudget = (json: unknown): boolean =>
  typeof json === "object" &&
  json !== null &&
  "budget" in json &&
  typeof json.budget === "object" &&
  json.budget !== null &&
  Object.keys(json.budget).length > 0
