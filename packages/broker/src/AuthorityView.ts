/**
 * What the store says about authority, read in one transaction and kept for as long as its generation lasts.
 *
 * Every change of a record, a key or a revocation raises the generation, so an equal generation means equal answers:
 * only what was verified is remembered, and no decision is.
 */
import type { Kid } from "@bailiwick/core/Kid"
import { Generation } from "@bailiwick/core/ports/Generation"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import { type Revocation, RevocationList } from "@bailiwick/core/ports/RevocationList"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Registry from "@bailiwick/tokens/Registry"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as BrokerError from "./BrokerError.ts"
import { Installation } from "./Installation.ts"

export interface View {
  readonly generation: number
  readonly registry: Registry.Registry
  readonly revocations: ReadonlyArray<Revocation>
  /** `kid` of the store's authority key: the `aud` of every chain that it takes. */
  readonly audience: Kid
}

export class AuthorityView extends Context.Service<
  AuthorityView,
  {
    /**
     * The view of the running transaction. Gotcha: read it before the transaction changes anything, or a change that is
     * rolled back would be remembered under a generation that another change will get.
     */
    readonly current: Effect.Effect<View, BrokerError.BrokerFailure>
  }
>()("@bailiwick/broker/AuthorityView") {
  static readonly layer: Layer.Layer<
    AuthorityView,
    never,
    Ed25519 | Generation | Installation | KeyRing.KeyRing | RecordRegistry | RevocationList
  > = Layer.effect(
    AuthorityView,
    Effect.gen(function* () {
      const installation = yield* Installation
      const generations = yield* Generation
      const records = yield* RecordRegistry
      const revocations = yield* RevocationList
      const keys = yield* KeyRing.KeyRing
      const ed25519 = yield* Ed25519
      // One view is kept, for there is one generation at a time.
      let known: View | undefined

      const read = Effect.fnUntraced(function* (generation: number) {
        const accepted = yield* records.all
        const authority = KeyRing.signer(yield* keys.keys("authority"), yield* UnixTime.now)
        if (accepted.length === 0 || authority === undefined) {
          return yield* BrokerError.make(new BrokerError.NotFounded({ project: installation.project }))
        }
        const registry = yield* Registry.build(
          accepted,
          installation.founder === undefined ? {} : { founder: installation.founder }
        ).pipe(Effect.provideService(Ed25519, ed25519), Effect.mapError(BrokerError.fromToken))
        return { generation, registry, revocations: yield* revocations.live, audience: authority.kid }
      })

      return AuthorityView.of({
        current: Effect.gen(function* () {
          const generation = yield* generations.current
          if (known?.generation !== generation) known = yield* read(generation)
          return known
        }).pipe(Effect.withSpan("AuthorityView.current"))
      })
    })
  )
}
