/** What every `AuthSessionStore` promises. */
import * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (name: string, layer: Layer.Layer<AuthSessionStore.AuthSessionStore, unknown>): void => {
  describe(`${name} is an AuthSessionStore`, () => {
    it.effect("gives back a session as it was, of a human and of an agent", () =>
      Effect.gen(function* () {
        const store = yield* AuthSessionStore.AuthSessionStore
        const { agent: _, ...person } = Samples.authSession(2, { kind: "human", lineage: [] })
        const sessions = [Samples.authSession(1), person]
        yield* Effect.forEach(sessions, (session) => store.save(session))
        for (const session of sessions) {
          assert.deepStrictEqual(yield* store.find(session.id), Option.some(session))
        }
        assert.sameDeepMembers([...(yield* store.list)], sessions)
        assert.deepStrictEqual(yield* store.find(Samples.storageId(9)), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("changes nothing when the same proof is saved again", () =>
      Effect.gen(function* () {
        const store = yield* AuthSessionStore.AuthSessionStore
        const session = Samples.authSession(1)
        yield* store.save(session)
        yield* store.end(session.id, "revoked")
        yield* store.save(session)
        assert.deepStrictEqual(yield* store.find(session.id), Option.some({ ...session, status: "revoked" as const }))
      }).pipe(Effect.provide(layer))
    )

    it.effect("refuses another proof under an id that is taken", () =>
      Effect.gen(function* () {
        const store = yield* AuthSessionStore.AuthSessionStore
        const session = Samples.authSession(1)
        yield* store.save(session)
        const other = Samples.authSession(1, { proof: "{}" })
        assert.strictEqual((yield* Effect.flip(store.save(other))).reason, "Conflict")
        assert.deepStrictEqual(yield* store.find(session.id), Option.some(session))
      }).pipe(Effect.provide(layer))
    )

    it.effect("notes a later use, and never an earlier one", () =>
      Effect.gen(function* () {
        const store = yield* AuthSessionStore.AuthSessionStore
        const session = Samples.authSession(1)
        yield* store.save(session)
        yield* store.touch(session.id, Samples.time(1500))
        yield* store.touch(session.id, Samples.time(1400))
        assert.deepStrictEqual(yield* store.find(session.id), Option.some({ ...session, used: Samples.time(1500) }))
        yield* store.touch(Samples.storageId(9), Samples.time(1500))
        assert.lengthOf(yield* store.list, 1)
      }).pipe(Effect.provide(layer))
    )

    it.effect("ends a session once and for good", () =>
      Effect.gen(function* () {
        const store = yield* AuthSessionStore.AuthSessionStore
        const session = Samples.authSession(1)
        yield* store.save(session)
        assert.isTrue(yield* store.end(session.id, "closed"))
        assert.isFalse(yield* store.end(session.id, "revoked"))
        assert.isFalse(yield* store.end(Samples.storageId(9), "closed"))
        assert.deepStrictEqual(yield* store.find(session.id), Option.some({ ...session, status: "closed" as const }))
      }).pipe(Effect.provide(layer))
    )
  })
}
