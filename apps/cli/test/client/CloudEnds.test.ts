import { assert, describe, it } from "@effect/vitest"
import type { CloudEnd } from "@bailiwick/broker/Revoke"
import { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as CloudEnds from "../../src/client/CloudEnds.ts"

const start = 1_900_000_000

const end = (number: number, more: Partial<CloudEnd> = {}): CloudEnd => ({
  id: CredentialSessionId.make(`01a2031f-0000-7000-8000-${String(number).padStart(12, "0")}`),
  provider: "aws",
  ended: true,
  how: `the role denies session ${number}`,
  worst: 300,
  until: UnixTime.UnixTime.make(start + number),
  ...more
})

const many = Array.from({ length: 20 }, (_, number) => end(number))

describe("CloudEnds", () => {
  it("says of each session how it ended and when that bites, and of none nothing", () => {
    assert.deepStrictEqual(CloudEnds.lines([]), [])
    assert.deepStrictEqual(CloudEnds.lines([end(1), end(2, { ended: false, how: "it lives" })]), [
      `${end(1).id}  the role denies session 1 (expected to be dead by 2030-03-17T17:46:41Z)`,
      `${end(2).id}  it lives (good until 2030-03-17T17:46:42Z)`
    ])
  })

  it("counts the last of many, with the time by which all of those are dead", () => {
    const lines = CloudEnds.lines(many)
    assert.lengthOf(lines, 9)
    assert.strictEqual(lines.at(-1), "and 12 more (expected to be dead by 2030-03-17T17:46:59Z)")
    const alive = CloudEnds.lines([...many, end(9, { ended: false })])
    assert.strictEqual(alive.at(-1), "and 13 more (good until 2030-03-17T17:46:59Z)")
  })

  it("never counts what a cloud did not do: it stands first and whole", () => {
    const failed = Array.from({ length: 12 }, (_, number) => end(100 + number, { ended: false, hint: "allow it" }))
    const lines = CloudEnds.lines([...many, ...failed])
    assert.lengthOf(lines, 13)
    assert.isTrue(failed.every(({ id }, index) => lines[index]?.startsWith(id)))
    assert.match(lines.at(-1) ?? "", /^and 20 more /u)
  })

  it.effect("fails for a cloud that was asked in vain alone, and says what tries it once more", () =>
    Effect.gen(function* () {
      yield* CloudEnds.check([end(1), end(2, { ended: false })])
      const failed = end(3, { ended: false, how: "no rights", hint: "allow it" })
      const error = yield* Effect.flip(CloudEnds.check([end(1), failed, failed]))
      assert.strictEqual(error.exit, 8)
      assert.match(error.message, /not ended at the cloud: no rights \(and 1 more\)$/u)
      assert.strictEqual(error.hint, "allow it; then revoke the same again")
      const other = yield* Effect.flip(CloudEnds.check([failed], "revoke it by its id"))
      assert.strictEqual(other.hint, "allow it; then revoke it by its id")
    })
  )
})
