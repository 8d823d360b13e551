import * as JoyKeys from "@bailiwick/tokens/joy/JoyKeys"
import * as JoyMember from "@bailiwick/tokens/joy/JoyMember"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { publicKey, refusal, refusalOf, seed, services, stranger } from "./Fixture.ts"

const salt = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
const passphrase = Redacted.make("correct horse battery staple extra words")

// Written by joy-crypt 0.1.1 in a debug build.
const wrap = {
  salt: "249a8b1edbfe7b90325e194cff8a596306f17566d4f36f664f6f52d0cd668be7",
  text: "920a22ab8d1b89f0adf123498322e612c14dde4a2214918ca16848ab3b804273f4e54874b8ec94ce7be36d0585fb99a95df8fd815d99c4fb7c7b3aca",
  seed: "1bd78d58e42bfbcf35cf955d60f72f82f74a676fff3330171830f1e29b220788"
}

const hex = (key: Redacted.Redacted<Uint8Array>) => Buffer.from(Redacted.value(key)).toString("hex")

layer(services)("JoyKeys", (it) => {
  it.effect("derives a key as Joy's debug build does, from the bytes as typed", () =>
    Effect.gen(function* () {
      const derive = (text: string) => JoyKeys.derive({ passphrase: Redacted.make(text), salt, cost: "debug" })
      const key = yield* derive("correct horse battery staple extra words")
      assert.strictEqual(
        PublicKey.toHex(yield* publicKey(key)),
        "cfb16310edea9d7b833cf1df125dd5c7f0c2259d32648ddb288d6a458d33d10b"
      )
      const others = [" correct horse battery staple extra words", "\u00fc", "u\u0308"]
      const keys = yield* Effect.forEach(others, (text) => Effect.map(derive(text), hex))
      assert.strictEqual(new Set([hex(key), ...keys]).size, 4)
    })
  )

  it.effect("costs what Joy's releases cost unless told otherwise", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(JoyKeys.costs.production, { memory: 65_536, passes: 3, parallelism: 4 })
      assert.strictEqual(
        hex(yield* JoyKeys.derive({ passphrase, salt })),
        hex(yield* JoyKeys.derive({ passphrase, salt, cost: "production" }))
      )
    })
  )

  it.effect("refuses a salt that is not 32 bytes", () =>
    Effect.gen(function* () {
      for (const bad of ["", salt.slice(2), `${salt}00`, `zz${salt.slice(2)}`]) {
        assert.strictEqual(yield* refusal(JoyKeys.derive({ passphrase, salt: bad, cost: "debug" })), "Malformed")
      }
    })
  )

  it.effect("opens a wrapped seed, and says one thing of every one that does not open", () =>
    Effect.gen(function* () {
      const key = yield* JoyKeys.derive({ passphrase, salt: wrap.salt, cost: "debug" })
      assert.strictEqual(hex(yield* JoyKeys.unwrap({ wrap: wrap.text, key })), wrap.seed)
      assert.strictEqual(hex(yield* JoyKeys.unwrap({ wrap: wrap.text.toUpperCase(), key })), wrap.seed)
      const damaged = [
        `00${wrap.text.slice(2)}`,
        `${wrap.text.slice(0, -2)}00`,
        wrap.text.slice(2),
        `${wrap.text}00`,
        wrap.text.slice(0, 24),
        "",
        "zz",
        wrap.text.slice(1)
      ]
      for (const text of damaged)
        assert.strictEqual(yield* refusal(JoyKeys.unwrap({ wrap: text, key })), "NotOpened", text)
      assert.strictEqual(yield* refusal(JoyKeys.unwrap({ wrap: wrap.text, key: stranger })), "NotOpened")
    })
  )

  it.effect("derives the delegation's seed of the reference values", () =>
    Effect.gen(function* () {
      const options = { identity: seed(7), salt: "0123456789abcdef".repeat(4), project: "JOY" }
      const derived = yield* JoyKeys.delegationSeed({ ...options, agent: "ai:claude@joy" })
      assert.strictEqual(hex(derived), "a5526603e136a9be5f995d782ed41a28774f8029639ccd74384b71b3eb4fbeb2")
      assert.strictEqual(
        hex(yield* JoyKeys.delegationSeed({ ...options, agent: JoyMember.agentId("claude") })),
        hex(derived)
      )
      const others = yield* Effect.all([
        JoyKeys.delegationSeed({ ...options, agent: "claude" }),
        JoyKeys.delegationSeed({ ...options, project: "TST", agent: "ai:claude@joy" }),
        JoyKeys.delegationSeed({ ...options, salt: "00".repeat(32), agent: "ai:claude@joy" }),
        JoyKeys.delegationSeed({ ...options, identity: seed(8), agent: "ai:claude@joy" })
      ])
      assert.strictEqual(new Set([derived, ...others].map(hex)).size, 5)
      assert.strictEqual(yield* refusal(JoyKeys.delegationSeed({ ...options, salt: "00", agent: "a" })), "Malformed")
    })
  )

  it.effect("reads a recovery key as typed, and shows it as Joy does", () =>
    Effect.sync(() => {
      const digits = "a5".repeat(32)
      for (const text of [digits, digits.toUpperCase(), `joy_r_${digits}`, `  joy_r_joy_r_${digits}\n`]) {
        const key = Result.getOrThrow(JoyKeys.recoveryKey(Redacted.make(text)))
        assert.strictEqual(Redacted.value(JoyKeys.recoveryText(key)), `joy_r_${digits}`)
      }
      for (const text of [
        "",
        "joy_r_",
        "zzz",
        digits.slice(1),
        digits.slice(2),
        `${digits}00`,
        `JOY_R_${digits}`,
        `joy_r_ ${digits}`
      ]) {
        assert.strictEqual(refusalOf(JoyKeys.recoveryKey(Redacted.make(text))), "Malformed", text)
      }
    })
  )

  it.effect("counts words between Unicode's white space", () =>
    Effect.sync(() => {
      for (const text of ["one two three", "  a   b  c ", "one\u3000two\u2028three"]) {
        assert.isTrue(JoyKeys.isAllowedPassphrase(Redacted.make(text)), text)
      }
      for (const text of ["", "   ", "one two", "one\u200btwo\u200bthree"]) {
        assert.isFalse(JoyKeys.isAllowedPassphrase(Redacted.make(text)), text)
      }
    })
  )

  it.effect("reads a key in both cases, and refuses the weak ones that Joy takes", () =>
    Effect.gen(function* () {
      const good = PublicKey.toHex(yield* publicKey(stranger))
      assert.strictEqual(PublicKey.toHex(yield* JoyKeys.publicKey(good.toUpperCase())), good)
      const refused = {
        "of small order": `01${"00".repeat(31)}`,
        "not canonical": `ee${"ff".repeat(30)}7f`,
        "no point": `02${"00".repeat(31)}`,
        short: good.slice(2),
        odd: good.slice(1),
        empty: ""
      }
      for (const [why, text] of Object.entries(refused)) {
        assert.strictEqual(yield* refusal(JoyKeys.publicKey(text)), "BadKey", why)
      }
    })
  )
})
