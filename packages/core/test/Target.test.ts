import * as Target from "@bailiwick/core/Target"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const decode = Schema.decodeUnknownResult(Target.Entries, { onExcessProperty: "error" })
const entry = (alias: string, principal = "p") => ({ alias, provider: "oidc", principal })

describe("Target", () => {
  it("takes 1 to 32 entries, an alias once", () => {
    assert.isTrue(Result.isSuccess(decode([entry("a"), entry("b")])))
    assert.isTrue(Result.isFailure(decode([])))
    assert.isTrue(Result.isFailure(decode([entry("a"), entry("a")])))
    assert.isTrue(Result.isFailure(decode([entry("a", "p"), entry("a", "q")])))
    assert.isTrue(Result.isFailure(decode(Array.from({ length: 33 }, (_, index) => entry(`t${index}`)))))
    assert.isTrue(Result.isFailure(decode([{ ...entry("a"), extra: 1 }])))
  })

  it("counts an entry with another principal under the same alias as excess", () => {
    const parent = Result.getOrThrow(decode([entry("a"), entry("b")]))
    const child = Result.getOrThrow(decode([entry("b"), entry("a", "other")]))
    assert.deepStrictEqual(Target.excess(parent, parent), [])
    assert.deepStrictEqual(
      Target.excess(child, parent).map((one) => one.alias),
      ["a"]
    )
  })
})
