import * as JoyClaims from "@bailiwick/tokens/joy/JoyClaims"
import * as JoyJson from "@bailiwick/tokens/joy/JoyJson"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { refusalOf } from "./Fixture.ts"

const value = (claims: unknown) => Result.getOrThrow(JoyJson.parse(JSON.stringify(claims), "claims"))

const base = { member: "m", project_id: "P", created: "2026-11-01T12:00:00Z", expires: "2026-11-02T12:00:00Z" }
const all = {
  ...base,
  token_key: "t",
  delegation_key: "d",
  session_public_key: "s",
  tty: "y",
  job_id: "j",
  issuer: "i",
  delegated_by: "b",
  grant: "g"
}

describe("JoyClaims", () => {
  it("signs the claims of its generation in their order and drops those of the others", () => {
    const head = '{"member":"m","project_id":"P","created":"2026-11-01T12:00:00Z","expires":"2026-11-02T12:00:00Z",'
    const tails = {
      "0.16": '"token_key":"t","session_public_key":"s","tty":"y"}',
      "0.19": '"token_key":"t","session_public_key":"s","tty":"y","job_id":"j","issuer":"i","delegated_by":"b"}',
      "0.20": '"delegation_key":"d","session_public_key":"s","tty":"y","delegated_by":"b","grant":"g"}'
    } as const
    for (const generation of ["0.16", "0.19", "0.20"] as const) {
      const claims = Result.getOrThrow(JoyClaims.decode(value(all), generation))
      assert.strictEqual(JoyClaims.signedText(claims, generation), head + tails[generation])
    }
  })

  it("null and absent are the same, and an empty text is neither", () => {
    const read = (claims: object) =>
      JoyClaims.signedText(Result.getOrThrow(JoyClaims.decode(value({ ...base, ...claims }), "0.16")))
    assert.strictEqual(read({ tty: null, token_key: null }), read({}))
    assert.include(read({ tty: "" }), '"tty":""')
  })

  it("refuses claims that lack a member or hold another kind of value", () => {
    for (const [name, wrong] of [
      ["member", null],
      ["member", 1],
      ["project_id", ["P"]],
      ["created", 1_793_534_400],
      ["expires", "soon"],
      ["tty", 7],
      ["token_key", {}]
    ] as const) {
      assert.strictEqual(refusalOf(JoyClaims.decode(value({ ...base, [name]: wrong }), "0.16")), "Malformed", name)
    }
    for (const name of Object.keys(base)) {
      assert.strictEqual(refusalOf(JoyClaims.decode(value({ ...base, [name]: undefined }), "0.16")), "Malformed", name)
    }
    assert.strictEqual(refusalOf(JoyClaims.decode(undefined, "0.16")), "Malformed")
    assert.isUndefined(refusalOf(JoyClaims.decode(value(Object.values(base)), "0.16")))
  })

  it("tells the generation by the claims that only it has", () => {
    const told = (claims: object) => JoyClaims.generationOf(value({ ...base, ...claims }))
    assert.strictEqual(told({}), "0.16")
    assert.strictEqual(told({ token_key: "t", session_public_key: "s", tty: "y" }), "0.16")
    assert.strictEqual(told({ session_public_key: "s", job_id: "j", delegated_by: "b" }), "0.19")
    for (const claims of [{ delegation_key: "d" }, { grant: "g" }, { delegated_by: "b" }]) {
      assert.strictEqual(told(claims), "0.20")
    }
    assert.strictEqual(JoyClaims.generationOf(value("no claims")), "0.16")
  })
})
