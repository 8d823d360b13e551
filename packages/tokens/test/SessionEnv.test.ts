import { StorageId } from "@bailiwick/core/StorageId"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Bytes = (length: number) =>
  Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(
    Schema.isMinLength(length),
    Schema.isMaxLength(length)
  )

const read = (text: string) => SessionEnv.decode(Redacted.make(text))

describe("SessionEnv", () => {
  it.prop(
    "gives back what it wrote, with and without the third field",
    { id: Bytes(12), seed: Bytes(32), third: Schema.Option(Bytes(32)) },
    ({ id, seed, third }) => {
      const session: SessionEnv.SessionEnv = {
        id: StorageId.make(Buffer.from(id).toString("hex")),
        seed: PrivateSeed.fromBytes(Uint8Array.from(seed)),
        ...(third._tag === "Some" ? { third: PrivateSeed.fromBytes(Uint8Array.from(third.value)) } : {})
      }
      const back = Result.getOrThrow(SessionEnv.decode(SessionEnv.encode(session)))
      assert.strictEqual(back.id, session.id)
      assert.deepStrictEqual(Redacted.value(back.seed), Redacted.value(session.seed))
      assert.deepStrictEqual(back.third && Redacted.value(back.third), session.third && Redacted.value(session.third))
    }
  )

  it("is redacted, and 65 or 109 characters long", () => {
    const id = StorageId.make("0".repeat(24))
    const seed = PrivateSeed.fromBytes(new Uint8Array(32).fill(7))
    const value = SessionEnv.encode({ id, seed })
    assert.notInclude(`${value}`, "bw_s_")
    assert.strictEqual(Redacted.value(value).length, 65)
    assert.strictEqual(Redacted.value(SessionEnv.encode({ id, seed, third: seed })).length, 109)
  })

  const bytes = (length: number) => Buffer.alloc(length, 1).toString("base64")

  it("reads the one spelling", () => {
    assert.isTrue(Result.isSuccess(read(`bw_s_${bytes(44)}`)))
    assert.isTrue(Result.isSuccess(read(`bw_s_${bytes(76)}`)))
  })

  for (const [name, text] of [
    ["nothing", ""],
    ["another prefix", `joy_s_${bytes(44)}`],
    ["no prefix", bytes(44)],
    ["too few bytes", `bw_s_${bytes(43)}`],
    ["one byte more", `bw_s_${bytes(45)}`],
    ["half a third field", `bw_s_${bytes(60)}`],
    ["too many bytes", `bw_s_${bytes(108)}`],
    ["no padding", `bw_s_${bytes(44).replace("=", "")}`],
    ["the URL alphabet", `bw_s_${Buffer.alloc(44, 0xff).toString("base64").replaceAll("/", "_")}`],
    ["unused bits that are set", `bw_s_${bytes(44).replace("E=", "F=")}`],
    ["a line end", `bw_s_${bytes(44)}\n`],
    ["a blank inside", `bw_s_${bytes(44).slice(0, 10)} ${bytes(44).slice(10)}`]
  ] as const) {
    it(`refuses ${name}`, () => {
      const result = read(text)
      assert.isTrue(Result.isFailure(result) && result.failure.reason._tag === "Malformed")
    })
  }
})
