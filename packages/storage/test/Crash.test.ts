import * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import * as Generation from "@bailiwick/core/ports/Generation"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import { Instance } from "@bailiwick/storage/Instance"
import * as GenerationFile from "@bailiwick/storage/GenerationFile"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import * as Store from "@bailiwick/storage/Store"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as SqlClient from "effect/sql/SqlClient"
import * as Path from "node:path"
import * as Process from "./Process.ts"
import * as TemporaryStore from "./TemporaryStore.ts"

const rounds = 12
const crowds = 6
const contenders = 50

const place = Effect.gen(function* () {
  const options = { project: TemporaryStore.project, directory: Path.join(yield* TemporaryStore.directory, "acme") }
  yield* Store.create(options)
  return options
})

/** The row and the file as the killed process left them, before anything repairs them. */
const left = ({ directory }: Store.Options) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ generation: number }>`SELECT generation FROM store`
    return {
      row: row?.generation ?? 0,
      file: Option.getOrElse(yield* GenerationFile.read(directory), () => 0)
    }
  }).pipe(Effect.provide(Sqlite.layer({ filename: Store.filename(directory), mustExist: true })))

/** Every table tells of the same number of changes, and gives it. */
const consistent = (options: Store.Options) =>
  Effect.gen(function* () {
    yield* Sqlite.checkIntegrity
    assert.isFalse((yield* Instance).restored)
    const records = yield* RecordRegistry.RecordRegistry.use((registry) => registry.all)
    const changes = records.length
    const ledger = yield* RedemptionLedger.RedemptionLedger
    const sessions = yield* CredentialSessionStore.CredentialSessionStore
    assert.deepStrictEqual(
      records.map((record) => record.place),
      Array.from({ length: changes }, (_, index) => index)
    )
    // A process may be killed before its first change: then there is none to look for.
    if (changes > 0) assert.isTrue(Option.isSome(yield* ledger.find(Samples.jti(changes - 1))))
    assert.isTrue(Option.isNone(yield* ledger.find(Samples.jti(changes))))
    assert.lengthOf(yield* sessions.list({ limit: changes + 1 }), changes)
    assert.lengthOf(yield* RevocationList.RevocationList.use((list) => list.live), changes)
    assert.isAtLeast(yield* Generation.Generation.use((generation) => generation.current), changes + 1)
    return changes
  }).pipe(Effect.provide(Store.layer(options)))

/** Of these numbers, those that were redeemed and those whose session was saved. */
const numbers = (options: Store.Options, from: number, to: number) =>
  Effect.gen(function* () {
    const ledger = yield* RedemptionLedger.RedemptionLedger
    const sessions = yield* CredentialSessionStore.CredentialSessionStore
    const all = Array.from({ length: to - from }, (_, index) => from + index)
    const found = <A, E>(find: (number: number) => Effect.Effect<Option.Option<A>, E>) =>
      Effect.filter(all, (number) => Effect.map(find(number), Option.isSome))
    return [
      yield* found((number) => ledger.find(Samples.jti(number))),
      yield* found((number) => sessions.find(Samples.credentialSessionId(number)))
    ] as const
  }).pipe(Effect.provide(Store.layer(options)))

describe("a store whose process is killed", () => {
  it.live(`holds whole transactions only, in ${rounds} rounds at random points`, () =>
    Effect.gen(function* () {
      const options = yield* place
      let changes = 0
      for (let round = 0; round < rounds; round++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const child = yield* Process.start("change.ts", [options.directory])
            // However slow the machine: some rounds end before a change, and most after one.
            yield* Process.changed(child, round % 4)
            yield* Effect.sleep(yield* Random.nextIntBetween(0, 120))
            yield* Process.kill(child)
          })
        )
        const { file, row } = yield* left(options)
        assert.include([row, row + 1], file)
        const now = yield* consistent(options)
        assert.isAtLeast(now, changes)
        changes = now
      }
      assert.isAbove(changes, 0)
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.live(
    `holds what it answered, and each of those that share a commit whole or not at all, in ${crowds} rounds`,
    () =>
      Effect.gen(function* () {
        const options = yield* place
        let from = 0
        let heard = 0
        for (let round = 0; round < crowds; round++) {
          const answered = yield* Effect.scoped(
            Effect.gen(function* () {
              const child = yield* Process.start("crowd.ts", [options.directory, String(from)])
              yield* Process.changed(child, round % 3)
              yield* Effect.sleep(yield* Random.nextIntBetween(0, 120))
              yield* Process.kill(child)
              return child.output().split("\n").slice(1, -1).map(Number)
            })
          )
          const last = Math.max(from, ...answered) + 32
          const [redeemed, saved] = yield* numbers(options, from, last)
          assert.deepStrictEqual(redeemed, saved)
          assert.deepStrictEqual(
            redeemed.filter((number) => number % 3 === 0),
            []
          )
          heard += answered.length
          assert.deepStrictEqual(
            answered.filter((number) => !redeemed.includes(number)),
            []
          )
          from = last
        }
        assert.isAbove(heard, 0)
      }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.live(`lets exactly one of ${contenders} processes redeem a token`, () =>
    Effect.gen(function* () {
      const options = yield* place
      const children = yield* Effect.forEach(
        Array.from({ length: contenders }, (_, index) => index),
        (index) => Effect.tap(Process.start("redeem.ts", [options.directory, String(index)]), Process.ready),
        { concurrency: 8 }
      )
      for (const { child } of children) child.stdin.write("\n")
      const codes = yield* Effect.promise(() => Promise.all(children.map(({ ended }) => ended)))
      assert.deepStrictEqual([...new Set(codes)], [0])
      const winners = new Set(children.map(({ output }) => output().split("\n")[1]))
      assert.strictEqual(winners.size, 1)
      const standing = yield* RedemptionLedger.RedemptionLedger.use((ledger) => ledger.find(Samples.jti(1))).pipe(
        Effect.provide(Store.layer(options))
      )
      assert.deepStrictEqual([...winners], [Option.getOrUndefined(standing)?.session])
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.live("may be opened by several processes at once, which all go on", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* Effect.scoped(
        Effect.gen(function* () {
          const children = yield* Effect.all(
            Array.from({ length: 3 }, () => Effect.tap(Process.start("change.ts", [options.directory]), Process.ready)),
            { concurrency: "unbounded" }
          )
          yield* Effect.forEach(children, (child) => Process.changed(child, 3), { concurrency: "unbounded" })
        })
      )
      assert.isAtLeast(yield* consistent(options), 9)
    }).pipe(Effect.provide(TemporaryStore.machine))
  )
})
