import { assert, describe, it } from "@effect/vitest"
import * as Recent from "../src/internal/Recent.ts"

describe("Recent", () => {
  it("forgets the oldest once the newest does not fit beside it", () => {
    const recent = Recent.make<number>(2)
    for (const [value, key] of ["a", "b", "c"].entries()) recent.keep(key, value)
    assert.deepStrictEqual(["a", "b", "c"].map(recent.get), [undefined, 1, 2])
  })

  it("counts weights, and forgets as many as the newest needs", () => {
    const recent = Recent.make<string>(10)
    recent.keep("a", "a", 4)
    recent.keep("b", "b", 4)
    recent.keep("c", "c", 2)
    assert.deepStrictEqual(["a", "b", "c"].map(recent.get), ["a", "b", "c"])
    recent.keep("d", "d", 7)
    assert.deepStrictEqual(["a", "b", "c", "d"].map(recent.get), [undefined, undefined, "c", "d"])
  })

  it("neither keeps what outweighs it nor forgets anything for it", () => {
    const recent = Recent.make<string>(10)
    recent.keep("a", "a", 10)
    recent.keep("b", "b", 11)
    assert.deepStrictEqual(["a", "b"].map(recent.get), ["a", undefined])
  })

  it("counts what it knows already only once", () => {
    const recent = Recent.make<string>(2)
    recent.keep("a", "a")
    recent.keep("a", "a")
    recent.keep("b", "b")
    assert.deepStrictEqual(["a", "b"].map(recent.get), ["a", "b"])
  })
})
