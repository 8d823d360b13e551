import * as Commits from "@bailiwick/core/ports/Commits"
import * as Generation from "@bailiwick/core/ports/Generation"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { StoreError } from "@bailiwick/core/StoreError"
import * as CommonCommit from "../src/internal/CommonCommit.ts"
import * as Sqlite from "@bailiwick/storage/Sqlite"
import * as SqlStoreTransaction from "@bailiwick/storage/SqlStoreTransaction"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import { DatabaseSync } from "node:sqlite"
import * as TemporaryStore from "./TemporaryStore.ts"

/** A table of names, beside it what another process sees of it. */
const world = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { run } = yield* StoreTransaction.StoreTransaction
  const commits = yield* Commits.Commits
  yield* sql`CREATE TABLE t (name TEXT PRIMARY KEY) STRICT`
  const insert = (name: string) => sql`INSERT INTO t ${sql.insert({ name })}`
  const names = Effect.map(sql<{ name: string }>`SELECT name FROM t ORDER BY name`, (rows) =>
    rows.map((row) => row.name)
  )
  const commit = Effect.map(commits.current, Option.getOrThrow)
  /** Runs them at once, in this order. */
  const together = (...all: ReadonlyArray<Effect.Effect<unknown, unknown>>) =>
    Effect.all(
      all.map((one) => Effect.exit(run(one))),
      { concurrency: "unbounded" }
    )
  return { sql, run, insert, names, commit, together }
})

const file = Layer.unwrap(
  Effect.map(TemporaryStore.directory, (home) =>
    SqlStoreTransaction.layer.pipe(Layer.provideMerge(Sqlite.layer({ filename: `${home}/x.db` })))
  )
)

const full = new StoreError({ reason: "Full", detail: "no space for the last step" })

const failure = <A, E>(exit: Exit.Exit<A, E>): E | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Exit.findErrorOption(exit)) : undefined

describe("Transactions that wait for one another", () => {
  it.effect("share one commit, whose steps run once and last", () =>
    Effect.gen(function* () {
      const { commit, insert, names, together } = yield* world
      const told: Array<ReadonlyArray<string>> = []
      const exits = yield* together(
        ...["a", "b", "c"].map((name) =>
          Effect.gen(function* () {
            const shared = yield* commit
            if (name === "a") {
              shared.before(
                Effect.orDie(
                  Effect.map(names, (all) => {
                    told.push(all)
                  })
                )
              )
            }
            yield* insert(name)
            return shared
          })
        )
      )
      assert.strictEqual(new Set(exits.map((exit) => (Exit.isSuccess(exit) ? exit.value : exit))).size, 1)
      assert.deepStrictEqual(told, [["a", "b", "c"]])
    }).pipe(Effect.provide(file))
  )

  it.effect("have a commit of their own where nobody waits, and none outside of a transaction", () =>
    Effect.gen(function* () {
      const { commit, run } = yield* world
      const [one, other] = [yield* run(commit), yield* run(commit)]
      assert.notStrictEqual(one, other)
      assert.isTrue(Option.isNone(yield* (yield* Commits.Commits).current))
    }).pipe(Effect.provide(file))
  )

  for (const refused of ["a", "b", "c"]) {
    it.effect(`are undone alone: ${refused} fails, and the others are kept`, () =>
      Effect.gen(function* () {
        const { insert, names, together } = yield* world
        const all = ["a", "b", "c"]
        const exits = yield* together(
          ...all.map((name) =>
            Effect.andThen(insert(name), name === refused ? Effect.fail("no" as const) : Effect.void)
          )
        )
        assert.deepStrictEqual(
          exits.map(failure),
          all.map((name) => (name === refused ? "no" : undefined))
        )
        assert.deepStrictEqual(
          yield* names,
          all.filter((name) => name !== refused)
        )
      }).pipe(Effect.provide(file))
    )
  }

  it.effect("are undone alone also inside: a savepoint of the one is none of the other's", () =>
    Effect.gen(function* () {
      const { insert, names, run, together } = yield* world
      yield* together(
        Effect.andThen(insert("a"), run(insert("a1"))),
        Effect.andThen(insert("b"), Effect.ignore(run(Effect.andThen(insert("b1"), Effect.fail("no"))))),
        Effect.andThen(run(insert("c1")), Effect.fail("no"))
      )
      assert.deepStrictEqual(yield* names, ["a", "a1", "b"])
    }).pipe(Effect.provide(file))
  )

  it.effect("are not answered before their commit is durable, not even with a refusal", () =>
    Effect.gen(function* () {
      const { insert, run } = yield* world
      const home = yield* Deferred.make<void>()
      const answered: Array<string> = []
      const note = (name: string) => Effect.sync(() => answered.push(name))
      const one = yield* Effect.forkChild(Effect.ensuring(run(insert("a")), note("a")))
      const two = yield* Effect.forkChild(
        Effect.ensuring(Effect.flip(run(Effect.andThen(insert("b"), Effect.fail("no")))), note("b"))
      )
      const reached = yield* Deferred.make<void>()
      const three = yield* Effect.forkChild(
        run(Effect.andThen(Deferred.succeed(reached, undefined), Effect.andThen(Deferred.await(home), insert("c"))))
      )
      yield* Deferred.await(reached)
      for (let turn = 0; turn < 10; turn++) yield* Effect.yieldNow
      assert.deepStrictEqual(answered, [])
      yield* Deferred.succeed(home, undefined)
      yield* Fiber.join(three)
      yield* Fiber.joinAll([one, two])
      assert.deepStrictEqual(answered.toSorted(), ["a", "b"])
    }).pipe(Effect.provide(file))
  )

  it.effect("have all failed when a step before the commit fails, and the next ones go on", () =>
    Effect.gen(function* () {
      const { commit, insert, names, run, together } = yield* world
      const exits = yield* together(
        insert("a"),
        Effect.flatMap(commit, (shared) => Effect.sync(() => shared.before(Effect.fail(full)))),
        // Judged on what was never committed.
        Effect.andThen(names, Effect.fail("no"))
      )
      for (const exit of exits) {
        const error = failure(exit)
        assert.instanceOf(error, StoreError)
        assert.strictEqual((error as StoreError).reason, "Full")
      }
      assert.deepStrictEqual(yield* names, [])
      yield* run(insert("d"))
      assert.deepStrictEqual(yield* names, ["d"])
    }).pipe(Effect.provide(file))
  )

  it.effect("have all failed when the commit itself fails, and the next ones go on", () =>
    Effect.gen(function* () {
      const { insert, names, run, sql, together } = yield* world
      yield* sql`CREATE TABLE child (name TEXT REFERENCES t (name) DEFERRABLE INITIALLY DEFERRED) STRICT`
      const exits = yield* together(
        insert("a"),
        // Foreign keys that are deferred are looked at by the commit.
        sql`INSERT INTO child VALUES ('orphan')`,
        insert("b")
      )
      assert.deepStrictEqual(
        exits.map((exit) => failure(exit) instanceof StoreError),
        [true, true, true]
      )
      assert.deepStrictEqual(yield* names, [])
      yield* run(insert("c"))
      assert.deepStrictEqual(yield* names, ["c"])
    }).pipe(Effect.provide(file))
  )

  it.effect("have all failed when SQLite has undone them by itself, and the next ones go on", () =>
    Effect.gen(function* () {
      const { insert, names, run, sql, together } = yield* world
      yield* run(insert("kept"))
      const exits = yield* together(insert("a"), Effect.ignore(sql`INSERT OR ROLLBACK INTO t VALUES ('kept')`))
      assert.deepStrictEqual(
        exits.map((exit) => failure(exit) instanceof StoreError),
        [true, true]
      )
      assert.deepStrictEqual(yield* names, ["kept"])
      yield* run(insert("b"))
      assert.deepStrictEqual(yield* names, ["b", "kept"])
    }).pipe(Effect.provide(file))
  )

  it.effect("are at most so many to a commit", () =>
    Effect.gen(function* () {
      const { commit, insert, names, together } = yield* world
      const total = CommonCommit.maximum * 2 + 1
      const exits = yield* together(
        ...Array.from({ length: total }, (_, index) => Effect.andThen(insert(`${index}`), commit))
      )
      const sizes = new Map<unknown, number>()
      for (const exit of exits) {
        const shared = Exit.isSuccess(exit) ? exit.value : undefined
        sizes.set(shared, (sizes.get(shared) ?? 0) + 1)
      }
      assert.deepStrictEqual([...sizes.values()], [CommonCommit.maximum, CommonCommit.maximum, 1])
      assert.lengthOf(yield* names, total)
    }).pipe(Effect.provide(file))
  )

  it.effect("let nobody join once their commit is sealed", () =>
    Effect.gen(function* () {
      const { commit, together } = yield* world
      const sealing = Effect.tap(commit, (shared) => Effect.sync(() => shared.seal()))
      const [one, two, three] = yield* together(commit, sealing, commit)
      assert.deepStrictEqual(one, two)
      assert.notStrictEqual(two, three)
      const value = (exit: typeof one) => (exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined)
      assert.strictEqual(value(one), value(two))
      assert.notStrictEqual(value(two), value(three))
    }).pipe(Effect.provide(file))
  )

  it.effect("are the last of their commit when they raise the generation, so that each has one of its own", () =>
    Effect.gen(function* () {
      const { run } = yield* StoreTransaction.StoreTransaction
      const generation = yield* Generation.Generation
      const before = yield* generation.current
      const raised = yield* Effect.all(
        Array.from({ length: 3 }, () => run(generation.bump)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(raised, [before + 1, before + 2, before + 3])
    }).pipe(Effect.provide(TemporaryStore.layer))
  )
})

describe("A transaction that is interrupted", () => {
  it.effect("is undone alone while it runs, and the others are kept", () =>
    Effect.gen(function* () {
      const { insert, names, run } = yield* world
      const reached = yield* Deferred.make<void>()
      const one = yield* Effect.forkChild(run(insert("a")))
      const two = yield* Effect.forkChild(
        run(insert("b").pipe(Effect.andThen(Deferred.succeed(reached, undefined)), Effect.andThen(Effect.never)))
      )
      const three = yield* Effect.forkChild(run(insert("c")))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(two)
      yield* Fiber.joinAll([one, three])
      assert.deepStrictEqual(yield* names, ["a", "c"])
    }).pipe(Effect.provide(file))
  )

  it.effect("leaves the queue, and whoever went before it still commits", () =>
    Effect.gen(function* () {
      const { insert, names, run } = yield* world
      const [reached, goOn] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const one = yield* Effect.forkChild(
        run(
          insert("a").pipe(Effect.andThen(Deferred.succeed(reached, undefined)), Effect.andThen(Deferred.await(goOn)))
        )
      )
      yield* Deferred.await(reached)
      const waiting = yield* Effect.forkChild(run(insert("b")))
      const after = yield* Effect.forkChild(run(insert("c")))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.joinAll([one, after])
      assert.deepStrictEqual(yield* names, ["a", "c"])
    }).pipe(Effect.provide(file))
  )

  it.effect("is kept once it has ended, with the others, for its commit can no longer be told apart", () =>
    Effect.gen(function* () {
      const { insert, names, run } = yield* world
      const [reached, goOn] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const one = yield* Effect.forkChild(run(insert("a")))
      const two = yield* Effect.forkChild(
        run(
          Deferred.succeed(reached, undefined).pipe(Effect.andThen(Deferred.await(goOn)), Effect.andThen(insert("b")))
        )
      )
      yield* Deferred.await(reached)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(one))
      yield* Effect.yieldNow
      assert.isUndefined(one.pollUnsafe())
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.joinAll([two, interrupting])
      assert.deepStrictEqual(yield* names, ["a", "b"])
    }).pipe(Effect.provide(file))
  )

  it.effect("may be any of many, at any moment: the rest is kept, and the store goes on", () =>
    Effect.gen(function* () {
      const { insert, names, run } = yield* world
      for (let turns = 0; turns < 40; turns++) {
        const fibers = yield* Effect.forEach(["a", "b", "c", "d"], (name) =>
          Effect.forkChild(run(Effect.andThen(insert(`${turns}${name}`), Effect.yieldNow)))
        )
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* Effect.forEach(fibers.slice(1, 3), Fiber.interrupt, { concurrency: "unbounded" })
        yield* Fiber.joinAll([fibers[0], fibers[3]].filter((fiber) => fiber !== undefined))
        const kept = (yield* names).filter((name) => name.startsWith(`${turns}a`) || name.startsWith(`${turns}d`))
        assert.deepStrictEqual(kept, [`${turns}a`, `${turns}d`])
      }
    }).pipe(Effect.provide(file))
  )
})

describe("Another process", () => {
  it.effect("sees all that share a commit, or none of it", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      yield* Effect.gen(function* () {
        const { insert, together } = yield* world
        const other = yield* Effect.acquireRelease(
          Effect.sync(() => new DatabaseSync(`${home}/x.db`, { readOnly: true })),
          (database) => Effect.sync(() => database.close())
        )
        const count = other.prepare("SELECT COUNT(*) AS n FROM t")
        const seen = Effect.sync(() => count.get()?.["n"])
        const exits = yield* together(
          Effect.andThen(insert("a"), seen),
          Effect.andThen(insert("b"), seen),
          Effect.andThen(insert("c"), seen)
        )
        assert.deepStrictEqual(
          exits.map((exit) => (Exit.isSuccess(exit) ? exit.value : undefined)),
          [0, 0, 0]
        )
        assert.strictEqual(yield* seen, 3)
      }).pipe(
        Effect.provide(SqlStoreTransaction.layer.pipe(Layer.provideMerge(Sqlite.layer({ filename: `${home}/x.db` }))))
      )
    })
  )
})
