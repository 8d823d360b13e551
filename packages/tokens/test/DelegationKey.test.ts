import * as Base64Url from "@bailiwick/core/Base64Url"
import { AgentId, HumanId, type MemberId } from "@bailiwick/core/MemberId"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as DelegationKey from "@bailiwick/tokens/DelegationKey"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import gold from "./vectors/identity.json" with { type: "json" }

const identity = PrivateSeed.fromBytes(Buffer.from(gold.identity.seed, "base64url"))
const relation: {
  readonly salt: Base64Url.Text
  readonly project: ProjectId
  readonly agent: MemberId
} = {
  salt: Base64Url.Text.make(gold.delegation.salt),
  project: ProjectId.make(gold.delegation.project),
  agent: AgentId.make(gold.delegation.agent)
}

const derive = (changed: Partial<typeof relation> = {}) =>
  Effect.map(DelegationKey.derive({ identity, ...relation, ...changed }), (seed) =>
    Base64Url.encode(Redacted.value(seed))
  )

layer(Ed25519.Ed25519.layerNode.pipe(Layer.provideMerge(NodeCrypto.layer)))("DelegationKey", (it) => {
  it.effect("derives the seed and the verifier of the vector, and the same ones again", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519.Ed25519
      const seed = yield* DelegationKey.derive({ identity, ...relation })
      assert.strictEqual<string>(Base64Url.encode(Redacted.value(seed)), gold.delegation.seed)
      assert.deepStrictEqual<unknown>(PublicKey.toJwk(yield* ed25519.publicKey(seed)), gold.delegation.verifier)
      assert.strictEqual<string>(yield* derive(), gold.delegation.seed)
    })
  )

  it.effect("derives unrelated keys for another salt, project, agent or identity", () =>
    Effect.gen(function* () {
      const keys = [
        yield* derive(),
        yield* derive({ salt: yield* DelegationKey.newSalt }),
        yield* derive({ project: ProjectId.make("acme-2") }),
        yield* derive({ agent: AgentId.make("ai:claude-2@acme") }),
        yield* derive({ agent: HumanId.make("you@example.com") }),
        Base64Url.encode(
          Redacted.value(
            yield* DelegationKey.derive({ identity: PrivateSeed.fromBytes(new Uint8Array(32)), ...relation })
          )
        )
      ]
      assert.strictEqual(new Set(keys).size, keys.length)
    })
  )

  it.effect("makes salts of 32 bytes, each another", () =>
    Effect.gen(function* () {
      const salt = yield* DelegationKey.newSalt
      assert.strictEqual(salt.length, 43)
      assert.notStrictEqual(salt, yield* DelegationKey.newSalt)
    })
  )
})
