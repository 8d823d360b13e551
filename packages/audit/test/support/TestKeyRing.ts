/** A KeyRing in memory, and one that fails. */
import { KeyRing, type KeyPurpose, type RingKey } from "@bailiwick/core/ports/KeyRing"
import { StoreError } from "@bailiwick/core/StoreError"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The seed of the log key in every fixture and vector: 32 bytes of 1, of 2 after a rotation, and so on. */
export const seed = (number: number): PrivateSeed.PrivateSeed => PrivateSeed.fromBytes(new Uint8Array(32).fill(number))

export const layer: Layer.Layer<KeyRing, never, Ed25519> = Layer.effect(
  KeyRing,
  Effect.gen(function* () {
    const ed25519 = yield* Ed25519
    const ring: Array<RingKey> = []
    return KeyRing.of({
      keys: (purpose) => Effect.sync(() => ring.filter((key) => key.purpose === purpose)),
      create: Effect.fnUntraced(function* (purpose: KeyPurpose, activeFrom: UnixTime) {
        const private_ = seed(ring.length + 1)
        const { kid, jwk } = yield* ed25519.publicKey(private_)
        const key = { kid, jwk, purpose, seed: private_, created: activeFrom, active_from: activeFrom }
        ring.push(key)
        return key
      }),
      retire: (kid, at) =>
        Effect.sync(() => {
          const index = ring.findIndex((key) => key.kid === kid)
          const key = ring[index]
          if (key !== undefined) ring[index] = { ...key, ...at }
        })
    })
  })
)

/** Every call fails, as when the master key cannot be read. */
export const layerFailing: Layer.Layer<KeyRing> = Layer.succeed(
  KeyRing,
  KeyRing.of({
    keys: () => Effect.fail(unreadable),
    create: () => Effect.fail(unreadable),
    retire: () => Effect.fail(unreadable)
  })
)

export const unreadable = new StoreError({ reason: "Unavailable", detail: "the master key cannot be read" })
