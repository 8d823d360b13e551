import * as JoyToken from "@bailiwick/tokens/joy/JoyToken"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { delegation, identity, now, publicKey, refusal, refusalOf, services, stranger, time } from "./Fixture.ts"

const claims: JoyToken.Claims = {
  token_id: "c8f46706-a72c-41ea-bf39-ca21c6273057",
  ai_member: "ai:claude@joy",
  delegated_by: "human@example.com",
  project_id: "TST",
  created: now,
  expires: JoyTime.plusSeconds(now, 8 * 60 * 60),
  scopes: [JoyToken.scopeAuth]
}

const sign = (changed: Partial<JoyToken.Claims> = {}) =>
  JoyToken.sign({ claims: { ...claims, ...changed }, delegator: identity, delegation })

const verify = (
  token: JoyToken.JoyToken,
  changed: Partial<{ delegator: typeof identity; binding: typeof identity; project: string; at: JoyTime.JoyTime }> = {}
) =>
  Effect.gen(function* () {
    const { delegator = identity, binding = delegation, project = "TST", at = now } = changed
    const keys = { delegator: yield* publicKey(delegator), binding: yield* publicKey(binding) }
    return yield* JoyToken.verify({ token, ...keys, project, at })
  })

const decode = (text: string) => JoyToken.decode(Redacted.make(text))
const text = (token: JoyToken.JoyToken) => Redacted.value(JoyToken.encode(token))
const ofJson = (value: unknown) => `joy_t_${Buffer.from(JSON.stringify(value)).toString("base64")}`
const jsonOf = (token: JoyToken.JoyToken) => JSON.parse(Buffer.from(text(token).slice(6), "base64").toString("utf8"))

layer(services)("JoyToken", (it) => {
  it.effect("create_and_validate_token, token_with_expiry: what was signed by both keys verifies", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      assert.deepStrictEqual(yield* verify(token), claims)
      assert.strictEqual(token.delegation_public_key, PublicKey.toHex(yield* publicKey(delegation)))
      assert.notProperty(token, "delegation_private_key")
      assert.isUndefined(yield* refusal(verify(yield* sign({ expires: null }))))
    })
  )

  it.effect("crypt_token_carries_seed: only with the scope crypt, and redacted", () =>
    Effect.gen(function* () {
      const token = yield* sign({ scopes: [JoyToken.scopeAuth, JoyToken.scopeCrypt] })
      const { delegation_private_key } = token
      assert.strictEqual(delegation_private_key && Redacted.value(delegation_private_key), "03".repeat(32))
      assert.notInclude(JSON.stringify(token), "03".repeat(32))
      assert.isTrue(JoyToken.hasCryptScope(token.claims))
      assert.isFalse(JoyToken.hasCryptScope(claims))
    })
  )

  it.effect("expired_token_rejected: accepted at its exact end, refused a nanosecond later, never without an end", () =>
    Effect.gen(function* () {
      const expires = time("2026-11-01T12:30:00.999999999Z")
      const token = yield* sign({ expires })
      assert.isUndefined(yield* refusal(verify(token, { at: expires })))
      assert.strictEqual(yield* refusal(verify(token, { at: time("2026-11-01T12:30:01Z") })), "Expired")
      const endless = yield* sign({ expires: null })
      assert.isUndefined(yield* refusal(verify(endless, { at: time("9999-01-01T00:00:00Z") })))
    })
  )

  it.effect("wrong_project_rejected: and before end and signatures are looked at", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      const at = time("2027-01-01T00:00:00Z")
      assert.strictEqual(yield* refusal(verify(token, { project: "OTHER", at, delegator: stranger })), "WrongProject")
      assert.strictEqual(yield* refusal(verify(token, { at, delegator: stranger })), "Expired")
    })
  )

  it.effect("tampered_claims_rejected: no claim can be changed under its signatures", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      const changes: ReadonlyArray<Partial<JoyToken.Claims>> = [
        { token_id: "x" },
        { ai_member: "ai:attacker@evil" },
        { delegated_by: "other@example.com" },
        { created: JoyTime.plusSeconds(now, 1) },
        { expires: null },
        { scopes: [] },
        { scopes: ["auth", "crypt"] }
      ]
      for (const change of changes) {
        const tampered = { ...token, claims: { ...claims, ...change } }
        assert.strictEqual(yield* refusal(verify(tampered)), "BadSignature", JSON.stringify(change))
      }
    })
  )

  it.effect("wrong_delegator_key_rejected, wrong_delegation_key_rejected: neither key stands for the other", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      assert.strictEqual(yield* refusal(verify(token, { delegator: stranger })), "BadSignature")
      assert.strictEqual(yield* refusal(verify(token, { binding: stranger })), "BadSignature")
      assert.strictEqual(yield* refusal(verify(token, { delegator: delegation, binding: identity })), "BadSignature")
      const twice = { ...token, binding_signature: token.delegator_signature }
      assert.strictEqual(yield* refusal(verify(twice)), "BadSignature")
      assert.strictEqual(yield* refusal(verify({ ...token, binding_signature: "zz" })), "SignatureNotHex")
      assert.strictEqual(yield* refusal(verify({ ...token, delegator_signature: "0" })), "SignatureNotHex")
    })
  )

  it.effect("encode_decode_roundtrip: the text gives back the token", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      assert.isTrue(JoyToken.isToken(text(token)))
      assert.deepStrictEqual(Result.getOrThrow(decode(text(token))), token)
      const crypt = yield* sign({ scopes: ["auth", "crypt"], expires: null })
      assert.strictEqual(text(Result.getOrThrow(decode(text(crypt)))), text(crypt))
    })
  )

  it.effect(
    "decode_tolerates_embedded_whitespace, decode_accepts_double_quoted_token: as chats and shells leave it",
    () =>
      Effect.gen(function* () {
        const encoded = text(yield* sign())
        const wrapped = encoded.replaceAll(/.{40}/gu, "$& \n\t\u00a0\u3000")
        for (const pasted of [wrapped, `"${encoded}"`, `'${encoded}'`, ` " ${encoded} " `]) {
          assert.isUndefined(refusalOf(decode(pasted)), pasted)
        }
        for (const pasted of [`""${encoded}""`, `"${encoded}'`, `"${encoded}`, `"`, `\u200b${encoded}`]) {
          assert.strictEqual(refusalOf(decode(pasted)), "Malformed", pasted)
        }
      })
  )

  it.effect("invalid_prefix_rejected, truncated_token_surfaces_hint: and every other spelling of the base64", () =>
    Effect.gen(function* () {
      const encoded = text(yield* sign({ expires: null }))
      const padded = ofJson({ a: 1 })
      const refused = [
        "invalid_prefix_data",
        encoded.replace("joy_t_", "joy_s_"),
        encoded.toUpperCase(),
        encoded.slice(6),
        `joy_t_${encoded}`,
        "joy_t_",
        encoded.slice(0, encoded.length / 2),
        padded.replace(/=+$/u, ""),
        `${encoded}=`,
        encoded.replace(/.$/u, "-"),
        ofJson([]),
        ofJson({}),
        `joy_t_${Buffer.of(0xff).toString("base64")}`
      ]
      for (const broken of refused) assert.strictEqual(refusalOf(decode(broken)), "Malformed", broken)
      assert.include(Result.getOrThrow(Result.flip(decode("joy_t_A"))).hint, "line wrap")
      assert.strictEqual(refusalOf(decode(`joy_t_${"A".repeat(256 * 1024)}`)), "TooLarge")
    })
  )

  it.effect("legacy_token_without_scopes_field_decodes: told as generation B, and refused as that", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      const legacy = jsonOf(token)
      delete legacy.claims.scopes
      const decoded = Result.getOrThrow(decode(ofJson(legacy)))
      assert.deepStrictEqual(decoded.claims.scopes, ["auth"])
      assert.strictEqual(decoded.generation, "B")
      // Whoever drops the scopes of a newer token changes nothing: they are written again before they are verified.
      assert.isUndefined(yield* refusal(verify(decoded)))
      const forged = { ...decoded, delegator_signature: "0".repeat(128) }
      assert.strictEqual(yield* refusal(verify(forged)), "OtherGeneration")
    })
  )

  it.effect("says which generation a token is of", () =>
    Effect.gen(function* () {
      const crypt = ["auth", "crypt"]
      const told = {
        C1: yield* sign(),
        "C1-C2": yield* sign({ scopes: crypt }),
        D: yield* sign({ scopes: crypt, ai_member: "claude" })
      }
      for (const [generation, token] of Object.entries(told)) assert.strictEqual(token.generation, generation)
      assert.strictEqual((yield* sign({ scopes: [...crypt, "grant:none"] })).generation, "D")
      const { claims: inner, delegation_public_key, ...outer } = jsonOf(yield* sign())
      delete inner.token_id
      delete inner.scopes
      const first = decode(ofJson({ claims: inner, ...outer, token_public_key: delegation_public_key }))
      assert.strictEqual(refusalOf(first), "OtherGeneration")
      assert.include(Result.getOrThrow(Result.flip(first)).message, JoyToken.versions.A)
    })
  )

  it.effect("does not look at the key and the seed outside the claims, as Joy does not", () =>
    Effect.gen(function* () {
      const token = yield* sign()
      const junk = { ...token, delegation_public_key: "junk", delegation_private_key: Redacted.make("junk") }
      assert.isUndefined(yield* refusal(verify(junk)))
    })
  )

  it.effect("the claims' end may be left out of an object, and not of an array", () =>
    Effect.gen(function* () {
      const { claims: inner, ...outer } = jsonOf(yield* sign({ expires: null }))
      const { expires, ...endless } = inner
      assert.isNull(expires)
      assert.isUndefined(yield* refusal(verify(Result.getOrThrow(decode(ofJson({ claims: endless, ...outer }))))))
      const { scopes, ...six } = inner
      assert.deepStrictEqual(scopes, ["auth"])
      const listed = decode(ofJson([Object.values(six), ...Object.values(outer)]))
      assert.isUndefined(yield* refusal(verify(Result.getOrThrow(listed))))
      assert.strictEqual(
        refusalOf(decode(ofJson([Object.values(six).slice(0, 5), ...Object.values(outer)]))),
        "Malformed"
      )
    })
  )
})
