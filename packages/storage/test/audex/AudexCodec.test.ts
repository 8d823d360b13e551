import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexJson from "@bailiwick/storage/audex/AudexJson"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as FlatPolicy from "@bailiwick/storage/audex/FlatPolicy"
import { Status } from "@bailiwick/core/CredentialSession"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Sample from "./Sample.ts"

type Json = Record<string, unknown>

const whole: Json = JSON.parse(AudexCodec.encode(Sample.session))

const without = (...names: ReadonlyArray<string>): Json =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name)))

const decode = (value: unknown) => AudexCodec.decode(JSON.stringify(value))

const accept = (value: unknown): AudexSession => Result.getOrThrow(decode(value))

const refusal = (read: Result.Result<AudexSession, { readonly message: string }>): string =>
  Result.isFailure(read) ? read.failure.message : assert.fail("it was accepted")

const asText = (raw: string, name = "future") =>
  AudexCodec.encode(Sample.session).replace('"id"', `"${name}": ${raw}, "id"`)

describe("AudexCodec", () => {
  it("reads a session without its optional members, and takes aws for its provider", () => {
    const least = without("budget", "access_key_id", "provider")
    assert.deepStrictEqual(accept(least), Sample.session)
  })

  it("reads null where the original does, and nowhere else", () => {
    const nulls = { ...whole, budget: null, access_key_id: null, agent_id: null, principal_id: null }
    assert.deepStrictEqual(accept(nulls), Sample.session)
    for (const name of Object.keys({ ...whole, tags: {} })) {
      if (!["budget", "access_key_id", "agent_id", "principal_id"].includes(name)) {
        refusal(decode({ ...whole, [name]: null }))
      }
    }
  })

  for (const name of ["id", "created_at", "expires_at", "ttl_seconds", "policy", "status", "role_arn", "command"]) {
    it(`refuses a session without ${name}, and says which member is missing`, () => {
      assert.strictEqual(refusal(decode(without(name))), `this is no session of Audex: ${name} is missing`)
    })
  }

  it("reads role_principal for role_arn, and refuses both together", () => {
    const { role_arn: role, ...rest } = whole
    assert.deepStrictEqual(accept({ ...rest, role_principal: role }), Sample.session)
    refusal(decode({ ...whole, role_principal: role }))
  })

  it("refuses a known member that stands twice, and keeps an unknown one that does", () => {
    refusal(AudexCodec.decode(asText('"active"', "status")))
    refusal(AudexCodec.decode(asText('"active"', "st\\u0061tus")))
    const twice = AudexCodec.decode(asText('1, "future": 2'))
    assert.lengthOf(Result.getOrThrow(twice).unknown.entries, 2)
  })

  it("reads an array for a struct as the original does, and no shorter or longer one", () => {
    const names = ["id", "created_at", "expires_at", "ttl_seconds", "budget", "policy", "status", "role_arn", "command"]
    const array = [...names, "access_key_id", "provider"].map((name) => whole[name])
    assert.deepStrictEqual(accept(array), Sample.session)
    assert.deepStrictEqual(accept({ ...whole, policy: [[["s3", "GetObject"]], ["*"]] }), Sample.session)
    refusal(decode(array.slice(0, 9)))
    refusal(decode([...array, "agent", "principal", {}, 1]))
  })

  for (const status of Status.literals) {
    it(`reads and writes the status ${status}`, () => {
      assert.strictEqual(accept({ ...whole, status }).status, status)
    })
  }

  for (const [status, provider] of [
    ["Active", "AWS"],
    ["done", "oidc"],
    ["", ""],
    [1, 1],
    ["budget-exceeded", "vault"]
  ]) {
    it(`refuses the status ${JSON.stringify(status)} and the provider ${JSON.stringify(provider)}`, () => {
      refusal(decode({ ...whole, status }))
      refusal(decode({ ...whole, provider }))
    })
  }

  for (const provider of FlatPolicy.providers) {
    it(`reads and writes the provider ${provider}`, () => {
      assert.strictEqual(accept({ ...whole, provider }).provider, provider)
    })
  }

  it("reads every unsigned 64-bit lifetime exactly, and nothing else", () => {
    const ttl = (raw: string) => AudexCodec.decode(AudexCodec.encode(Sample.session).replace("900", raw))
    for (const raw of ["0", "9007199254740993", "18446744073709551615"]) {
      const session = Result.getOrThrow(ttl(raw))
      assert.strictEqual(session.ttl_seconds, BigInt(raw))
      assert.include(AudexCodec.encode(session), `"ttl_seconds": ${raw},`)
    }
    for (const raw of ["18446744073709551616", "-1", "-0", "900.0", "9e2", '"900"', "0900", "1e400"]) refusal(ttl(raw))
  })

  it("reads a budget as a double, and refuses what no double holds", () => {
    const budget = (raw: string) =>
      AudexCodec.decode(AudexCodec.encode(Sample.session).replace('"budget": null', `"budget": ${raw}`))
    assert.deepStrictEqual(
      ["5", "-0", "1e16", "1e-6", "0.00001", "18446744073709551616"].map(
        (raw) => /"budget": (.*),/u.exec(AudexCodec.encode(Result.getOrThrow(budget(raw))))?.[1]
      ),
      ["5.0", "-0.0", "1e+16", "1e-6", "0.00001", "1.8446744073709552e+19"]
    )
    for (const raw of ["1e400", '"5"', "NaN", "[]", "true"]) refusal(budget(raw))
  })

  for (const time of ["2025-10-09T10:53:20+02:00", "2025-10-09 08:53:20.0000000009Z", "2025-10-09t08:53:20z"]) {
    it(`reads the time ${time} and writes it in the original's form`, () => {
      assert.include(AudexCodec.encode(accept({ ...whole, created_at: time })), '"created_at": "2025-10-09T08:53:20Z"')
    })
  }

  for (const time of ["", "2025-10-09", "2025-10-09T08:53:20", "2025-13-09T08:53:20Z", 1_760_000_000, null]) {
    it(`refuses the time ${JSON.stringify(time)}`, () => {
      refusal(decode({ ...whole, created_at: time }))
    })
  }

  it("refuses half of a surrogate pair in what it uses, and keeps it in what it does not know", () => {
    const half = '"\\ud800"'
    refusal(AudexCodec.decode(AudexCodec.encode(Sample.session).replace('"ls"', half)))
    refusal(AudexCodec.decode(AudexCodec.encode(Sample.session).replace('"id"', `${half}: 1, "id"`)))
    const kept = Result.getOrThrow(AudexCodec.decode(asText(half)))
    assert.include(AudexCodec.encode(kept), `"future": ${half}`)
  })

  it("refuses bytes that are not UTF-8, a byte order mark, and what is larger than the limit", () => {
    const bytes = new TextEncoder().encode(AudexCodec.encode(Sample.session))
    assert.isTrue(Result.isSuccess(AudexCodec.text(bytes)))
    assert.isTrue(Result.isFailure(AudexCodec.text(Uint8Array.of(...bytes, 0xff))))
    refusal(Result.flatMap(AudexCodec.text(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes)), AudexCodec.decode))
    const padded = " ".repeat(AudexCodec.maximumBytes - 2000) + AudexCodec.encode(Sample.session)
    assert.isTrue(Result.isSuccess(AudexCodec.decode(padded)))
    assert.strictEqual(refusal(AudexCodec.decode(" ".repeat(2000) + padded)), "it is larger than 4 MiB")
  })

  it("says where a file is wrong, never what stands there", () => {
    const secret = "AKIAIOSFODNN7EXAMPLE"
    for (const broken of [
      { ...whole, status: secret },
      { ...whole, tags: { [secret]: 1 } },
      { ...whole, created_at: secret },
      { ...whole, policy: { actions: secret, resources: [] } }
    ]) {
      assert.notInclude(refusal(decode(broken)), secret)
    }
    assert.notInclude(refusal(AudexCodec.decode(`{"id": ${secret}`)), secret)
  })

  it.prop(
    "reads back every session that it writes",
    {
      texts: Schema.Array(Schema.String),
      tags: Schema.Record(Schema.String, Schema.String),
      budget: Schema.Finite,
      seconds: Schema.Int.check(Schema.isBetween({ minimum: -62_135_596_800, maximum: 253_402_300_799 })),
      nanos: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999 })),
      status: Status
    },
    ({ budget, nanos, seconds, status, tags, texts }) => {
      const formed = texts.map((text) => text.toWellFormed())
      const session: AudexSession = {
        ...Sample.session,
        created_at: { seconds, nanos },
        budget,
        status,
        command: formed,
        role_arn: formed.join(""),
        agent_id: formed.join(" "),
        policy: { actions: formed.map((text) => ({ service: text, action: text })), resources: formed },
        tags: new Map(Object.entries(tags).map(([key, value]) => [key.toWellFormed(), value.toWellFormed()])),
        unknown: new AudexJson.Members(formed.map((text) => [`x-${text}`, text]))
      }
      assert.deepStrictEqual(Result.getOrThrow(AudexCodec.decode(AudexCodec.encode(session))), session)
    }
  )
})
