/**
 * What clouds have given already, so that identical requests share one mint and a cloud is asked again only when a third
 * of the life is left.
 *
 * Nothing is decided here: every caller is authenticated and decided anew, a session that has ended in the store is not
 * looked up, and credentials of another generation are never used. Whoever embeds the broker may put an implementation
 * here that several processes share; `layer` keeps credentials in this process's memory and nowhere else.
 */
import { ProviderError } from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { StoreError } from "@bailiwick/core/StoreError"
import type { UnixTime } from "@bailiwick/core/UnixTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import * as Semaphore from "effect/Semaphore"

/** Credentials kept at once; the oldest goes first, and is only asked for again. */
export const capacity = 1024

/** When, and under which generation of the store, as read in the transaction of the decision. */
export interface At {
  readonly generation: number
  readonly now: UnixTime
}

export class Minted extends Context.Service<
  Minted,
  {
    /**
     * Runs one flight of a digest at a time. Who waited for a flight that the cloud refused is refused with it: a thousand
     * who ask at once are one question also to a cloud that says no, or asks for less. Whoever comes later asks anew.
     *
     * `Busy` if others were waited for beyond the time allowed; it never goes on beside them.
     */
    alone<A, E, R>(
      reuse: Sha256,
      flight: Effect.Effect<A, E | ProviderError, R>
    ): Effect.Effect<A, E | ProviderError | StoreError, R>
    /** The credentials of an active session, while more than a third of their life is left. */
    find(session: CredentialSession, at: At): Effect.Effect<Option.Option<Credentials>, StoreError>
    /** Keeps what the cloud has just given, before the flight is over; what cannot be kept is asked for again. */
    keep(session: CredentialSession, credentials: Credentials, at: At): Effect.Effect<void>
  }
>()("@bailiwick/broker/Minted") {
  static readonly layer: Layer.Layer<Minted> = Layer.effect(
    Minted,
    Effect.gen(function* () {
      const runways = yield* RcMap.make({ lookup: (_reuse: Sha256) => Effect.map(Semaphore.make(1), runway) })
      const known = new Map<CredentialSessionId, Known>()
      return Minted.of({
        alone: (reuse, flight) =>
          Effect.scoped(Effect.flatMap(RcMap.get(runways, reuse), (runway) => flyAlone(runway, flight))),
        find: ({ id }, { generation, now }) =>
          Effect.sync(() => {
            const found = known.get(id)
            if (found === undefined || found.at.generation !== generation) return Option.none()
            const { at, credentials } = found
            const isFresh = (credentials.expires - now) * 3 > credentials.expires - at.now
            return isFresh ? Option.some(credentials) : Option.none()
          }),
        keep: ({ id }, credentials, at) =>
          Effect.sync(() => {
            known.delete(id)
            known.set(id, { credentials, at })
            for (const oldest of known.keys()) {
              if (known.size <= capacity) break
              known.delete(oldest)
            }
          })
      })
    })
  )
}

interface Known {
  readonly credentials: Credentials
  readonly at: At
}

/** Lives as long as somebody flies or waits. */
interface Runway {
  readonly lock: Semaphore.Semaphore
  /** The flights that the cloud has refused. */
  refusals: number
  last: ProviderError | undefined
}

const runway = (lock: Semaphore.Semaphore): Runway => ({ lock, refusals: 0, last: undefined })

const flyAlone = <A, E, R>(runway: Runway, flight: Effect.Effect<A, E | ProviderError, R>) =>
  Effect.suspend(() => {
    const before = runway.refusals
    const next = Effect.suspend(() =>
      runway.last !== undefined && runway.refusals > before
        ? Effect.fail(runway.last)
        : Effect.tapError(flight, (error) => Effect.sync(() => note(runway, error)))
    )
    return runway.lock.withPermit(next)
  })

const note = (runway: Runway, error: unknown): void => {
  if (!(error instanceof ProviderError)) return
  runway.refusals += 1
  runway.last = error
}
