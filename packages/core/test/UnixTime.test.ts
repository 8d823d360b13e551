import * as UnixTime from "@bailiwick/core/UnixTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

const at = (seconds: number) => UnixTime.UnixTime.make(seconds)

describe("UnixTime", () => {
  it("takes whole seconds from 1970 to the end of 9999", () => {
    const is = Schema.is(UnixTime.UnixTime)
    for (const good of [0, 1, UnixTime.maximum]) assert.isTrue(is(good))
    for (const bad of [-1, 0.5, UnixTime.maximum + 1, Number.NaN, Number.POSITIVE_INFINITY, "1"])
      assert.isFalse(is(bad))
  })

  it.effect("reads the clock, cut to the second", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_999)
      assert.strictEqual(yield* UnixTime.now, 1)
    })
  )

  it("allows a signer's clock to run 30 seconds ahead, and ends at exp", () => {
    const times = { iat: at(1000), exp: at(2000) }
    const inForce = (seconds: number) => UnixTime.isInForce(times, at(seconds))
    assert.deepStrictEqual([969, 970, 1999, 2000].map(inForce), [false, true, true, false])
  })

  it("stays inside the format when seconds are added", () => {
    assert.strictEqual(UnixTime.plus(at(UnixTime.maximum), 10), UnixTime.maximum)
    assert.strictEqual(UnixTime.plus(at(5), -10), 0)
  })

  it("picks the earliest and the latest", () => {
    assert.strictEqual(UnixTime.earliest(at(2), at(1), at(3)), 1)
    assert.strictEqual(UnixTime.latest(at(2), at(3), at(1)), 3)
  })

  it("writes RFC 3339 in UTC", () => {
    assert.strictEqual(UnixTime.toText(at(0)), "1970-01-01T00:00:00Z")
    assert.strictEqual(UnixTime.toText(at(UnixTime.maximum)), "9999-12-31T23:59:59Z")
  })
})
