/**
 * What this process has been given by clouds, so that identical requests share one mint and a cloud is asked again only
 * when a third of the life is left.
 *
 * Nothing is decided here: every caller is authenticated and decided anew, and a session that has ended in the store is
 * not looked up. Credentials stay in this process's memory and nowhere else.
 */
import type { Credentials } from "@bailiwick/core/Credentials"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RcMap from "effect/RcMap"
import * as Semaphore from "effect/Semaphore"

/** Credentials kept at once; the oldest goes first, and is only asked for again. */
export const capacity = 1024

export class Minted extends Context.Service<
  Minted,
  {
    /** Runs one use of a digest at a time. */
    alone<A, E, R>(reuse: Sha256, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
    /** The credentials of a session, while more than a third of their life is left. */
    find(session: CredentialSessionId, now: UnixTime): Credentials | undefined
    keep(session: CredentialSessionId, credentials: Credentials, now: UnixTime): void
  }
>()("@bailiwick/broker/Minted") {
  static readonly layer: Layer.Layer<Minted> = Layer.effect(
    Minted,
    Effect.gen(function* () {
      const locks = yield* RcMap.make({ lookup: (_reuse: Sha256) => Semaphore.make(1) })
      const known = new Map<CredentialSessionId, { readonly credentials: Credentials; readonly since: UnixTime }>()
      return Minted.of({
        alone: (reuse, effect) =>
          Effect.scoped(Effect.flatMap(RcMap.get(locks, reuse), (lock) => lock.withPermit(effect))),
        find: (session, now) => {
          const found = known.get(session)
          if (found === undefined) return undefined
          const { credentials, since } = found
          return (credentials.expires - now) * 3 > credentials.expires - since ? credentials : undefined
        },
        keep: (session, credentials, now) => {
          known.delete(session)
          known.set(session, { credentials, since: now })
          for (const oldest of known.keys()) {
            if (known.size <= capacity) break
            known.delete(oldest)
          }
        }
      })
    })
  )
}
