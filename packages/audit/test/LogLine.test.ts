import { assert, describe, it } from "@effect/vitest"
import * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as Result from "effect/Result"
import { LogLine } from "../src/index.ts"

const text =
  `{"v":1,"seq":7,"prev":"${"0".repeat(64)}","time":1800000000,"project":"acme","actor":{"human":"you@example.com",` +
  `"agent":"ai:claude@acme","session":"000000000000000000000000"},"type":"token.redeemed","subject":"x","outcome":"ok",` +
  `"detail":{"depth":0},"isolation":"same-user"}`

const reasonOf = (line: string | Uint8Array) => {
  const read = LogLine.read(line)
  return Result.isSuccess(read) ? "read" : read.failure.reason._tag
}

describe("LogLine", () => {
  it("reads a line as text or as bytes, and writes the same again", () => {
    for (const line of [text, new TextEncoder().encode(text)]) {
      assert.strictEqual(Result.getOrThrow(LogLine.write(Result.getOrThrow(LogLine.read(line)))), text)
    }
  })

  it.prop("writes nothing that it would not read as the same", [AuditEvent.LogLine], ([line]) => {
    const written = LogLine.write(line)
    if (Result.isSuccess(written)) {
      assert.deepStrictEqual(Result.getOrThrow(LogLine.read(written.success)), { ...line })
      assert.isFalse(written.success.includes("\n"))
    }
  })

  it("takes a line of 64 KiB and none that is larger by a byte", () => {
    const of = (length: number) => text.replace('"subject":"x"', `"subject":"${"x".repeat(length - text.length + 1)}"`)
    assert.strictEqual(reasonOf(of(65_536)), "read")
    assert.strictEqual(reasonOf(of(65_537)), "TooLarge")
  })

  const refused: ReadonlyArray<readonly [string, string, string | Uint8Array]> = [
    ["an empty line", "NotJson", ""],
    ["a member that stands twice", "NotJson", text.replace('"v":1', '"v":1,"v":1')],
    ["bytes that are not UTF-8", "NotJson", Uint8Array.of(0x22, 0xff, 0x22)],
    ["a byte order mark", "NotJson", `\ufeff${text}`],
    ["a number with an exponent", "NotJson", text.replace('"depth":0', '"depth":1e1')],
    ["another version", "NotALine", text.replace('"v":1', '"v":2')],
    ["an unknown member", "NotALine", text.replace('"v":1', '"v":1,"w":1')],
    ["an unknown member of the actor", "NotALine", text.replace('"actor":{', '"actor":{"w":1,')],
    ["a missing member", "NotALine", text.replace('"subject":"x",', "")],
    ["a negative number", "NotALine", text.replace('"seq":7', '"seq":-7')],
    ["upper-case hex", "NotALine", text.replace("0".repeat(64), "A".repeat(64))],
    ["a type with blanks", "NotALine", text.replace("token.redeemed", "token redeemed")],
    ["an outcome of its own", "NotALine", text.replace('"outcome":"ok"', '"outcome":"fine"')],
    ["a detail that is no object", "NotALine", text.replace('{"depth":0}', "[]")],
    ["blanks", "NotCompact", text.replace('"v":1,', '"v":1, ')],
    ["another order", "NotCompact", text.replace('"v":1,"seq":7', '"seq":7,"v":1')],
    ["an escape that is not needed", "NotCompact", text.replace('"x"', '"\\u0078"')]
  ]
  for (const [what, reason, line] of refused) {
    it(`refuses ${what}`, () => assert.strictEqual(reasonOf(line), reason))
  }
})
