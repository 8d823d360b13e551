/**
 * The issuer of agents' tokens: its keys, their rotation, and the documents by which anybody can verify a token.
 *
 * Keys turn every 90 days. A key is published a day before it first signs, so that whoever keeps the key set for hours
 * knows it in time, and stays published until the last token that it signed is dead (formats §7). There is no background
 * work: every use looks whether a key is due.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const day = 24 * 3600
/** How long a key signs, in seconds. */
export const rotation = 90 * day
/** How long a key is published before it first signs, in seconds. */
export const overlap = day
/** The longest life of a token, in seconds: so long a key outlives its last signature. */
export const longestToken = ProjectRecord.ttlCaps.credentials

export const jwksPath = "/.well-known/jwks.json"
/** OpenID Connect Discovery 1.0 §4, and RFC 8414 §3: one document under both names. */
export const discoveryPaths = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] as const

/** The `iss` of a project that names no issuer of its own. */
export const defaultIssuer = (project: ProjectId): string => `urn:bailiwick:${project}:agents`

export interface Config {
  /** `iss`: the project record's `issuer`, else {@link defaultIssuer}. Asked at each use, since an owner may change it. */
  readonly issuer: Effect.Effect<string, StoreError>
}

export class AgentIssuer extends Context.Service<
  AgentIssuer,
  {
    readonly issuer: Effect.Effect<string, StoreError>
    /** Signs claims as a compact JWT of type `at+jwt`. */
    sign(claims: CompactJson.Value): Effect.Effect<string, StoreError | Ed25519.Ed25519Error>
    /** The public keys, as a JWK set (RFC 7517 §5). */
    readonly jwks: Effect.Effect<string, StoreError>
    /** Public documents by path: the key set, and the discovery documents that point to it under `baseUrl`. */
    documents(baseUrl: string): Readonly<Record<string, Effect.Effect<string, StoreError>>>
  }
>()("@bailiwick/provider-oidc/AgentIssuer") {
  static readonly layer = (
    config: Config
  ): Layer.Layer<AgentIssuer, never, KeyRing.KeyRing | StoreTransaction.StoreTransaction | Ed25519.Ed25519> =>
    Layer.effect(AgentIssuer, make(config))
}

const make = Effect.fnUntraced(function* (config: Config) {
  const ring = yield* KeyRing.KeyRing
  const transaction = yield* StoreTransaction.StoreTransaction
  const ed25519 = yield* Ed25519.Ed25519

  const read = ring.keys("agents-oidc")

  // Looked at again inside the transaction: of two processes that find the key due, one makes it.
  const rotate = Effect.gen(function* () {
    const now = yield* UnixTime.now
    const keys = yield* read
    const step = due(keys, now)
    if (step === "none") return keys
    const signer = KeyRing.signer(keys, now)
    const next = yield* ring.create("agents-oidc", step === "first" ? now : UnixTime.plus(now, overlap))
    if (signer !== undefined) {
      const gone = UnixTime.plus(next.active_from, longestToken)
      yield* ring.retire(signer.kid, { retired_at: next.active_from, gone })
    }
    return yield* read
  })

  const current = Effect.gen(function* () {
    const keys = yield* read
    return due(keys, yield* UnixTime.now) === "none" ? keys : yield* transaction.run(rotate)
  })

  // One key signs at a time, so the last one opened is all that is kept: its seed is imported once, not with every token.
  let opened: { readonly kid: string; readonly seed: PrivateSeed.PrivateSeed } | undefined
  const open = ({ kid, seed }: KeyRing.RingKey): PrivateSeed.PrivateSeed => {
    if (opened?.kid !== kid) opened = { kid, seed: PrivateSeed.fromBytes(Redacted.value(seed)) }
    return opened.seed
  }

  const sign = Effect.fn("AgentIssuer.sign")(function* (claims: CompactJson.Value) {
    const keys = yield* current
    const signer = KeyRing.signer(keys, yield* UnixTime.now)
    // `current` makes a key where none may sign, so its absence is a fault of the program.
    if (signer === undefined) return yield* Effect.die("no key of the agents' issuer may sign")
    const header = { alg: "Ed25519", typ: "at+jwt", kid: signer.kid }
    const input = [header, claims].map((part) => Base64Url.encode(CompactJson.encodeBytes(part))).join(".")
    const signature = yield* ed25519.sign(open(signer), new TextEncoder().encode(input))
    return `${input}.${Base64Url.encode(signature)}`
  })

  const jwks = Effect.gen(function* () {
    const keys = yield* current
    const now = yield* UnixTime.now
    const published = keys.filter(({ gone }) => gone === undefined || now < gone)
    return CompactJson.encode({
      keys: published.map(({ jwk, kid }) => ({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, kid, use: "sig", alg: "Ed25519" }))
    })
  }).pipe(Effect.withSpan("AgentIssuer.jwks"))

  const discovery = (baseUrl: string) =>
    Effect.map(config.issuer, (issuer) =>
      CompactJson.encode({
        issuer,
        jwks_uri: `${baseUrl}${jwksPath}`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["Ed25519"]
      })
    )

  return AgentIssuer.of({
    issuer: config.issuer,
    sign,
    jwks,
    documents: (baseUrl) => {
      const described = discovery(baseUrl)
      return { [jwksPath]: jwks, ...Object.fromEntries(discoveryPaths.map((path) => [path, described])) }
    }
  })
})

/** What has to happen to the keys: nothing, a first key that signs at once, or the next one beside the present. */
const due = (keys: ReadonlyArray<KeyRing.RingKey>, now: UnixTime.UnixTime): "none" | "first" | "next" => {
  const signer = KeyRing.signer(keys, now)
  if (signer === undefined) return "first"
  const isPrepared = keys.some(({ active_from }) => now < active_from && active_from <= now + overlap)
  return isPrepared || now < signer.active_from + rotation - overlap ? "none" : "next"
}
