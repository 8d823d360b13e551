import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexInspect from "@bailiwick/storage/audex/AudexInspect"
import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import { assert, describe, it } from "@effect/vitest"
import * as Sample from "./Sample.ts"

const text = AudexCodec.encode(Sample.session)

describe("AudexInspect", () => {
  it("shows what stands in a session, and claims nothing for it", () => {
    assert.deepStrictEqual(AudexInspect.inspect({ text }), {
      kind: "credential-session",
      profile: "audex",
      verdict: "unverified",
      reason: "nothing in a session of Audex is signed",
      value: JSON.parse(text)
    })
  })

  it("reads bytes as well, and refuses what is no UTF-8", () => {
    assert.strictEqual(AudexInspect.inspect({ text: new TextEncoder().encode(text) }).verdict, "unverified")
    assert.strictEqual(
      AudexInspect.inspect({ text: Uint8Array.of(0xff) }).reason,
      "this is no session of Audex: its bytes are not UTF-8"
    )
  })

  it("shows members that the original leaves out, and a lifetime that no double holds as text", () => {
    const least = text
      .replace('"ttl_seconds": 900', '"ttl_seconds": 18446744073709551615')
      .replace(/,\n {2}"provider": "aws"/u, "")
    const { value } = AudexInspect.inspect({ text: least })
    assert.deepStrictEqual(value, { ...JSON.parse(text), ttl_seconds: "18446744073709551615" })
  })

  it("refuses what a reader owes refusal, with a null value", () => {
    for (const broken of ["", "null", "[]", text.slice(0, -1), `${text}x`, text.replace("active", "Active")]) {
      const { reason, value, verdict } = AudexInspect.inspect({ text: broken })
      assert.deepStrictEqual([verdict, value], ["refused", null])
      assert.match(reason, /^this is no session of Audex: /u)
    }
  })

  it("remarks a file whose name is not its id, and a policy of ours that cannot be read", () => {
    const unknown = new AudexJson.Members([["bailiwick_policy", "all"]])
    const { reason, verdict } = AudexInspect.inspect({
      text: AudexCodec.encode({ ...Sample.session, unknown }),
      name: "x.json"
    })
    assert.strictEqual(verdict, "unverified")
    assert.strictEqual(
      reason,
      "nothing in a session of Audex is signed; the id inside is another than the name of the file; its bailiwick_policy cannot be read"
    )
    assert.strictEqual(
      AudexInspect.inspect({ text, name: `${Sample.session.id}.json` }).reason,
      "nothing in a session of Audex is signed"
    )
  })
})
