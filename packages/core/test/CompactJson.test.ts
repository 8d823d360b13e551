import * as CompactJson from "@bailiwick/core/CompactJson"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

describe("CompactJson", () => {
  it("writes no blanks and leaves undefined members out", () => {
    assert.strictEqual(
      CompactJson.encode({ v: 1, prev: undefined, list: ["a", 2, true, null] }),
      '{"v":1,"list":["a",2,true,null]}'
    )
  })

  it("writes a decoded value in its schema's order", () => {
    const schema = Schema.Struct({ v: Schema.Int, name: Schema.String, note: Schema.optionalKey(Schema.String) })
    const decoded = Schema.decodeUnknownSync(schema)(JSON.parse('{"note":"n","name":"x","v":1}'))
    assert.strictEqual(CompactJson.encode(decoded), '{"v":1,"name":"x","note":"n"}')
  })

  it("counts UTF-8 bytes", () => {
    assert.strictEqual(CompactJson.byteLength("é😀"), 8)
    assert.deepStrictEqual(CompactJson.encodeBytes(["é"]), new Uint8Array([0x5b, 0x22, 0xc3, 0xa9, 0x22, 0x5d]))
  })
})
