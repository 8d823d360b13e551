import * as Base64Url from "@bailiwick/core/Base64Url"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Chain from "@bailiwick/tokens/Chain"
import * as Inspect from "@bailiwick/tokens/Inspect"
import * as Login from "@bailiwick/tokens/Login"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import * as SessionToken from "@bailiwick/tokens/SessionToken"
import * as TokenText from "@bailiwick/tokens/TokenText"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as World from "./World.ts"

const { now } = World

const inspect = Effect.fnUntraced(function* (input: string, options: Partial<Inspect.Request> = {}) {
  return Option.getOrThrow(yield* Inspect.inspect({ input, keys: {}, at: now, ...options }))
})

const rootKeys = Effect.gen(function* () {
  const { verifier } = yield* World.delegationRecord("you", World.you, World.claude)
  return { delegator: yield* World.keyOf("you"), binding: yield* PublicKey.fromJwk(verifier) }
})

const identity = Effect.map(World.keyOf("you"), (key) => ({ identity: key }))

const sessionToken = Effect.gen(function* () {
  const root = yield* World.root({ agent: World.you, holder: "terminal" })
  return yield* SessionToken.sign({
    claims: {
      member: World.you,
      project_id: World.project,
      created: now,
      expires: UnixTime.plus(now, 3600),
      session_public_key: PublicKey.toHex(yield* World.keyOf("session")),
      tty: "/dev/pts/3",
      binding: Sha256.make("A".repeat(43))
    },
    identity: World.seed("you"),
    delegation: yield* World.redeem(root, { holder: "terminal" })
  })
})

const login = Effect.gen(function* () {
  return yield* Login.sign({
    challenge: {
      authority: "bw.example.com",
      aud: yield* World.aud,
      nonce: Base64Url.encode(new Uint8Array(16)),
      exp: UnixTime.plus(now, 60)
    },
    identity: World.seed("you"),
    project: World.project,
    human: World.you,
    cnf: { jwk: yield* World.jwkOf("session") },
    now
  })
})

layer(World.TestLayer)("Inspect", (it) => {
  it.effect("verifies a chain in each of its forms under both root keys, and without them says what is missing", () =>
    Effect.gen(function* () {
      const keys = yield* rootKeys
      const chain = yield* World.deepChain
      const granted = yield* World.grant(yield* World.redeem(yield* World.root()))
      const text = Redacted.value(yield* TokenText.encode({ chain: granted, holder: Option.none() }))
      for (const input of [Chain.encode(chain), text]) {
        const verified = yield* inspect(input, { keys })
        assert.deepInclude(verified, { kind: "chain", profile: "bailiwick", verdict: "verified" })
        assert.isUndefined(verified.reason)
        for (const some of [{}, { delegator: keys.delegator }, { binding: keys.binding }]) {
          const answer = yield* inspect(input, { keys: some })
          assert.strictEqual(answer.verdict, "unverified")
          assert.include(answer.reason, "delegator and binding")
          assert.deepStrictEqual(answer.value, verified.value)
        }
        const swapped = { delegator: keys.binding, binding: keys.delegator }
        assert.strictEqual((yield* inspect(input, { keys: swapped })).verdict, "refused")
      }
    })
  )

  it.effect("verifies a root alone", () =>
    Effect.gen(function* () {
      const [root] = (yield* World.root()).tokens
      const answer = yield* inspect(JSON.stringify(root), { keys: yield* rootKeys })
      assert.deepInclude(answer, { kind: "root", verdict: "verified" })
      assert.propertyVal(answer.value, "jti", World.jti("root"))
    })
  )

  it.effect("refuses with a reason what a reader would refuse, keys or not", () =>
    Effect.gen(function* () {
      const text = Chain.encode(yield* World.deepChain)
      const expired = yield* inspect(text, { at: UnixTime.plus(now, 3600) })
      assert.strictEqual(expired.verdict, "refused")
      assert.include(expired.reason, "expired")
      const elsewhere = yield* inspect(text, { project: ProjectId.make("globex") })
      assert.strictEqual(elsewhere.verdict, "refused")
      assert.strictEqual((yield* inspect(text, { project: World.project })).verdict, "unverified")
      const forged = yield* World.forgeLast(yield* World.deepChain, { depth: 0 }, World.sessionSigner("tests"))
      assert.strictEqual((yield* inspect(Chain.encode(forged))).verdict, "refused")
      assert.strictEqual((yield* inspect(text.replace(`"v":1`, `"v":1,"v":1`))).verdict, "refused")
      assert.strictEqual((yield* inspect("bw_d_x")).verdict, "refused")
    })
  )

  it.effect("never shows a bearer's or a session's seed", () =>
    Effect.gen(function* () {
      const chain = yield* World.root({ holder: "one-time" })
      const seed = World.seed("one-time")
      const text = Redacted.value(yield* TokenText.encode({ chain, holder: Option.some(seed) }))
      const shown = yield* inspect(text)
      assert.propertyVal(shown.value, "bearer", true)
      const value = Redacted.value(SessionEnv.encode({ id: StorageId.make("0".repeat(24)), seed }))
      const env = yield* inspect(value)
      assert.deepStrictEqual(env, {
        kind: "env",
        profile: "bailiwick",
        verdict: "unverified",
        reason: "whether the seed is that of the session, its store knows",
        value: { id: "0".repeat(24), seed: 32, third: 0 }
      })
      for (const answer of [shown, env]) {
        assert.notInclude(JSON.stringify(answer), Base64Url.encode(Redacted.value(seed)))
        assert.notInclude(JSON.stringify(answer), Buffer.from(Redacted.value(seed)).toString("base64").slice(0, 20))
      }
      assert.strictEqual((yield* inspect(value.slice(0, -1))).verdict, "refused")
    })
  )

  it.effect("shows a hop that has lost its chain, unverified whatever the keys", () =>
    Effect.gen(function* () {
      const {
        tokens: [, session = "", grant = ""]
      } = yield* World.deepChain
      const keys = { ...(yield* rootKeys), session: yield* World.keyOf("claude") }
      assert.deepInclude(yield* inspect(session, { keys }), { kind: "session", verdict: "unverified" })
      assert.deepInclude(yield* inspect(grant, { keys }), { kind: "grant", verdict: "unverified" })
    })
  )

  it.effect("verifies records and logins under the identity that signed them", () =>
    Effect.gen(function* () {
      const rows = yield* World.rows
      const inputs = [
        ["project", rows[0]?.jws ?? ""],
        ["member", rows[1]?.jws ?? ""],
        ["delegation", rows[5]?.jws ?? ""],
        ["login", yield* login]
      ] as const
      for (const [kind, input] of inputs) {
        assert.deepInclude(yield* inspect(input, { keys: yield* identity }), { kind, verdict: "verified" })
        assert.deepInclude(yield* inspect(input), { kind, verdict: "unverified" })
        const stranger = { identity: yield* World.keyOf("stranger") }
        assert.deepInclude(yield* inspect(input, { keys: stranger }), { kind, verdict: "refused" })
        const project = ProjectId.make("globex")
        assert.deepInclude(yield* inspect(input, { keys: yield* identity, project }), { kind, verdict: "refused" })
      }
      const tomorrow = yield* inspect(inputs[0][1], { keys: yield* identity, at: World.time(-31) })
      assert.strictEqual(tomorrow.verdict, "refused")
      const over = yield* inspect(yield* login, { keys: yield* identity, at: UnixTime.plus(now, 60) })
      assert.strictEqual(over.verdict, "refused")
    })
  )

  it.effect("verifies a session token only when its terminal grant is verified too", () =>
    Effect.gen(function* () {
      const input = SessionToken.encode(yield* sessionToken)
      const { verifier } = yield* World.delegationRecord("you", World.you, World.you)
      const keys = {
        ...(yield* identity),
        delegator: yield* World.keyOf("you"),
        binding: yield* PublicKey.fromJwk(verifier)
      }
      assert.deepInclude(yield* inspect(input, { keys }), { kind: "session-token", verdict: "verified" })
      assert.strictEqual((yield* inspect(input, { keys: yield* identity })).verdict, "unverified")
      assert.strictEqual((yield* inspect(input)).verdict, "unverified")
      const expired = yield* inspect(input, { keys, at: UnixTime.plus(now, 3600) })
      assert.strictEqual(expired.verdict, "refused")
      const other = { ...keys, identity: yield* World.keyOf("mate") }
      assert.strictEqual((yield* inspect(input, { keys: other })).verdict, "refused")
    })
  )

  it.effect("leaves alone what is nothing of its own", () =>
    Effect.gen(function* () {
      for (const input of ["", "hello", "{}", "[]", "null", "a.b.c", "joy_s_abc", "x".repeat(2_000_000)]) {
        assert.isTrue(Option.isNone(yield* Inspect.inspect({ input, keys: {}, at: now })), input.slice(0, 20))
      }
      const text = Chain.encode(yield* World.root())
      assert.isTrue(Option.isNone(yield* Inspect.inspect({ input: text, profile: "joy", keys: {}, at: now })))
      assert.isTrue(Option.isSome(yield* Inspect.inspect({ input: text, profile: "bailiwick", keys: {}, at: now })))
    })
  )
})
