/** What every `CredentialSessionStore` promises. */
import type * as CredentialSession from "@bailiwick/core/CredentialSession"
import * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import * as MemberId from "@bailiwick/core/MemberId"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Samples from "./Samples.ts"

/** `layer`: an empty store, a new one each time it is built. */
export const suite = (
  name: string,
  layer: Layer.Layer<CredentialSessionStore.CredentialSessionStore, unknown>
): void => {
  describe(`${name} is a CredentialSessionStore`, () => {
    it.effect("gives back a session as it was, with and without its optional members", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const { agent: _, ...person } = Samples.credentialSession(2, {
          region: "eu-west-1",
          renewed_at: Samples.time(1500)
        })
        const sessions = [Samples.credentialSession(1), person]
        yield* Effect.forEach(sessions, (session) => store.save(session))
        for (const session of sessions) {
          assert.deepStrictEqual(yield* store.find(session.id), Option.some(session))
        }
        assert.deepStrictEqual(yield* store.find(Samples.credentialSessionId(9)), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("refuses an id that is taken, and keeps the session that stands", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const session = Samples.credentialSession(1)
        yield* store.save(session)
        const other = Samples.credentialSession(1, { command: ["other"] })
        assert.strictEqual((yield* Effect.flip(store.save(other))).reason, "Conflict")
        assert.deepStrictEqual(yield* store.find(session.id), Option.some(session))
      }).pipe(Effect.provide(layer))
    )

    it.effect("replaces an active session", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const session = Samples.credentialSession(1)
        yield* store.save(session)
        const renewed = { ...session, expires_at: Samples.time(9000), issue_count: 2 }
        assert.isTrue(yield* store.update(renewed))
        assert.deepStrictEqual(yield* store.find(session.id), Option.some(renewed))
      }).pipe(Effect.provide(layer))
    )

    it.effect("replaces what an active session is searched by, too", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const { agent: _, ...session } = Samples.credentialSession(1)
        yield* store.save(session)
        const moved = { ...Samples.credentialSession(1), human: otherHuman, reuse: Samples.sha256(7) }
        assert.isTrue(yield* store.update(moved))
        assert.deepStrictEqual(yield* store.list({ human: otherHuman }), [moved])
        assert.deepStrictEqual(yield* store.findReusable(moved.reuse, Samples.time(1000), 0), Option.some(moved))
        assert.isTrue(yield* store.update(session))
        assert.deepStrictEqual(yield* store.list({}), [session])
      }).pipe(Effect.provide(layer))
    )

    const final = ["completed", "expired", "revoked", "budget_exceeded", "failed"] as const
    for (const status of final) {
      it.effect(`never leaves the status ${status}`, () =>
        Effect.gen(function* () {
          const store = yield* CredentialSessionStore.CredentialSessionStore
          const session = Samples.credentialSession(1)
          yield* store.save(session)
          assert.isTrue(yield* store.update({ ...session, status }))
          assert.isFalse(yield* store.update(session))
          assert.deepStrictEqual(yield* store.find(session.id), Option.some({ ...session, status }))
        }).pipe(Effect.provide(layer))
      )
    }

    it.effect("notes how a session ended at its cloud once it has ended, and changes nothing else of it", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const session = Samples.credentialSession(1)
        const end = { time: Samples.time(1200), ended: false, how: "nobody answered", until: Samples.time(5000) }
        assert.isFalse(yield* store.noteEnd(session.id, end))
        yield* store.save(session)
        assert.isFalse(yield* store.noteEnd(session.id, end))
        assert.deepStrictEqual(yield* store.find(session.id), Option.some(session))
        yield* store.update({ ...session, status: "revoked" })
        assert.isTrue(yield* store.noteEnd(session.id, end))
        const later = { ...end, ended: true, how: "denied", until: Samples.time(1500) }
        assert.isTrue(yield* store.noteEnd(session.id, later))
        const expected = { ...session, status: "revoked" as const, cloud_end: later }
        assert.deepStrictEqual(yield* store.find(session.id), Option.some(expected))
        assert.deepStrictEqual(yield* store.list({ status: "revoked" }), [expected])
      }).pipe(Effect.provide(layer))
    )

    it.effect("updates no session that is not there", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        assert.isFalse(yield* store.update(Samples.credentialSession(1)))
        assert.deepStrictEqual(yield* store.list({}), [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("lists newest first, by id among equals, and no more than asked for", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const same = { created_at: Samples.time(1500) }
        yield* Effect.forEach(
          [Samples.credentialSession(1), Samples.credentialSession(4, same), Samples.credentialSession(3, same)],
          (session) => store.save(session)
        )
        assert.deepStrictEqual(ids(yield* store.list({})), [4, 3, 1].map(Samples.credentialSessionId))
        assert.deepStrictEqual(ids(yield* store.list({ limit: 2 })), [4, 3].map(Samples.credentialSessionId))
      }).pipe(Effect.provide(layer))
    )

    it.effect("lists what every part of the filter lets through", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const { agent: _, ...person } = Samples.credentialSession(2)
        yield* Effect.forEach(
          [
            Samples.credentialSession(1),
            person,
            Samples.credentialSession(3, { human: otherHuman }),
            Samples.credentialSession(4, { auth_session_id: Samples.storageId(4) }),
            Samples.credentialSession(5, { status: "revoked", expires_at: Samples.time(5001) })
          ],
          (session) => store.save(session)
        )
        const expected: ReadonlyArray<readonly [CredentialSessionStore.Filter, ReadonlyArray<number>]> = [
          [{ human: Samples.human }, [5, 4, 2, 1]],
          [{ human: otherHuman }, [3]],
          [{ agent: Samples.agent }, [5, 4, 3, 1]],
          [{ auth_session: Samples.storageId(4) }, [4]],
          [{ status: "active" }, [4, 3, 2, 1]],
          [{ expires_after: Samples.time(5000) }, [5]],
          [{ expires_after: Samples.time(5000), status: "active" }, []],
          [{ human: Samples.human, agent: Samples.agent, status: "active" }, [4, 1]],
          [{ human: otherHuman, status: "revoked" }, []]
        ]
        for (const [filter, numbers] of expected) {
          assert.deepStrictEqual(ids(yield* store.list(filter)), numbers.map(Samples.credentialSessionId))
        }
      }).pipe(Effect.provide(layer))
    )

    it.effect("finds the newest session of a digest with more than the minimum left", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        yield* Effect.forEach(
          [
            Samples.credentialSession(1, { expires_at: Samples.time(5000) }),
            Samples.credentialSession(2, { expires_at: Samples.time(3000) }),
            Samples.credentialSession(3, { expires_at: Samples.time(9000), reuse: Samples.sha256(2) }),
            Samples.credentialSession(4, { expires_at: Samples.time(9000), status: "revoked" })
          ],
          (session) => store.save(session)
        )
        const find = (at: number, minimum: number) =>
          Effect.map(
            store.findReusable(Samples.sha256(1), Samples.time(at), minimum),
            Option.map((session) => session.id)
          )
        assert.deepStrictEqual(yield* find(1000, 0), Option.some(Samples.credentialSessionId(2)))
        assert.deepStrictEqual(yield* find(1000, 1999), Option.some(Samples.credentialSessionId(2)))
        assert.deepStrictEqual(yield* find(1000, 2000), Option.some(Samples.credentialSessionId(1)))
        assert.deepStrictEqual(yield* find(4999, 0), Option.some(Samples.credentialSessionId(1)))
        assert.deepStrictEqual(yield* find(5000, 0), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("does not find an ended session to use again", () =>
      Effect.gen(function* () {
        const store = yield* CredentialSessionStore.CredentialSessionStore
        const session = Samples.credentialSession(1)
        yield* store.save(session)
        yield* store.update({ ...session, status: "completed" })
        assert.deepStrictEqual(yield* store.findReusable(session.reuse, Samples.time(1000), 0), Option.none())
      }).pipe(Effect.provide(layer))
    )
  })
}

const otherHuman = MemberId.HumanId.make("me@example.com")

const ids = (sessions: ReadonlyArray<CredentialSession.CredentialSession>) => sessions.map((session) => session.id)
