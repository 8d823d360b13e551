import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CredentialRequest from "@bailiwick/core/CredentialRequest"
import type * as Policy from "@bailiwick/core/Policy"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as AgentIssuer from "@bailiwick/provider-oidc/AgentIssuer"
import * as OidcProvider from "@bailiwick/provider-oidc/OidcProvider"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"

export const api = "https://api.example.com"
export const issuer = "https://issuer.example.com"
export const start = 1_900_000_000

/** A ring in memory, as the port describes it. */
const ring = Layer.effect(
  KeyRing.KeyRing,
  Effect.gen(function* () {
    const ed25519 = yield* Ed25519
    const keys = yield* Ref.make<ReadonlyArray<KeyRing.RingKey>>([])
    return KeyRing.KeyRing.of({
      // Yields after the look, as a database does: only a transaction keeps two callers apart.
      keys: (purpose) =>
        Ref.get(keys).pipe(
          Effect.tap(() => Effect.yieldNow),
          Effect.map((all) => all.filter((key) => key.purpose === purpose))
        ),
      create: Effect.fnUntraced(function* (purpose, active_from) {
        const seed = yield* ed25519.generate
        const { jwk, kid } = yield* ed25519.publicKey(seed)
        const key: KeyRing.RingKey = { kid, purpose, jwk, seed, created: yield* UnixTime.now, active_from }
        yield* Ref.update(keys, (all) => [...all, key])
        return key
      }),
      retire: (kid, at) => Ref.update(keys, (all) => all.map((key) => (key.kid === kid ? { ...key, ...at } : key)))
    })
  })
)

const transaction = Layer.effect(
  StoreTransaction,
  Effect.map(Semaphore.make(1), (single) => StoreTransaction.of({ run: (effect) => single.withPermit(effect) }))
)

export const store = Layer.mergeAll(ring, transaction).pipe(
  Layer.provideMerge(Ed25519.layerNode),
  Layer.provideMerge(NodeCrypto.layerSecureRandom)
)

export const issuers = AgentIssuer.AgentIssuer.layer({ issuer: Effect.succeed(issuer) }).pipe(Layer.provideMerge(store))

export const services = OidcProvider.OidcProvider.layer.pipe(Layer.provideMerge(issuers))

export const leaf = Base64Url.encode(new Uint8Array(32).fill(9))

/** One statement of oidc. */
export const allow = (
  actions: ReadonlyArray<string>,
  resources: ReadonlyArray<string> = [api],
  conditions?: Policy.Conditions
): Policy.Statement => ({ provider: "oidc", actions, resources, ...(conditions === undefined ? {} : { conditions }) })

export const policy = (statements: ReadonlyArray<Policy.Statement>, deny: Policy.Deny = []): Policy.Policy => ({
  statements,
  deny
})

/** A good request, but for what a test changes; judged by its schema like the broker's own. */
export const request = (changes: Record<string, unknown> = {}): CredentialRequest.CredentialRequest =>
  Schema.decodeUnknownSync(CredentialRequest.CredentialRequest)({
    session: "01980000-0000-7000-8000-000000000001",
    project: "acme",
    alias: "api",
    target: { provider: "oidc", principal: api, settings: { audiences: "https://other.example.com reports" } },
    policy: policy([allow(["orders:read", "orders:list"])]),
    ttl: 900,
    not_after: start + 7200,
    tags: {},
    human: "you@example.com",
    agent: "ai:claude@acme",
    auth_session: "0123456789abcdef01234567",
    leaf,
    isolation: "same-user",
    ...changes
  })
