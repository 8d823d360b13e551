import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as ShellText from "../../src/client/ShellText.ts"

const nasty = `it's $(id) \`id\` "q" \\ ! \u2019 $HOME\nsecond`

describe("ShellText", () => {
  it("a POSIX shell reads back exactly the value", () => {
    const script = `${ShellText.assign("sh", { BAILIWICK_TOKEN: nasty })}\nprintf %s "$BAILIWICK_TOKEN"`
    assert.strictEqual(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout, nasty)
  })

  it("fish and PowerShell get their own quotes, doubled or escaped", () => {
    assert.strictEqual(ShellText.assign("fish", { A: `it's \\` }), String.raw`set -gx A 'it\'s \\'`)
    assert.strictEqual(ShellText.assign("pwsh", { A: "it's \u2019" }), "$env:A = 'it''s \u2019\u2019'")
  })

  it("json is one object", () => {
    assert.deepStrictEqual(JSON.parse(ShellText.assign("json", { A: nasty, B: "" })), { A: nasty, B: "" })
  })
})
