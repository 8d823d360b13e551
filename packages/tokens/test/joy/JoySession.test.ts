import * as JoyClaims from "@bailiwick/tokens/joy/JoyClaims"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import {
  identity,
  now,
  publicKey,
  refusal,
  refusalOf,
  services,
  session as sessionSeed,
  stranger,
  time
} from "./Fixture.ts"

const person = { identity, member: "test@example.com", project: "TST", now }
const agent = { session: sessionSeed, member: "ai:claude@joy", project: "TST", now, delegationKey: "dkey" }

const create = JoySession.createHuman(person)

const validate = (
  session: JoySession.JoySession,
  changed: { readonly project?: string; readonly at?: JoyTime.JoyTime } = {}
) =>
  Effect.flatMap(publicKey(identity), (key) =>
    JoySession.validate({ session, key, project: changed.project ?? "TST", at: changed.at ?? now })
  )

const secondsBetween = (earlier: JoyTime.JoyTime, later: JoyTime.JoyTime) => later.seconds - earlier.seconds

layer(services)("JoySession", (it) => {
  it.effect("create_and_validate_session: what was just made is accepted, with its claims and 24 hours of life", () =>
    Effect.gen(function* () {
      const claims = yield* validate(yield* create)
      assert.deepStrictEqual([claims.member, claims.project_id], ["test@example.com", "TST"])
      assert.strictEqual(secondsBetween(claims.created, claims.expires), 24 * 60 * 60)
      assert.strictEqual(JoySession.defaultTtlSeconds, 24 * 60 * 60)
    })
  )

  it.effect("expired_session_rejected: accepted at its exact end, refused a nanosecond later", () =>
    Effect.gen(function* () {
      const over = yield* JoySession.createHuman({ ...person, ttlSeconds: -1 })
      assert.strictEqual(yield* refusal(validate(over)), "Expired")
      const session = yield* create
      const { expires } = session.claims
      assert.isUndefined(yield* refusal(validate(session, { at: expires })))
      assert.strictEqual(yield* refusal(validate(session, { at: { ...expires, nanos: expires.nanos + 1 } })), "Expired")
    })
  )

  it.effect("wrong_project_rejected: a session is refused in another project", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal(validate(yield* create, { project: "OTHER" })), "WrongProject")
    })
  )

  it.effect("tampered_session_rejected: no claim can be changed under its signature", () =>
    Effect.gen(function* () {
      const session = yield* JoySession.createHuman({ ...person, tty: "/dev/pts/1" })
      const { claims } = session
      const changes: ReadonlyArray<Partial<JoyClaims.JoyClaims>> = [
        { member: "attacker@evil.com" },
        { created: JoyTime.plusSeconds(claims.created, 1) },
        { expires: JoyTime.plusSeconds(claims.expires, 1) },
        { expires: { ...claims.expires, nanos: claims.expires.nanos + 1 } },
        { tty: "/dev/pts/2" },
        { token_key: "" },
        { session_public_key: "aa" }
      ]
      for (const change of changes) {
        const tampered = { ...session, claims: { ...claims, ...change } }
        assert.strictEqual(yield* refusal(validate(tampered)), "BadSignature", Object.keys(change).join(""))
      }
      assert.isUndefined(yield* refusal(validate(session)))
    })
  )

  it.effect(
    "ai_session_carries_ephemeral_public_key: the claims name the key that signs them and the delegation's",
    () =>
      Effect.gen(function* () {
        const session = yield* JoySession.createAgent(agent)
        const key = yield* publicKey(sessionSeed)
        assert.strictEqual(session.claims.session_public_key, PublicKey.toHex(key))
        assert.strictEqual(session.claims.token_key, "dkey")
        assert.isUndefined(session.claims.tty)
        yield* JoySession.validate({ session, key, project: "TST", at: now })
      })
  )

  it.effect("ai_session_clamped_to_token_expiry: a token of 30 minutes makes no session of 24 hours", () =>
    Effect.gen(function* () {
      const tokenExpires = time("2026-11-01T12:30:00.000000001Z")
      const session = yield* JoySession.createAgent({ ...agent, tokenExpires })
      assert.deepStrictEqual(session.claims.expires, tokenExpires)
    })
  )

  it.effect("ai_session_uses_session_ttl_when_token_lives_longer: a token of 7 days leaves a session its hour", () =>
    Effect.gen(function* () {
      const session = yield* JoySession.createAgent({
        ...agent,
        ttlSeconds: 3600,
        tokenExpires: JoyTime.plusSeconds(now, 7 * 24 * 60 * 60)
      })
      assert.strictEqual(secondsBetween(session.claims.created, session.claims.expires), 3600)
    })
  )

  it.effect("refuses in Joy's order: project, end, hex of the signature, signature", () =>
    Effect.gen(function* () {
      const made = yield* create
      const at = JoyTime.plusSeconds(made.claims.expires, 1)
      const odd = { ...made, signature: "f" }
      assert.strictEqual(yield* refusal(validate(odd, { project: "OTHER", at })), "WrongProject")
      assert.strictEqual(yield* refusal(validate(odd, { at })), "Expired")
      assert.strictEqual(yield* refusal(validate(odd)), "SignatureNotHex")
      for (const signature of ["", "00", made.signature.slice(2), `${made.signature}00`, "0".repeat(128)]) {
        assert.strictEqual(yield* refusal(validate({ ...made, signature })), "BadSignature")
      }
      assert.strictEqual(
        yield* refusal(validate({ ...made, signature: `g${made.signature.slice(1)}` })),
        "SignatureNotHex"
      )
      assert.isUndefined(yield* refusal(validate({ ...made, signature: made.signature.toUpperCase() })))
    })
  )

  it.effect("refuses the signature of another key", () =>
    Effect.gen(function* () {
      const forged = yield* JoySession.createHuman({ ...person, identity: stranger })
      assert.strictEqual(yield* refusal(validate(forged)), "BadSignature")
    })
  )

  it.effect("writes indented JSON without a line feed at the end, optional members only where they are", () =>
    Effect.gen(function* () {
      const session = yield* create
      assert.strictEqual(
        JoySession.encode(session),
        [
          "{",
          '  "claims": {',
          '    "member": "test@example.com",',
          '    "project_id": "TST",',
          '    "created": "2026-11-01T12:00:00.123456789Z",',
          '    "expires": "2026-11-02T12:00:00.123456789Z"',
          "  },",
          `  "signature": "${session.signature}"`,
          "}"
        ].join("\n")
      )
      const zone = { ...session, members_zone_key: Redacted.make("zone") }
      assert.include(JoySession.encode(zone), ',\n  "members_zone_key": "zone"\n}')
      assert.notInclude(JSON.stringify(zone), 'zone"')
      assert.deepStrictEqual(Result.getOrThrow(JoySession.decode(JoySession.encode(session))), session)
    })
  )

  it.effect("signs the bytes that Joy signs: escapes, small letters in them, and nothing else escaped", () =>
    Effect.gen(function* () {
      const { claims } = yield* JoySession.createHuman({ ...person, member: '"\\/\n\t\b\f\r\u0007\u007f\u2028é🔑' })
      assert.include(JoyClaims.signedText(claims), '"\\"\\\\/\\n\\t\\b\\f\\r\\u0007\u007f\u2028é🔑"')
    })
  )

  it.effect("verifies the rewritten claims: blanks, order, dropped members and other times change nothing", () =>
    Effect.gen(function* () {
      const { signature } = yield* create
      const text = `{ "signature": "${signature}", "x": 1, "claims": { "x": [], "expires": "2026-11-02 13:00:00.123456789+01:00",
        "created": "2026-11-01T12:00:00.1234567891Z", "project_id": "T\\u0053T", "member": "test@example.com", "tty": null } }`
      yield* validate(Result.getOrThrow(JoySession.decode(text)))
      const array = `[["test@example.com", "TST", "2026-11-01T12:00:00.123456789Z", "2026-11-02T12:00:00.123456789Z"], "${signature}"]`
      yield* validate(Result.getOrThrow(JoySession.decode(array)))
    })
  )

  it.effect("refuses a file that lacks a member, repeats one, or holds another kind of value in it", () =>
    Effect.gen(function* () {
      const text = JoySession.encode(yield* create)
      const damaged = [
        text.slice(0, -1),
        text.replace('"signature"', '"sign"'),
        text.replace('"member"', '"memb"'),
        text.replace('"test@example.com"', "null"),
        text.replace('"test@example.com"', '"\\ud800"'),
        text.replace('"TST"', "1"),
        text.replace("2026-11-02", "2026-11-32"),
        text.replace('"project_id"', '"member": "x", "project_id"'),
        `${text}x`,
        ""
      ]
      for (const broken of damaged) assert.strictEqual(refusalOf(JoySession.decode(broken)), "Malformed", broken)
      assert.strictEqual(refusalOf(JoySession.decode(text + " ".repeat(64 * 1024))), "TooLarge")
      assert.isUndefined(refusalOf(JoySession.decode(`${text}\n`)))
    })
  )

  it.effect("a session of Joy 0.20 is told by its claims, verifies by its own rules and not by the seed's", () =>
    Effect.gen(function* () {
      const { claims } = yield* JoySession.createAgent(agent)
      const { token_key, ...shared } = claims
      const later = yield* JoySession.sign({
        generation: "0.20",
        key: sessionSeed,
        claims: { ...shared, member: "claude", delegation_key: token_key ?? "", delegated_by: "test@example.com" }
      })
      const text = JoySession.encode(later)
      const key = yield* publicKey(sessionSeed)
      assert.strictEqual(JoySession.generationOf(text), "0.20")
      const own = Result.getOrThrow(JoySession.decode(text, "0.20"))
      yield* JoySession.validate({ session: own, key, project: "TST", at: now })
      const asSeed = Result.getOrThrow(JoySession.decode(text))
      assert.strictEqual(
        yield* refusal(JoySession.validate({ session: asSeed, key, project: "TST", at: now })),
        "BadSignature"
      )
      const id = JoySession.id("TST", "claude", PublicKey.toHex(key))
      assert.strictEqual(JoySession.idOf(later), id)
      assert.notStrictEqual(JoySession.idOf(later), JoySession.id("TST", "claude"))
      assert.strictEqual(JoySession.idOf(yield* create), JoySession.id("TST", "test@example.com"))
    })
  )

  it.effect("an id is 12 bytes of SHA-256 over project, colon and member", () =>
    Effect.sync(() => {
      assert.strictEqual<string>(JoySession.id("TST", "test@example.com"), "cb76ab9ea38e0390d9280388")
    })
  )

  it.effect("binds to WT_SESSION before the terminal's path, and an empty one counts as absent", () =>
    Effect.sync(() => {
      assert.strictEqual(JoySession.terminal({ WT_SESSION: "abc", tty: "/dev/pts/1" }), "wt:abc")
      assert.strictEqual(JoySession.terminal({ WT_SESSION: "", tty: "/dev/pts/1" }), "/dev/pts/1")
      assert.isUndefined(JoySession.terminal({}))
    })
  )
})
