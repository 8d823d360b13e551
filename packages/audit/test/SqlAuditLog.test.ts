import { assert, describe, it } from "@effect/vitest"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { StoreTransaction } from "@bailiwick/core/ports/StoreTransaction"
import * as AuditLogConformance from "@bailiwick/testkit/conformance/AuditLogConformance"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { Ed25519, Ed25519Error, FaultySignature } from "@bailiwick/tokens/Ed25519"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as TestClock from "effect/testing/TestClock"
import * as Stream from "effect/Stream"
import { Checkpoint, LogVerify } from "../src/index.ts"
import * as Fixture from "./support/Fixture.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

AuditLogConformance.transactionalSuite({
  name: "SqlAuditLog",
  ...TestLog.owner,
  layer: TestLog.sql(":memory:")
})

const { project } = TestLog.owner

const fill = (size: number) =>
  Effect.gen(function* () {
    const log = yield* AuditLog
    for (let number = 0; number < size; number++) yield* log.append(Fixture.event(number))
    return log
  })

const publicKeys = Effect.gen(function* () {
  const ring = yield* (yield* KeyRing).keys("log")
  return yield* Effect.forEach(ring, ({ jwk }) => PublicKey.fromJwk(jwk))
})

const verify = Effect.flatMap(publicKeys, (keys) => LogVerify.verifyStore({ project, keys }))

describe("SqlAuditLog", () => {
  it.effect("verifies as it was written", () =>
    Effect.gen(function* () {
      const log = yield* fill(12)
      const verdict = yield* verify
      assert.deepStrictEqual(
        { ok: verdict.ok, size: verdict.size, root: verdict.root },
        { ok: true, ...(yield* log.head) }
      )
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("verifies while others append", () =>
    Effect.gen(function* () {
      const log = yield* fill(3)
      // Appends once the lines were read and before the checkpoint is.
      const late = AuditLog.of({ ...log, checkpoint: Effect.andThen(log.append(Fixture.event(3)), log.checkpoint) })
      const verdict = yield* Effect.provideService(verify, AuditLog, late)
      assert.deepStrictEqual([verdict.ok, verdict.size], [true, 4])
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  /** What somebody does to the database, the first bad line, and whether the next append already sees it. */
  const tampers: ReadonlyArray<readonly [string, string, number | undefined, "at once" | "later"]> = [
    [
      "a line in the middle is edited",
      "UPDATE audit_lines SET line = replace(line, 'event 3', 'event X') WHERE seq = 3",
      4,
      "later"
    ],
    [
      "the first line is edited",
      "UPDATE audit_lines SET line = replace(line, 'event 0', 'event X') WHERE seq = 0",
      1,
      "later"
    ],
    [
      "the last line is edited",
      "UPDATE audit_lines SET line = replace(line, 'event 6', 'event X') WHERE seq = 6",
      7,
      "at once"
    ],
    ["a line is removed", "DELETE FROM audit_lines WHERE seq = 3", 4, "later"],
    ["the last line is removed", "DELETE FROM audit_lines WHERE seq = 6", 7, "at once"],
    ["all lines are removed", "DELETE FROM audit_lines", 1, "at once"],
    ["the last line gets another number", "UPDATE audit_lines SET seq = 60 WHERE seq = 6", 7, "at once"],
    [
      "two lines change places",
      "UPDATE audit_lines SET line = (SELECT line FROM audit_lines AS o WHERE o.seq = 7 - audit_lines.seq) WHERE seq IN (3, 4)",
      4,
      "later"
    ],
    [
      "a line is added",
      "INSERT INTO audit_lines SELECT project, 7, replace(line, '\"seq\":6', '\"seq\":7') FROM audit_lines WHERE seq = 6",
      8,
      "at once"
    ],
    ["the end is put back", "UPDATE audit_ends SET size = 6", undefined, "at once"],
    [
      "the frontier is changed",
      "UPDATE audit_ends SET frontier = replace(frontier, substr(frontier, 1, 4), 'AAAA')",
      undefined,
      "at once"
    ],
    ["the frontier is removed", "UPDATE audit_ends SET frontier = ''", undefined, "at once"],
    ["the checkpoint is removed", "UPDATE audit_ends SET checkpoint = ''", undefined, "at once"],
    [
      "the checkpoint is changed",
      "UPDATE audit_ends SET checkpoint = replace(checkpoint, char(10) || '7' || char(10), char(10) || '6' || char(10))",
      undefined,
      "at once"
    ],
    ["the end is removed", "DELETE FROM audit_ends", undefined, "at once"]
  ]
  for (const [what, statement, line, seen] of tampers) {
    it.effect(`finds that ${what}`, () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const log = yield* fill(7)
        yield* sql.unsafe(statement)
        const verdict = yield* verify
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, line])
        const append = yield* Effect.exit(log.append(Fixture.event(7)))
        assert.strictEqual(Exit.isFailure(append), seen === "at once")
        if (seen === "at once") {
          assert.strictEqual((yield* Effect.flip(log.append(Fixture.event(7)))).reason, "Damaged")
          assert.strictEqual((yield* Effect.flip(log.head)).reason, "Damaged")
        }
      }).pipe(Effect.provide(TestLog.sql(":memory:")))
    )
  }

  it.effect("finds an end that was put back whole with its own checkpoint only by a head seen elsewhere", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* fill(4)
      yield* sql`CREATE TABLE kept AS SELECT * FROM audit_ends`
      yield* log.append(Fixture.event(4))
      const seen = yield* log.head
      yield* sql`DELETE FROM audit_lines WHERE seq = 4`
      yield* sql`DELETE FROM audit_ends`
      yield* sql`INSERT INTO audit_ends SELECT * FROM kept`
      assert.isTrue((yield* verify).ok)
      const keys = yield* publicKeys
      const verdict = yield* LogVerify.verifyStore({
        project,
        keys,
        heads: [{ head: seen, source: "the pinned head" }]
      })
      assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, 5])
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("undoes what an event tells of when no key can be had", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* AuditLog
      const transaction = yield* StoreTransaction
      yield* sql`CREATE TABLE state (value TEXT)`
      const change = Effect.andThen(sql`INSERT INTO state VALUES ('changed')`, log.append(Fixture.event(0)))
      assert.deepStrictEqual(yield* Effect.flip(transaction.run(change)), TestKeyRing.unreadable)
      assert.deepStrictEqual(yield* sql`SELECT * FROM state`, [])
      assert.deepStrictEqual(yield* Stream.runCollect(log.lines()), [])
    }).pipe(Effect.provide(TestLog.sql(":memory:", TestKeyRing.layerFailing)))
  )

  it.effect("undoes what an event tells of when the disk is full", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const log = yield* fill(1)
      const transaction = yield* StoreTransaction
      yield* sql`CREATE TABLE state (value TEXT)`
      const before = yield* log.head
      const [{ page_count = 0 } = {}] = yield* sql<{ page_count: number }>`PRAGMA page_count`
      yield* sql.unsafe(`PRAGMA max_page_count = ${page_count}`)
      const large = { ...Fixture.event(1), detail: { text: "x".repeat(50_000) } }
      const change = Effect.andThen(sql`INSERT INTO state VALUES ('changed')`, log.append(large))
      const error = yield* Effect.flip(transaction.run(change))
      assert.strictEqual(error._tag === "StoreError" && error.reason, "Full")
      assert.deepStrictEqual(yield* sql`SELECT * FROM state`, [])
      assert.deepStrictEqual(yield* log.head, before)
      assert.isTrue((yield* verify).ok)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("takes a new key after a year, says so in the log, and verifies the old checkpoint still", () =>
    Effect.gen(function* () {
      const log = yield* fill(2)
      const old = yield* log.checkpoint
      yield* TestClock.adjust("364 days")
      yield* log.append(Fixture.event(2))
      assert.strictEqual((yield* publicKeys).length, 1)
      yield* TestClock.adjust("1 day")
      const place = yield* log.append(Fixture.event(3))
      const [first, second] = yield* publicKeys
      assert.strictEqual(place.seq, 4)
      const lines = yield* Stream.runCollect(log.lines(3))
      assert.deepInclude(JSON.parse(lines[0]?.text ?? ""), {
        type: "keys.rotated",
        subject: second?.kid,
        detail: { purpose: "log", replaced: first?.kid }
      })
      const note = yield* log.checkpoint
      assert.isTrue(
        second !== undefined && Exit.isSuccess(yield* Effect.exit(Checkpoint.verify({ project, note, keys: [second] })))
      )
      const keys = yield* publicKeys
      const verdict = yield* LogVerify.verifyStore({ project, keys, against: [old] })
      assert.deepStrictEqual([verdict.ok, verdict.size], [true, 5])
      yield* TestClock.setTime(0)
      assert.strictEqual((yield* log.append(Fixture.event(5))).seq, 5)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("refuses a key that is not the one that its id names", () =>
    Effect.gen(function* () {
      const log = yield* AuditLog
      const error = yield* Effect.flip(log.append(Fixture.event(0)))
      assert.strictEqual(error.reason, "Damaged")
    }).pipe(Effect.provide(TestLog.sql(":memory:", swapped)))
  )

  it.effect("keeps the logs of two projects in one database apart", () =>
    Effect.gen(function* () {
      const log = yield* fill(3)
      const other = yield* Effect.provide(AuditLog, TestLog.sqlOver("other"))
      assert.strictEqual((yield* other.append(Fixture.event(0))).seq, 0)
      assert.deepStrictEqual([(yield* log.head).size, (yield* other.head).size], [3, 1])
      assert.isTrue((yield* verify).ok)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )
})

/** A ring that gives out another seed than its `kid` names. */
const swapped = Layer.effect(
  KeyRing,
  Effect.map(KeyRing, (ring) =>
    KeyRing.of({
      ...ring,
      create: (purpose, at) => Effect.map(ring.create(purpose, at), (key) => ({ ...key, seed: TestKeyRing.seed(9) }))
    })
  )
).pipe(Layer.provide(TestKeyRing.layer))

describe("SqlAuditLog in transactions that share a commit", () => {
  /** Counts what the log signs. */
  const counted = Effect.gen(function* () {
    const signed: Array<string> = []
    const ed25519 = yield* Ed25519
    const counting = Ed25519.of({
      ...ed25519,
      sign: (seed, message) =>
        Effect.suspend(() => {
          signed.push(new TextDecoder().decode(message))
          return ed25519.sign(seed, message)
        })
    })
    const services = yield* Layer.build(
      TestLog.sqlOver(project).pipe(Layer.provide(Layer.succeed(Ed25519, counting)), Layer.fresh)
    )
    const { run } = yield* StoreTransaction
    return { signed, run, log: Context.get(services, AuditLog) }
  })

  const subjects = (log: AuditLog["Service"]) =>
    Effect.map(Stream.runCollect(log.lines()), (lines) => lines.map(({ text }) => JSON.parse(text).subject))

  const sizes = (signed: ReadonlyArray<string>) => signed.map((text) => Number(text.split("\n")[1]))

  it.effect("signs one checkpoint, over the lines of all of them in the order in which they ran", () =>
    Effect.gen(function* () {
      const { log, run, signed } = yield* counted
      yield* log.append(Fixture.event(0))
      yield* Effect.all(
        [1, 2, 3, 4].map((number) => run(log.append(Fixture.event(number)))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(sizes(signed), [1, 5])
      assert.deepStrictEqual(
        yield* subjects(log),
        [0, 1, 2, 3, 4].map((number) => Fixture.event(number).subject)
      )
      const verdict = yield* verify
      assert.deepStrictEqual([verdict.ok, verdict.size], [true, 5])
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("signs one checkpoint over several lines of one transaction", () =>
    Effect.gen(function* () {
      const { log, run, signed } = yield* counted
      yield* run(Effect.all([0, 1, 2].map((number) => log.append(Fixture.event(number)))))
      assert.deepStrictEqual(sizes(signed), [3])
      assert.isTrue((yield* verify).ok)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  for (const refused of [0, 1, 2]) {
    it.effect(`leaves out the lines of the one that failed, number ${refused}, and chains on without them`, () =>
      Effect.gen(function* () {
        const { log, run, signed } = yield* counted
        yield* log.append(Fixture.event(9))
        const places = yield* Effect.all(
          [0, 1, 2].map((number) =>
            Effect.option(
              run(
                Effect.tap(log.append(Fixture.event(number)), () =>
                  number === refused ? Effect.fail("no") : Effect.void
                )
              )
            )
          ),
          { concurrency: "unbounded" }
        )
        const kept = [0, 1, 2].filter((number) => number !== refused)
        assert.deepStrictEqual(
          places.flatMap((place) => (Option.isSome(place) ? [place.value.seq] : [])),
          [1, 2]
        )
        assert.deepStrictEqual(
          yield* subjects(log),
          [9, ...kept].map((number) => Fixture.event(number).subject)
        )
        assert.strictEqual(sizes(signed).at(-1), 3)
        assert.isTrue((yield* verify).ok)
      }).pipe(Effect.provide(TestLog.sql(":memory:")))
    )
  }

  it.effect("leaves out the lines of a savepoint that was undone, also as the last thing", () =>
    Effect.gen(function* () {
      const { log, run } = yield* counted
      yield* run(
        log
          .append(Fixture.event(0))
          .pipe(
            Effect.andThen(Effect.ignore(run(Effect.andThen(log.append(Fixture.event(1)), Effect.fail("no"))))),
            Effect.andThen(log.append(Fixture.event(2))),
            Effect.andThen(Effect.ignore(run(Effect.andThen(log.append(Fixture.event(3)), Effect.fail("no")))))
          )
      )
      assert.deepStrictEqual(
        yield* subjects(log),
        [0, 2].map((number) => Fixture.event(number).subject)
      )
      assert.strictEqual((yield* log.append(Fixture.event(4))).seq, 2)
      assert.isTrue((yield* verify).ok)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("shows head and checkpoint of what the transaction has written so far", () =>
    Effect.gen(function* () {
      const { log, run } = yield* counted
      yield* log.append(Fixture.event(0))
      yield* run(
        Effect.gen(function* () {
          yield* log.append(Fixture.event(1))
          assert.strictEqual((yield* log.head).size, 2)
          assert.strictEqual((yield* log.checkpoint).split("\n")[1], "2")
          yield* log.append(Fixture.event(2))
        })
      )
      assert.strictEqual((yield* log.checkpoint).split("\n")[1], "3")
      assert.isTrue((yield* verify).ok)
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("believes a line beyond the checkpoint only as it wrote it", () =>
    Effect.gen(function* () {
      const { log, run } = yield* counted
      const sql = yield* SqlClient.SqlClient
      yield* log.append(Fixture.event(0))
      const error = yield* Effect.flip(
        run(
          log
            .append(Fixture.event(1))
            .pipe(
              Effect.andThen(sql`UPDATE audit_lines SET line = replace(line, 'event 1', 'event X') WHERE seq = 1`),
              Effect.andThen(log.append(Fixture.event(2)))
            )
        )
      )
      assert.strictEqual(error._tag === "StoreError" ? error.reason : error._tag, "Damaged")
      assert.deepStrictEqual(yield* subjects(log), [Fixture.event(0).subject])
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )

  it.effect("commits nothing of any of them when the checkpoint cannot be signed", () =>
    Effect.gen(function* () {
      const ed25519 = yield* Ed25519
      const faulty = Ed25519.of({
        ...ed25519,
        sign: () => Effect.fail(new Ed25519Error({ reason: new FaultySignature() }))
      })
      const services = yield* Layer.build(
        TestLog.sqlOver(project).pipe(Layer.provide(Layer.succeed(Ed25519, faulty)), Layer.fresh)
      )
      const log = Context.get(services, AuditLog)
      const { run } = yield* StoreTransaction
      const exits = yield* Effect.all(
        [0, 1].map((number) => Effect.flip(run(log.append(Fixture.event(number))))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        exits.map((error) => error.reason),
        ["Unavailable", "Unavailable"]
      )
      assert.deepStrictEqual(yield* subjects(log), [])
    }).pipe(Effect.provide(TestLog.sql(":memory:")))
  )
})
