/** What a store in memory holds, as one immutable value: a transaction that fails puts back the value it began with. */
import type * as CredentialSession from "@bailiwick/core/CredentialSession"
import type * as CredentialSessionId from "@bailiwick/core/CredentialSessionId"
import type * as Jti from "@bailiwick/core/Jti"
import type * as Kid from "@bailiwick/core/Kid"
import type * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import type * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import type * as KeyRing from "@bailiwick/core/ports/KeyRing"
import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import type * as RevocationList from "@bailiwick/core/ports/RevocationList"
import type * as StorageId from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"

export interface State {
  readonly records: ReadonlyArray<RecordRegistry.AcceptedRecord>
  readonly keyOwners: HashMap.HashMap<Kid.Kid, string>
  readonly redemptions: HashMap.HashMap<Jti.Jti, RedemptionLedger.Redemption>
  /** By scope LF nonce. */
  readonly nonces: HashMap.HashMap<string, UnixTime.UnixTime>
  readonly revocations: ReadonlyArray<RevocationList.Revocation>
  readonly generation: number
  readonly clock: UnixTime.UnixTime
  readonly keys: ReadonlyArray<KeyRing.RingKey>
  readonly authSessions: HashMap.HashMap<StorageId.StorageId, AuthSessionStore.AuthSession>
  readonly credentialSessions: HashMap.HashMap<
    CredentialSessionId.CredentialSessionId,
    CredentialSession.CredentialSession
  >
  /** By source LF kind LF name. */
  readonly imported: HashMap.HashMap<string, ImportedHistory.Entry>
}

const empty: State = {
  records: [],
  keyOwners: HashMap.empty(),
  redemptions: HashMap.empty(),
  nonces: HashMap.empty(),
  revocations: [],
  generation: 1,
  clock: UnixTime.UnixTime.make(0),
  keys: [],
  authSessions: HashMap.empty(),
  credentialSessions: HashMap.empty(),
  imported: HashMap.empty()
}

/** What a running transaction keeps until its end. */
export interface Notes {
  generationBefore?: number
}

export interface Cell {
  read<A>(look: (state: State) => A): Effect.Effect<A>
  /** Replaces the state by a part of it. */
  change<A>(step: (state: State) => readonly [result: A, part: Partial<State>]): Effect.Effect<A>
  transact<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
  /** Outside of a transaction it is a mistake of the program, and a defect. */
  readonly notes: Effect.Effect<Notes>
}

let counter = 0

export const make: Effect.Effect<Cell> = Effect.gen(function* () {
  const Current = Context.Service<Notes>(`@bailiwick/storage/internal/MemoryState/${counter++}`)
  const gate = yield* Semaphore.make(1)
  let state = empty

  // Whoever is outside waits for a running transaction, as for the one connection of SQLite.
  const queued = <A>(step: () => A) =>
    Effect.flatMap(Effect.serviceOption(Current), (current) =>
      Option.isSome(current) ? Effect.sync(step) : gate.withPermit(Effect.sync(step))
    )

  const undone = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const before = state
      return Effect.onExit(effect, (exit) =>
        Effect.sync(() => {
          if (Exit.isFailure(exit)) state = before
        })
      )
    })

  return {
    read: (look) => queued(() => look(state)),
    change: (step) =>
      queued(() => {
        const [result, part] = step(state)
        state = { ...state, ...part }
        return result
      }),
    transact: (effect) =>
      Effect.flatMap(Effect.serviceOption(Current), (current) =>
        Option.isSome(current)
          ? undone(effect)
          : gate.withPermit(Effect.suspend(() => undone(Effect.provideService(effect, Current, {}))))
      ),
    notes: Effect.flatMap(
      Effect.serviceOption(Current),
      Option.match({
        onNone: () => Effect.die(new Error("only inside a transaction of the store")),
        onSome: Effect.succeed
      })
    )
  }
})
