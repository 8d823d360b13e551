import { assert, describe, it } from "@effect/vitest"
import * as TomlLines from "../../src/settings/TomlLines.ts"

const text = `name = "acme"

[targets.dev]
provider = "oidc"
settings.audiences = "a b"

[[ceiling.statements]]
provider = "oidc"
[[ceiling.statements]] # the second
actions = [
  "x"
]

["quoted name"]
"a.b" = 1
`

describe("TomlLines", () => {
  it("finds keys, dotted keys, headers and elements of arrays of tables", () => {
    assert.strictEqual(TomlLines.locate(text, ["name"]), 1)
    assert.strictEqual(TomlLines.locate(text, ["targets", "dev"]), 3)
    assert.strictEqual(TomlLines.locate(text, ["targets", "dev", "provider"]), 4)
    assert.strictEqual(TomlLines.locate(text, ["targets", "dev", "settings", "audiences"]), 5)
    assert.strictEqual(TomlLines.locate(text, ["ceiling", "statements", "0", "provider"]), 8)
    assert.strictEqual(TomlLines.locate(text, ["ceiling", "statements", "1", "actions", "0"]), 10)
    assert.strictEqual(TomlLines.locate(text, ["quoted name", "a.b"]), 15)
  })

  it("names the nearest thing above for what is missing, and line 1 for what is nowhere", () => {
    assert.strictEqual(TomlLines.locate(text, ["targets", "dev", "principal"]), 3)
    assert.strictEqual(TomlLines.locate(text, ["ceiling", "statements", "1", "resources"]), 9)
    assert.strictEqual(TomlLines.locate(text, ["ttl"]), 1)
  })
})
