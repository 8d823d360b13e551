/**
 * What every `AuditLog` promises (formats §6).
 *
 * The chain, the root and the checkpoint are computed here once more, by the definition and by nothing that the
 * implementations use, so that an implementation cannot agree with its own mistake.
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as LogHead from "@bailiwick/core/LogHead"
import * as AuditLog from "@bailiwick/core/ports/AuditLog"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import type { Isolation } from "@bailiwick/core/Isolation"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"

export interface Subject {
  readonly name: string
  /** Of which project the log under test is, and what it says of its isolation. */
  readonly project: ProjectId
  readonly isolation: Isolation
  /** A log without lines, a new one each time. */
  readonly layer: Layer.Layer<AuditLog.AuditLog, unknown>
}

/** A log in the transactions of a store. */
export interface TransactionalSubject extends Subject {
  readonly layer: Layer.Layer<AuditLog.AuditLog | StoreTransaction.StoreTransaction, unknown>
}

export const event = (over: Partial<AuditEvent.AuditEvent> = {}): AuditEvent.AuditEvent => ({
  actor: {},
  type: "sweep.pruned",
  subject: "",
  outcome: "ok",
  detail: {},
  ...over
})

export const suite = ({ name, project, isolation, layer }: Subject): void => {
  describe(`${name} is an AuditLog`, () => {
    it.effect("has the head of the empty tree, no lines and no checkpoint before the first event", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        assert.deepStrictEqual(yield* log.head, LogHead.empty)
        assert.deepStrictEqual(yield* texts(log), [])
        assert.strictEqual(yield* log.checkpoint, "")
      }).pipe(Effect.provide(layer))
    )

    it.effect("writes compact JSON in the order of the formats, chained by the hash of the line before", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        const place = yield* log.append(
          event({ subject: "first", detail: { b: 1, a: [true, null, "x"] }, actor: { session: "s" } })
        )
        const next = yield* log.append(event({ type: "project.created", outcome: "refused" }))
        const [first = "", second = ""] = yield* texts(log)
        const { time } = place
        assert.deepStrictEqual([place.seq, next.seq], [0, 1])
        assert.strictEqual(
          first,
          `{"v":1,"seq":0,"prev":"${"0".repeat(64)}","time":${time},"project":"${project}","actor":{"session":"s"},` +
            `"type":"sweep.pruned","subject":"first","outcome":"ok","detail":{"b":1,"a":[true,null,"x"]},"isolation":"${isolation}"}`
        )
        assert.strictEqual(
          second,
          `{"v":1,"seq":1,"prev":"${sha256(first).toString("hex")}","time":${next.time},"project":"${project}","actor":{},` +
            `"type":"project.created","subject":"","outcome":"refused","detail":{},"isolation":"${isolation}"}`
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps one event on one line, whatever its texts hold", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        const subject = `a\nb\r\u0000\u001b[2J"\\\u2028}`
        yield* log.append(event({ subject }))
        const [line = ""] = yield* texts(log)
        assert.notMatch(line, /[\n\r\u0000\u001b]/u)
        assert.strictEqual(JSON.parse(line).subject, subject)
      }).pipe(Effect.provide(layer))
    )

    it.effect("has the root of RFC 6962 and a checkpoint of exactly its lines after each event", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        for (let size = 1; size <= 20; size++) {
          yield* log.append(event({ detail: { size } }))
          const expected = root(yield* texts(log))
          assert.deepStrictEqual({ ...(yield* log.head) }, { size, root: expected.toString("base64url") })
          const note = yield* log.checkpoint
          assert.isTrue(
            note.startsWith(
              `bailiwick/${project}\n${size}\n${expected.toString("base64")}\n\n\u2014 bailiwick/${project} `
            )
          )
        }
      }).pipe(Effect.provide(layer))
    )

    it.effect("reads from any line on, across its pages", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        yield* Effect.forEach(Array.from({ length: 515 }), () => log.append(event()), { discard: true })
        const numbers = (from?: number) =>
          Stream.runCollect(log.lines(from)).pipe(Effect.map((lines) => lines.map(({ seq }) => seq)))
        assert.deepStrictEqual(
          yield* numbers(),
          Array.from({ length: 515 }, (_, seq) => seq)
        )
        assert.deepStrictEqual(yield* numbers(513), [513, 514])
        assert.deepStrictEqual(yield* numbers(515), [])
      }).pipe(Effect.provide(layer))
    )

    it.effect("gives concurrent events distinct places", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        const places = yield* Effect.all(
          Array.from({ length: 20 }, () => log.append(event())),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          places.map(({ seq }) => seq).toSorted((one, other) => one - other),
          Array.from({ length: 20 }, (_, seq) => seq)
        )
      }).pipe(Effect.provide(layer))
    )

    const unloggable: ReadonlyArray<readonly [string, AuditEvent.AuditEvent]> = [
      ["larger than a line may be", event({ subject: "x".repeat(64 * 1024) })],
      ["with half a surrogate pair", event({ subject: "\ud800" })],
      ["with a fraction, which two readers may round differently", event({ detail: { a: 0.5 } })]
    ]
    for (const [how, refused] of unloggable) {
      it.effect(`refuses an event ${how}, and stays as it was`, () =>
        Effect.gen(function* () {
          const log = yield* AuditLog.AuditLog
          yield* log.append(event())
          const before = [yield* log.head, yield* log.checkpoint, yield* texts(log)]
          const error = yield* Effect.flip(log.append(refused))
          assert.strictEqual(error._tag, "StoreError")
          assert.deepStrictEqual([yield* log.head, yield* log.checkpoint, yield* texts(log)], before)
          assert.strictEqual((yield* log.append(event())).seq, 1)
        }).pipe(Effect.provide(layer))
      )
    }
  })
}

/** The same, and what a log promises that lives in a store's transactions. */
export const transactionalSuite = (subject: TransactionalSubject): void => {
  suite(subject)
  describe(`${subject.name} is an AuditLog inside transactions`, () => {
    it.effect("forgets an event whose transaction fails, and chains on as if it had not been", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        const transaction = yield* StoreTransaction.StoreTransaction
        yield* log.append(event({ subject: "kept" }))
        const before = yield* log.head
        const failed = yield* transaction
          .run(Effect.andThen(log.append(event({ subject: "undone" })), Effect.fail("no")))
          .pipe(Effect.flip)
        assert.strictEqual(failed, "no")
        assert.deepStrictEqual(yield* log.head, before)
        yield* transaction.run(log.append(event({ subject: "next" })))
        const lines = yield* texts(log)
        assert.deepStrictEqual(
          lines.map((line) => JSON.parse(line).subject),
          ["kept", "next"]
        )
        assert.deepStrictEqual(yield* log.head, { ...before, size: 2, root: (yield* log.head).root })
        assert.strictEqual((yield* log.head).root, root(lines).toString("base64url"))
      }).pipe(Effect.provide(subject.layer))
    )

    it.effect("takes several events in one transaction", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog.AuditLog
        const transaction = yield* StoreTransaction.StoreTransaction
        yield* transaction.run(Effect.all([log.append(event()), log.append(event()), log.append(event())]))
        const lines = yield* texts(log)
        assert.deepStrictEqual({ ...(yield* log.head) }, { size: 3, root: root(lines).toString("base64url") })
      }).pipe(Effect.provide(subject.layer))
    )
  })
}

const texts = (log: AuditLog.AuditLog["Service"]) =>
  Effect.map(Stream.runCollect(log.lines()), (lines) => lines.map(({ text }) => text))

const sha256 = (...parts: ReadonlyArray<string | Buffer>): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()

/** RFC 6962 §2.1, word for word. */
const root = (lines: ReadonlyArray<string>): Buffer => {
  const [only = ""] = lines
  if (lines.length === 0) return sha256()
  if (lines.length === 1) return sha256(Buffer.of(0), only)
  let k = 1
  while (k * 2 < lines.length) k *= 2
  return sha256(Buffer.of(1), root(lines.slice(0, k)), root(lines.slice(k)))
}
