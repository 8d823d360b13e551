import * as JoyClaims from "@bailiwick/tokens/joy/JoyClaims"
import * as JoyEnv from "@bailiwick/tokens/joy/JoyEnv"
import * as JoyInspect from "@bailiwick/tokens/joy/JoyInspect"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as JoyToken from "@bailiwick/tokens/joy/JoyToken"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { delegation, identity, now, publicKey, services, session as sessionSeed, stranger } from "./Fixture.ts"

type Role = keyof JoyInspect.Request["keys"]

const inspect = Effect.fnUntraced(function* (
  input: string,
  keys: Partial<Record<Role, typeof identity>> = {},
  changed: Partial<Pick<JoyInspect.Request, "project" | "at">> = {}
) {
  const known = yield* Effect.all(Object.fromEntries(Object.entries(keys).map(([role, key]) => [role, publicKey(key)])))
  return yield* JoyInspect.inspect({ input, project: "TST", at: now, ...changed, keys: known })
})

const told = ({ kind, verdict }: JoyInspect.Inspection) => [kind, verdict]

const human = JoySession.createHuman({ identity, member: "you@example.com", project: "TST", now })
const agent = JoySession.createAgent({
  session: sessionSeed,
  member: "ai:claude@joy",
  project: "TST",
  now,
  delegationKey: "aa"
})
const token = JoyToken.sign({
  delegator: identity,
  delegation,
  claims: {
    token_id: "id",
    ai_member: "ai:claude@joy",
    delegated_by: "you@example.com",
    project_id: "TST",
    created: now,
    expires: JoyTime.plusSeconds(now, 60),
    scopes: ["auth", "crypt"]
  }
})
const env = JoyEnv.encode({ id: JoySession.id("TST", "ai:claude@joy"), seed: sessionSeed, delegation })

const secrets = ["02", "03"].map((byte) => byte.repeat(32))

layer(services)("JoyInspect", (it) => {
  it.effect("a session is verified under its key, unverified without one, and refused for every fault", () =>
    Effect.gen(function* () {
      const text = JoySession.encode(yield* human)
      assert.deepStrictEqual(told(yield* inspect(text, { identity })), ["joy-session", "verified"])
      const unverified = yield* inspect(text)
      assert.deepStrictEqual(told(unverified), ["joy-session", "unverified"])
      assert.include(unverified.reason, "identity")
      const refusals = [
        yield* inspect(text, { identity: stranger }),
        yield* inspect(text, { identity }, { project: "OTHER" }),
        yield* inspect(text, {}, { project: "OTHER" }),
        yield* inspect(text, {}, { at: JoyTime.plusSeconds(now, 86_401) }),
        yield* inspect(text.replace(/"signature": "../u, '"signature": "zz')),
        yield* inspect(text.replace("you@", "we@"), { identity })
      ]
      for (const inspection of refusals) assert.deepStrictEqual(told(inspection), ["joy-session", "refused"])
      const { verdict } = yield* JoyInspect.inspect({ input: text, keys: {}, at: now })
      assert.strictEqual(verdict, "unverified")
    })
  )

  it.effect("an AI's session is verified under its own key, whichever else is given", () =>
    Effect.gen(function* () {
      const text = JoySession.encode(yield* agent)
      assert.strictEqual((yield* inspect(text, { session: sessionSeed, identity })).verdict, "verified")
      assert.strictEqual((yield* inspect(text, { identity: sessionSeed })).verdict, "verified")
      assert.strictEqual((yield* inspect(text, { identity })).verdict, "refused")
    })
  )

  it.effect("a session of a later Joy is refused as the seed refuses it, and told as that", () =>
    Effect.gen(function* () {
      const { token_key, ...claims } = (yield* agent).claims
      assert.isString(token_key)
      const later = yield* JoySession.sign({
        generation: "0.20",
        key: sessionSeed,
        claims: { ...claims, delegation_key: "aa", delegated_by: "you@example.com" }
      })
      const inspection = yield* inspect(JoySession.encode(later), { session: sessionSeed })
      assert.deepStrictEqual(told(inspection), ["joy-session", "refused"])
      assert.include(inspection.reason, JoyClaims.versions["0.20"])
    })
  )

  it.effect("a token is verified under both keys, unverified with one of them, refused under a wrong one", () =>
    Effect.gen(function* () {
      const text = Redacted.value(JoyToken.encode(yield* token))
      assert.deepStrictEqual(told(yield* inspect(text, { delegator: identity, binding: delegation })), [
        "joy-token",
        "verified"
      ])
      for (const keys of [{}, { delegator: identity }, { binding: delegation }]) {
        assert.deepStrictEqual(told(yield* inspect(text, keys)), ["joy-token", "unverified"])
      }
      for (const keys of [
        { delegator: stranger },
        { binding: stranger },
        { delegator: delegation, binding: identity }
      ]) {
        assert.deepStrictEqual(told(yield* inspect(text, keys)), ["joy-token", "refused"])
      }
      assert.strictEqual((yield* inspect(text, {}, { project: "OTHER" })).verdict, "refused")
      assert.strictEqual((yield* inspect(text, {}, { at: JoyTime.plusSeconds(now, 61) })).verdict, "refused")
      assert.propertyVal((yield* inspect(`"${text}"\n`)).value, "generation", "C1-C2")
    })
  )

  it.effect("a value of JOY_SESSION is verified where its seeds give the known keys", () =>
    Effect.gen(function* () {
      const text = Redacted.value(env)
      const both = { session: sessionSeed, binding: delegation }
      assert.deepStrictEqual(told(yield* inspect(text, both)), ["joy-env", "verified"])
      for (const keys of [{}, { session: sessionSeed }, { binding: delegation }]) {
        assert.deepStrictEqual(told(yield* inspect(text, keys)), ["joy-env", "unverified"])
      }
      const cut = Redacted.value(JoyEnv.encode({ id: JoySession.id("TST", "ai:claude@joy"), seed: sessionSeed }))
      assert.deepStrictEqual(told(yield* inspect(cut, { session: sessionSeed })), ["joy-env", "verified"])
      for (const [value, keys] of [
        [text, { session: stranger }],
        [text, { ...both, binding: stranger }],
        [cut, both],
        [` ${text}`, both]
      ] as const) {
        assert.deepStrictEqual(told(yield* inspect(value, keys)), ["joy-env", "refused"])
      }
    })
  )

  it.effect("no secret is shown, whatever the verdict", () =>
    Effect.gen(function* () {
      const session = { ...(yield* agent), members_zone_key: Redacted.make("03".repeat(32)) }
      const texts = [JoySession.encode(session), Redacted.value(JoyToken.encode(yield* token)), Redacted.value(env)]
      for (const text of texts) {
        for (const keys of [
          {},
          { session: sessionSeed, delegator: identity, binding: delegation },
          { session: stranger }
        ]) {
          const shown = JSON.stringify(yield* inspect(text, keys))
          for (const secret of secrets) assert.notInclude(shown, secret)
          assert.notInclude(shown, text)
        }
      }
      assert.propertyVal((yield* inspect(texts[0] ?? "")).value, "members_zone_key", "present")
    })
  )

  it.effect("a text of no kind is refused, with nothing in it", () =>
    Effect.gen(function* () {
      for (const text of ["", "session", "joy", "{}", "[]", "bw_s_x", "\0"]) {
        const inspection = yield* inspect(text)
        assert.deepStrictEqual(told(inspection), ["joy-session", "refused"])
        assert.isNull(inspection.value)
        assert.strictEqual(inspection.profile, "joy")
      }
      for (const [text, kind] of [
        ["JOY_S_x", "joy-env"],
        ["export JOY_SESSION=joy_s_x", "joy-env"],
        [" 'joy_t_x", "joy-token"],
        ['{"claims": "joy_t_"}', "joy-session"]
      ] as const) {
        assert.deepStrictEqual(told(yield* inspect(text)), [kind, "refused"])
      }
    })
  )
})
