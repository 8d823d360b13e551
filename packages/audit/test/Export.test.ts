import { assert, describe, it } from "@effect/vitest"
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as EventTypes from "@bailiwick/core/EventTypes"
import { AgentId, HumanId } from "@bailiwick/core/MemberId"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Export, LogLine, MemoryAuditLog } from "../src/index.ts"
import * as OcsfEvent from "../src/internal/OcsfEvent.ts"
import * as Fixture from "./support/Fixture.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

const log = MemoryAuditLog.layer(TestLog.owner).pipe(
  Layer.provide(TestKeyRing.layer),
  Layer.provideMerge(TestLog.crypto)
)

const actor = { human: HumanId.make("you@example.com"), agent: AgentId.make("ai:claude@acme"), session: "0".repeat(24) }
const redeemed: AuditEvent.AuditEvent = {
  actor,
  type: "token.redeemed",
  subject: "jti",
  outcome: "ok",
  detail: { depth: 0 }
}

const about = (type: AuditEvent.AuditEvent["type"], subject: string): AuditEvent.AuditEvent => ({
  ...redeemed,
  type,
  subject
})

const append = (...events: ReadonlyArray<AuditEvent.AuditEvent>) =>
  Effect.flatMap(AuditLog, (port) => Effect.forEach(events, port.append))

const read = (format: Export.Format) =>
  Effect.gen(function* () {
    const exported = yield* Export.open(format)
    return { ...exported, text: (yield* Stream.runCollect(exported.text)).join("") }
  })

const texts = Effect.flatMap(AuditLog, (port) => Stream.runCollect(port.lines())).pipe(
  Effect.map((lines) => lines.map(({ text }) => text))
)

const hash = (line: string) => LogLine.hash(new TextEncoder().encode(line))

describe("Export", () => {
  it.effect("writes as jsonl the very lines that are hashed, so that they verify with their checkpoint", () =>
    Effect.gen(function* () {
      yield* append(redeemed, Fixture.event(1))
      const { text, size, checkpoint } = yield* read("jsonl")
      assert.strictEqual(text, (yield* texts).map((line) => `${line}\n`).join(""))
      assert.strictEqual(size, 2)
      assert.isTrue((yield* Fixture.verify(new TextEncoder().encode(text), checkpoint)).ok)
    }).pipe(Effect.provide(log))
  )

  it.effect("holds the lines of its checkpoint alone, though more are appended while it is read", () =>
    Effect.gen(function* () {
      yield* append(redeemed)
      const exported = yield* Export.open("jsonl")
      yield* append(redeemed)
      const text = (yield* Stream.runCollect(exported.text)).join("")
      assert.isTrue((yield* Fixture.verify(new TextEncoder().encode(text), exported.checkpoint)).ok)
    }).pipe(Effect.provide(log))
  )

  it.effect("writes an empty log as nothing, and as a header alone in csv", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read("jsonl"), { size: 0, checkpoint: "", text: "" })
      assert.strictEqual((yield* read("ocsf")).text, "")
      assert.match((yield* read("csv")).text, /^seq,time,[a-z,]+,hash\r\n$/u)
    }).pipe(Effect.provide(log))
  )

  it.effect("keeps a spreadsheet from taking a cell for a formula, and every other cell as it is", () =>
    Effect.gen(function* () {
      const starts = ["=1", "+1", "-1", "@a", "\t=1", "\r=1"]
      const plain = ["", "a=1", 'with "quotes", commas\nand lines', "'=1", " =1"]
      yield* append(...[...starts, ...plain].map((subject) => about(redeemed.type, subject)))
      const { text } = yield* read("csv")
      const rows = yield* Stream.make(text).pipe(
        Stream.pipeThroughChannel(Csv.decodeString({ headers: true })),
        Stream.runCollect
      )
      const lines = yield* texts
      assert.deepStrictEqual(
        rows.map(({ subject }) => subject),
        [...starts.map((cell) => `'${cell}`), ...plain]
      )
      assert.deepStrictEqual(
        rows.map(({ hash }) => hash),
        lines.map(hash)
      )
      assert.deepInclude(rows[0], {
        seq: "0",
        human: "you@example.com",
        agent: "ai:claude@acme",
        detail: '{"depth":0}',
        time: "1970-01-01T00:00:00Z"
      })
    }).pipe(Effect.provide(log))
  )

  it.effect("writes OCSF events that carry the hash of their line and of the one before", () =>
    Effect.gen(function* () {
      yield* append(
        redeemed,
        { ...redeemed, type: "issue.refused", subject: "id", outcome: "refused" },
        Fixture.event(2)
      )
      const [first, second, third] = (yield* read("ocsf")).text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const lines = yield* texts
      assert.deepInclude(first, {
        category_uid: 3,
        class_uid: 3002,
        activity_id: 1,
        type_uid: 300201,
        time: 0,
        status_id: 1,
        severity_id: 1
      })
      assert.deepInclude(first.user, { uid: "ai:claude@acme", domain: "you@example.com" })
      assert.deepInclude(second, {
        class_uid: 3004,
        type_uid: 300401,
        status_id: 2,
        status_code: "refused",
        severity_id: 2
      })
      assert.deepStrictEqual(second.entity, { type: "credential session", uid: "id" })
      assert.deepInclude(third, { class_uid: 3004, activity_id: 3, type_uid: 300403 })
      assert.deepStrictEqual(third.unmapped, {
        subject: "event 2",
        outcome: "ok",
        actor: {},
        detail: { number: 2 },
        isolation: "same-user"
      })
      for (const [at, event] of [first, second, third].entries()) {
        assert.strictEqual(event.attestation_list[0].fingerprint.value, hash(lines[at] ?? ""))
        assert.strictEqual(
          event.attestation_list[0].prev_event?.fingerprint.value,
          at === 0 ? undefined : hash(lines[at - 1] ?? "")
        )
        assert.deepStrictEqual([event.metadata.sequence, event.metadata.log_name], [at, "bailiwick/acme"])
      }
    }).pipe(Effect.provide(log))
  )

  it.effect("calls a type of another program of this format an other activity", () =>
    Effect.gen(function* () {
      yield* append(redeemed)
      const [text = ""] = yield* texts
      const foreign = text.replace("token.redeemed", "of.another")
      const line = yield* Effect.fromResult(LogLine.read(foreign))
      const event = JSON.parse(OcsfEvent.fromLine(line, foreign))
      assert.deepInclude(event, { class_uid: 3004, activity_id: 99, type_uid: 300499 })
    }).pipe(Effect.provide(log))
  )

  it.effect("has an OCSF class for every type that this program writes", () =>
    Effect.gen(function* () {
      yield* append(...EventTypes.EventTypes.literals.map((type) => about(type, "")))
      const events = (yield* read("ocsf")).text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        events.filter(({ activity_id }) => activity_id === 99),
        []
      )
    }).pipe(Effect.provide(log))
  )

  it.effect("fails by name on a line that is none", () =>
    Effect.gen(function* () {
      yield* append(redeemed)
      const port = yield* AuditLog
      const broken = AuditLog.of({ ...port, lines: () => Stream.make({ seq: 0, text: "{}" }) })
      for (const format of ["ocsf", "csv"] as const) {
        const error = yield* Effect.flip(Effect.provideService(read(format), AuditLog, broken))
        assert.deepInclude(error, { reason: "Damaged" })
        assert.match(error.detail, /^line 1 of the audit log/u)
      }
    }).pipe(Effect.provide(log))
  )
})
