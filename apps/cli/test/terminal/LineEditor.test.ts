import { assert, describe, it } from "@effect/vitest"
import * as LineEditor from "../../src/terminal/LineEditor.ts"

const typed = (...texts: ReadonlyArray<string>) => {
  const editor = LineEditor.make()
  const outcomes = texts.map((text) => editor.push(Buffer.from(text)))
  return { outcome: outcomes.at(-1), line: Buffer.from(editor.line()).toString(), editor }
}

describe("LineEditor", () => {
  it("ends a line at Enter, and takes nothing behind it", () => {
    assert.deepInclude(typed("abc\rdef"), { outcome: "line", line: "abc" })
    assert.deepInclude(typed("abc\n"), { outcome: "line", line: "abc" })
    assert.deepInclude(typed("abc"), { outcome: "more", line: "abc" })
  })

  it("deletes one character as a person sees it, however many bytes it has", () => {
    for (const character of ["x", "é", "e\u0301", "漢", "👩‍👩‍👧"]) {
      assert.strictEqual(typed(`ab${character}\u007f`).line, "ab", character)
      assert.strictEqual(typed(`ab${character}\b\b`).line, "a", character)
    }
    assert.strictEqual(typed("\u007f\u007fa").line, "a")
  })

  it("joins a character whose bytes arrive apart", () => {
    const editor = LineEditor.make()
    for (const byte of Buffer.from("é")) editor.push(Uint8Array.of(byte))
    assert.strictEqual(Buffer.from(editor.line()).toString(), "é")
  })

  it("clears the line at ^U, gives up at ^C and at ^D on an empty line, and stops at ^Z", () => {
    assert.strictEqual(typed("abc\u0015de").line, "de")
    assert.strictEqual(typed("abc\u0003").outcome, "cancel")
    assert.strictEqual(typed("\u0004").outcome, "cancel")
    assert.deepInclude(typed("abc\u0004"), { outcome: "line", line: "abc" })
    assert.strictEqual(typed("abc\u001a").outcome, "suspend")
  })

  it("takes a paste without its brackets, and no arrow keys", () => {
    assert.strictEqual(typed("\u001b[200~words of mine\u001b[201~").line, "words of mine")
    assert.strictEqual(typed("a\u001b[Db\u001b[1;5Cc").line, "abc")
    assert.strictEqual(typed("a\u001b", "[Db").line, "ab")
  })

  it("holds no more than its bound, and nothing after a wipe", () => {
    const { editor, line } = typed("x".repeat(LineEditor.maximumBytes + 10))
    assert.strictEqual(line.length, LineEditor.maximumBytes)
    editor.wipe()
    assert.strictEqual(editor.line().length, 0)
  })
})
