/**
 * One set of credentials, kept for as long as it may be used: the broker is asked again only when a third of the life is
 * left, or as soon as the store's generation has changed.
 *
 * However many ask at once, one question goes out. A refusal is never kept: the next caller is answered anew.
 */
import type * as Credentials from "@bailiwick/core/Credentials"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Semaphore from "effect/Semaphore"
import type { DeliveryError } from "./DeliveryError.ts"

/** An answer of the broker, with the generation as read in the transaction of its decision. */
export interface Answer {
  readonly credentials: Credentials.Credentials
  readonly generation: number
}

export interface Source {
  /** Asks the broker. It must not wait for a human: a child's SDK gives up within seconds. */
  readonly ask: Effect.Effect<Answer, DeliveryError>
  /** The store's generation now, cheaply; while it cannot be read, nothing that was kept is used. */
  readonly generation: Effect.Effect<number, DeliveryError>
}

export interface CredentialLease {
  /** Credentials that may be used now. */
  readonly current: Effect.Effect<Credentials.Credentials, DeliveryError>
}

/** The moment from which new credentials are asked for: a third of the life is left. */
export const renewalTime = (obtained: UnixTime.UnixTime, expires: UnixTime.UnixTime): UnixTime.UnixTime =>
  UnixTime.plus(expires, -Math.ceil(Math.max(0, expires - obtained) / 3))

export const make = (source: Source): Effect.Effect<CredentialLease> =>
  Effect.gen(function* () {
    const kept = yield* Ref.make<Kept | undefined>(undefined)
    const single = yield* Semaphore.make(1)

    const generation = Effect.orElseSucceed(source.generation, () => undefined)

    const usable = Effect.gen(function* () {
      const answer = yield* Ref.get(kept)
      if (answer === undefined) return undefined
      const now = yield* UnixTime.now
      if (now >= answer.credentials.expires) return undefined
      return answer.generation === (yield* generation) ? answer : undefined
    })

    const fresh = Effect.gen(function* () {
      const answer = yield* usable
      return answer !== undefined && (yield* UnixTime.now) < answer.renewal ? answer : undefined
    })

    const ask = Effect.gen(function* () {
      const obtained = yield* UnixTime.now
      const answer = yield* source.ask
      const next = { ...answer, renewal: renewalTime(obtained, answer.credentials.expires) }
      yield* Ref.set(kept, next)
      return next
    })

    // While nobody can be asked, what is kept stays good: it is unexpired, and no revoke has moved the generation.
    const bridge = (error: DeliveryError) =>
      error.reason._tag === "Unavailable"
        ? Effect.filterOrFail(
            usable,
            (answer) => answer !== undefined,
            () => error
          )
        : Effect.andThen(Ref.set(kept, undefined), Effect.fail(error))

    const renewed = Effect.gen(function* () {
      return (yield* fresh) ?? (yield* ask.pipe(Effect.catch(bridge)))
    })

    return {
      current: Effect.gen(function* () {
        const answer = (yield* fresh) ?? (yield* single.withPermit(renewed))
        return answer.credentials
      }).pipe(Effect.withSpan("CredentialLease.current"))
    }
  })

interface Kept extends Answer {
  readonly renewal: UnixTime.UnixTime
}
