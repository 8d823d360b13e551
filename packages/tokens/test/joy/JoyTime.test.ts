import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { time } from "./Fixture.ts"

const rewritten = (text: string) => Option.getOrUndefined(Option.map(JoyTime.parse(text), JoyTime.format))

describe("JoyTime", () => {
  it("writes no, 3, 6 or 9 digits: the least that lose nothing", () => {
    for (const fraction of ["", ".123", ".120", ".000001", ".123456", ".000000001", ".123456789"]) {
      assert.strictEqual(rewritten(`2026-11-01T12:00:00${fraction}Z`), `2026-11-01T12:00:00${fraction}Z`)
    }
  })

  it("reads what chrono's relaxed reader reads, and writes it in the one form", () => {
    const forms = {
      "2026-11-01t12:00:00z": "2026-11-01T12:00:00Z",
      "2026-11-01 12:00:00 UTC": "2026-11-01T12:00:00Z",
      " 2026 - 11 -\t01T 12 : 00 : 00 . ": undefined,
      " 2026 - 11 -\t01T 12 : 00 : 00.5 +01 : 30 ": "2026-11-01T10:30:00.500Z",
      "2026-11-01T12:00:00+0130": "2026-11-01T10:30:00Z",
      "2026-11-01T12:00:00\u221201:30": "2026-11-01T13:30:00Z",
      "26-1-2T3:4:5.1Z": "0026-01-02T03:04:05.100Z",
      "2026-11-01T12:00:00.1234567899999Z": "2026-11-01T12:00:00.123456789Z",
      "2026-11-01T23:59:60.5Z": "2026-11-01T23:59:60.500Z",
      "+012026-11-01T12:00:00Z": "+12026-11-01T12:00:00Z",
      "-1-11-01T12:00:00Z": "-0001-11-01T12:00:00Z",
      "2024-02-29T00:00:00Z": "2024-02-29T00:00:00Z"
    }
    for (const [text, form] of Object.entries(forms)) assert.strictEqual(rewritten(text), form, text)
  })

  it("refuses what chrono's relaxed reader refuses", () => {
    const refused = [
      "",
      "2026-11-01",
      "2026-11-01T12:00:00",
      "2026-11-01T12:00Z",
      "2026-11-01T12:00:00.Z",
      "2026-11-01\t12:00:00Z",
      "\ufeff2026-11-01T12:00:00Z",
      "12026-11-01T12:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-11-31T00:00:00Z",
      "2026-11-01T24:00:00Z",
      "2026-11-01T12:60:00Z",
      "2026-11-01T12:00:61Z",
      "2026-11-01T12:00:00+24:00",
      "2026-11-01T12:00:00+01",
      "2026-11-01T12:00:00+1:00",
      "2026-11-01T12:00:00+01:60",
      "2026-11-01T12:00:00GMT",
      "2026-11-01T12:00:00Zx",
      "+262143-01-01T00:00:00Z",
      "-262143-01-01T00:00:00+00:01"
    ]
    for (const text of refused) assert.isTrue(Option.isNone(JoyTime.parse(text)), text)
  })

  it("compares to the nanosecond, and counts second 60 before the next day", () => {
    const ordered = [
      "1969-12-31T23:59:59.999999999Z",
      "1970-01-01T00:00:00Z",
      "2026-11-01T23:59:59.999999999Z",
      "2026-11-01T23:59:60Z",
      "2026-11-01T23:59:60.999999999Z",
      "2026-11-02T00:00:00Z",
      "2026-11-02T00:00:00.000000001Z"
    ].map(time)
    for (const [index, later] of ordered.entries()) {
      assert.isFalse(JoyTime.isAfter(later, later))
      for (const earlier of ordered.slice(0, index)) {
        assert.isTrue(JoyTime.isAfter(later, earlier))
        assert.isFalse(JoyTime.isAfter(earlier, later))
      }
    }
  })

  it.effect.prop(
    "survives its own writing, with every fraction and on both sides of 1970",
    {
      seconds: Schema.Int.check(Schema.isBetween({ minimum: -60_000_000_000, maximum: 250_000_000_000 })),
      nanos: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999 }))
    },
    ({ seconds, nanos }) =>
      Effect.gen(function* () {
        const text = JoyTime.format({ seconds, nanos })
        assert.deepStrictEqual(yield* Schema.decodeEffect(JoyTime.FromText)(text), { seconds, nanos })
        assert.strictEqual(yield* Schema.encodeEffect(JoyTime.FromText)({ seconds, nanos }), text)
        assert.deepStrictEqual(JoyTime.fromNanos(BigInt(seconds) * 1_000_000_000n + BigInt(nanos)), { seconds, nanos })
      })
  )

  it.effect("reads the clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_123)
      assert.deepStrictEqual(yield* JoyTime.now, { seconds: 1_700_000_000, nanos: 123_000_000 })
      assert.strictEqual(JoyTime.format(JoyTime.plusSeconds(yield* JoyTime.now, 86_400)), "2023-11-15T22:13:20.123Z")
    })
  )
})
