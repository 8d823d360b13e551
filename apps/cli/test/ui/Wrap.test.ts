import { assert, describe, it } from "@effect/vitest"
import * as Wrap from "../../src/ui/Wrap.ts"

describe("Wrap", () => {
  it("breaks between words and indents what follows", () => {
    assert.strictEqual(Wrap.text("note: one two three", 13, 6), "note: one two\n      three")
    assert.strictEqual(Wrap.text("note: one two three", 12, 6), "note: one\n      two\n      three")
  })

  it("keeps a line that fits, its own indent, and every blank in it", () => {
    assert.strictEqual(Wrap.text("  allow  a", 10, 9), "  allow  a")
    assert.strictEqual(Wrap.text("  allow  a b", 10, 9), "  allow  a\n         b")
    assert.strictEqual(Wrap.text("", 10, 2), "")
  })

  it("leaves a word whole that no line holds", () => {
    assert.strictEqual(
      Wrap.text("on arn:aws:s3:::acme/team/* alone", 10, 3),
      "on\n   arn:aws:s3:::acme/team/*\n   alone"
    )
  })

  it("breaks nothing where there is no terminal", () => {
    const line = "word ".repeat(100)
    assert.strictEqual(Wrap.text(line, Infinity, 4), line)
  })
})
