import { StorageId } from "@bailiwick/core/StorageId"
import * as JoyEnv from "@bailiwick/tokens/joy/JoyEnv"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { refusalOf, seed } from "./Fixture.ts"

const id = StorageId.make("0123456789abcdef01234567")
const short = { id, seed: seed(7) }
const long = { ...short, delegation: seed(9) }

const decode = (text: string) => JoyEnv.decode(Redacted.make(text))
const bytes = (length: number) => `joy_s_${Buffer.alloc(length, 1).toString("base64")}`

describe("JoyEnv", () => {
  it("session_env_roundtrip: a value of 44 bytes gives back its id and seed", () => {
    const value = Redacted.value(JoyEnv.encode(short))
    assert.isTrue(value.startsWith(JoyEnv.prefix))
    assert.strictEqual(value.length, 66)
    const env = Result.getOrThrow(decode(value))
    assert.strictEqual(env.id, id)
    assert.deepStrictEqual(Redacted.value(env.seed), new Uint8Array(32).fill(7))
  })

  it("session_env_full_roundtrip_with_delegation: a value of 76 bytes gives back all three parts", () => {
    const value = Redacted.value(JoyEnv.encode(long))
    assert.strictEqual(value.length, 110)
    const { delegation, ...env } = Result.getOrThrow(decode(value))
    assert.strictEqual(env.id, id)
    assert.deepStrictEqual(Redacted.value(env.seed), new Uint8Array(32).fill(7))
    assert.deepStrictEqual(delegation && Redacted.value(delegation), new Uint8Array(32).fill(9))
  })

  it("session_env_legacy_auth_only_still_parses: a value of 44 bytes has no delegation seed", () => {
    assert.notProperty(Result.getOrThrow(decode(Redacted.value(JoyEnv.encode(short)))), "delegation")
  })

  it("parse_session_env_rejects_bad_inputs: prefix, base64, padding, alphabet, length, blanks and quotes", () => {
    const value = Redacted.value(JoyEnv.encode(short))
    const refused = [
      "",
      "no_prefix_value",
      "joy_s_",
      "joy_s_!!!",
      value.slice(JoyEnv.prefix.length),
      value.replace("joy_s_", "joy_t_"),
      value.replace("joy_s_", "JOY_S_"),
      value.replace("joy_s_", "bw_s_"),
      `joy_s_${value}`,
      value.slice(0, -1),
      `${value}=`,
      // The last character before the padding carries two bits that must be zero.
      `${value.slice(0, -2)}d=`,
      ` ${value}`,
      `${value}\n`,
      `"${value}"`,
      ...[0, 10, 12, 43, 45, 64, 75, 77, 108].map(bytes),
      `joy_s_${Buffer.alloc(44, 0xfb).toString("base64url")}=`
    ]
    for (const text of refused) assert.strictEqual(refusalOf(decode(text)), "Malformed", text)
    for (const length of [44, 76]) assert.isUndefined(refusalOf(decode(bytes(length))))
  })

  it("stays redacted, in its value and in a refusal", () => {
    assert.notInclude(String(JoyEnv.encode(long)), "joy_s_")
    assert.notInclude(JSON.stringify(Result.getOrThrow(Result.flip(decode("joy_s_secret")))), "secret")
  })
})
