import { assert, describe, it } from "@effect/vitest"
import * as Suggest from "../../src/ui/Suggest.ts"

describe("Suggest", () => {
  it("names what is one or two edits away, a swap counting one", () => {
    assert.deepStrictEqual(Suggest.nearest("delegat", ["delegate", "delegations", "redeem"]), ["delegate"])
    assert.deepStrictEqual(Suggest.nearest("rnu", ["run", "redeem"]), ["run"])
    assert.deepStrictEqual(Suggest.nearest("provder", ["provider", "principal"]), ["provider"])
  })

  it("guesses nothing when everything is far away, and never from a short name to another", () => {
    assert.deepStrictEqual(Suggest.nearest("xyzzy", ["run", "login"]), [])
    assert.deepStrictEqual(Suggest.nearest("ab", ["cd"]), [])
  })

  it("lists a few candidates when none is near, and stays silent over many", () => {
    assert.strictEqual(Suggest.hint("xyzzy", ["dev", "prod"]), "there are: dev, prod")
    assert.strictEqual(Suggest.hint("xyzzy", ["dev"]), "there is: dev")
    assert.isUndefined(
      Suggest.hint(
        "xyzzy",
        Array.from({ length: 9 }, (_, at) => `target-${at}`)
      )
    )
    assert.isUndefined(Suggest.hint("xyzzy", []))
  })
})
