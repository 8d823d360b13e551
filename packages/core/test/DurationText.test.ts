import * as DurationText from "@bailiwick/core/DurationText"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"

describe("DurationText", () => {
  it("reads units, plain seconds and ISO 8601 up to days", () => {
    for (const [text, seconds] of [
      ["1s", 1],
      ["90s", 90],
      ["15m", 900],
      ["8h", 28_800],
      ["1d", 86_400],
      ["1h30m", 5400],
      ["1d2h3m4s", 93_784],
      ["900", 900],
      ["0900", 900],
      ["PT1S", 1],
      ["PT15M", 900],
      ["PT8H", 28_800],
      ["P1D", 86_400],
      ["P1DT2H", 93_600],
      ["P1DT2H3M4S", 93_784],
      ["PT0H1S", 1],
      ["253402300799", 253_402_300_799]
    ] as const) {
      assert.deepStrictEqual(DurationText.parse(text), Result.succeed(seconds), text)
    }
  })

  it("refuses everything else, with a hint", () => {
    const reason = (text: string) => {
      const error = Result.getOrThrow(Result.flip(DurationText.parse(text)))
      assert.include(error.hint, "15m")
      assert.isAbove(error.message.length, 0)
      return error.reason
    }
    const noDurations = [
      "",
      " ",
      "m",
      "15 m",
      " 15m",
      "15m ",
      "15m\n",
      "-15m",
      "+15m",
      "1.5h",
      "15M",
      "15H",
      "1w",
      "1y",
      "15ms",
      "30m1h",
      "1h1h",
      "1h30",
      "P",
      "PT",
      "P1DT",
      "P1M",
      "P1W",
      "P1Y",
      "PT1.5H",
      "PT1D",
      "P1H",
      "pt15m",
      "PT15m",
      "-PT1S",
      "1e3",
      "0x10",
      "１５m",
      "infinity"
    ]
    for (const text of noDurations) assert.strictEqual(reason(text), "Syntax", JSON.stringify(text))
    for (const text of ["0", "0s", "0d0h", "PT0S", "P0D"]) assert.strictEqual(reason(text), "Zero", text)
    for (const text of ["253402300800", "9999999999999d", `${"9".repeat(400)}s`]) {
      assert.strictEqual(reason(text), "TooLong", text)
    }
  })
})
