/** Keys, times and services that the tests of Joy's profile share. */
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

export const services = Ed25519.Ed25519.layerNode.pipe(Layer.provideMerge(NodeCrypto.layer))

export const time = (text: string): JoyTime.JoyTime => Option.getOrThrow(JoyTime.parse(text))

export const now = time("2026-11-01T12:00:00.123456789Z")

/** A seed of one repeated byte. */
export const seed = (byte: number): PrivateSeed.PrivateSeed => PrivateSeed.fromBytes(new Uint8Array(32).fill(byte))

export const identity = seed(1)
export const session = seed(2)
export const delegation = seed(3)
export const stranger = seed(4)

export const publicKey = (key: PrivateSeed.PrivateSeed) =>
  Effect.flatMap(Ed25519.Ed25519, (ed25519) => ed25519.publicKey(key))

/** The tag of the reason for which something of Joy's is refused; undefined if it is not. */
export const refusal = <A, R>(effect: Effect.Effect<A, { readonly reason: { readonly _tag: string } }, R>) =>
  Effect.match(effect, { onFailure: ({ reason }) => reason._tag, onSuccess: () => undefined })

export const refusalOf = <A>(result: Result.Result<A, { readonly reason: { readonly _tag: string } }>) =>
  Result.match(result, { onFailure: ({ reason }) => reason._tag, onSuccess: () => undefined })
