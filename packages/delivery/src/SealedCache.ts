/**
 * The sealed cache of credentials (formats §4): an answer is used again only while the store's generation is the one of its
 * decision, its session's seed opens it, and enough of its life is left.
 *
 * Whatever is wrong with an entry, the answer is none: the broker is asked, which is slower and always right. Only a file
 * that others can read is an error.
 */
import type * as Credentials from "@bailiwick/core/Credentials"
import type * as Policy from "@bailiwick/core/Policy"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type * as Sha256 from "@bailiwick/core/Sha256"
import type * as StorageId from "@bailiwick/core/StorageId"
import type { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SealedEntry from "./sealed/SealedEntry.ts"

/** To whom, and to which request, an entry belongs. */
export interface Place {
  readonly path: string
  readonly seed: Redacted.Redacted<Uint8Array>
  readonly session: StorageId.StorageId
  readonly reuse: Sha256.Sha256
  readonly provider: Policy.Provider
}

/** The kept credentials, if they may be used now with more than `minimum` seconds left. */
export const read = Effect.fn("SealedCache.read")(function* (
  place: Place,
  now: { readonly generation: number | undefined; readonly minimum: number }
): Effect.fn.Return<Option.Option<Credentials.Credentials>, StoreError, SecretFiles> {
  const files = yield* SecretFiles
  const bytes = yield* files.read(place.path, SealedEntry.maxBytes).pipe(
    // What is exposed is said, because other secrets may lie beside it.
    Effect.catchIf(
      (error) => error.reason !== "Exposed",
      () => Effect.succeedNone
    )
  )
  if (Option.isNone(bytes)) return Option.none()
  const opened = SealedEntry.use(open(place), new TextDecoder().decode(bytes.value), {
    ...now,
    time: yield* UnixTime.now
  })
  if (!opened.ok || opened.content.credentials.provider !== place.provider) return Option.none()
  const { expires, secret } = opened.content.credentials
  return Option.some({
    provider: place.provider,
    secret: Redacted.make(secret, { label: "credentials" }),
    expires: UnixTime.UnixTime.make(expires)
  })
})

/** Keeps credentials, sealed; `not_after` and `generation` as the broker's decision gave them. */
export const write = Effect.fn("SealedCache.write")(function* (
  place: Place,
  content: {
    readonly credentials: Credentials.Credentials
    readonly not_after: UnixTime.UnixTime
    readonly generation: number
  }
): Effect.fn.Return<void, StoreError, SecretFiles | SecureRandom.SecureRandom> {
  const files = yield* SecretFiles
  const random = yield* SecureRandom.SecureRandom
  const { credentials, not_after, generation } = content
  const { provider, expires, secret } = credentials
  const sealed = SealedEntry.seal(
    open(place),
    { credentials: { provider, expires, secret: Redacted.value(secret) }, not_after, generation },
    yield* random.randomBytes(SealedEntry.nonceLength)
  )
  yield* files.write(place.path, new TextEncoder().encode(sealed))
})

/** Forgets: at logout, and when a session is closed or revoked. */
export const remove = Effect.fn("SealedCache.remove")(function* (path: string) {
  const files = yield* SecretFiles
  yield* files.remove(path)
})

const open = ({ seed, session, reuse }: Place): SealedEntry.Place => ({ seed: Redacted.value(seed), session, reuse })
