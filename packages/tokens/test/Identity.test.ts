import * as Base64Url from "@bailiwick/core/Base64Url"
import { HumanId } from "@bailiwick/core/MemberId"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Identity from "@bailiwick/tokens/Identity"
import * as Seal from "@bailiwick/tokens/identity/Seal"
import * as Passphrase from "@bailiwick/tokens/Passphrase"
import * as PassphraseKdf from "@bailiwick/tokens/PassphraseKdf"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, layer } from "@effect/vitest"
import type * as Aead from "effect/crypto/Aead"
import type * as Kdf from "effect/crypto/Kdf"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import gold from "./vectors/identity.json" with { type: "json" }

const decode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64url"))
const encode = (secret: Redacted.Redacted<Uint8Array>): string => Base64Url.encode(Redacted.value(secret))

const whose = { member: HumanId.make("you@example.com"), project: ProjectId.make("acme") }

const create = Effect.gen(function* () {
  const passphrase = yield* Passphrase.generate
  return { passphrase, ...(yield* Identity.create({ ...whose, passphrase })) }
})

const reasonOf = <A, E extends { readonly reason: { readonly _tag: string } }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason._tag)

/** All that an error tells. */
const answerOf = <A, E extends Error, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<string, A, R> =>
  Effect.map(Effect.flip(effect), (error) => JSON.stringify([error, error.message]))

/** The "random" bytes of the vector, in the order in which an identity draws them. */
const drawn = [
  gold.identity.seed,
  gold.identity.salt,
  gold.identity.recovery_key,
  gold.identity.passphrase_nonce,
  gold.identity.recovery_nonce
].map(decode)

const scripted = Layer.sync(SecureRandom.SecureRandom, () => {
  const queue = [...drawn]
  return SecureRandom.make((size) => {
    const next = queue.shift() ?? new Uint8Array(0)
    assert.strictEqual(next.length, size)
    return next
  })
})

describe("Identity", () => {
  layer(
    Layer.mergeAll(Ed25519.Ed25519.layerNode, PassphraseKdf.PassphraseKdf.layer).pipe(
      Layer.provideMerge(Layer.mergeAll(NodeCrypto.layerAead, NodeCrypto.layerKdf, scripted))
    )
  )("at the real cost", (it) => {
    it.effect("writes the identity file of the vector, byte for byte", () =>
      Effect.gen(function* () {
        const passphrase = yield* Passphrase.check(Redacted.make(gold.identity.passphrase), [])
        const { file, seed, recoveryKey } = yield* Identity.create({ ...whose, passphrase })
        assert.strictEqual(Identity.format(file), gold.identity.file)
        assert.strictEqual(encode(seed), gold.identity.seed)
        assert.strictEqual(encode(recoveryKey), gold.identity.recovery_key)
      })
    )

    it.effect("opens the vector with its recovery words", () =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const file = yield* Identity.parse(gold.identity.file)
        const key = yield* RecoveryKey.fromWords(Redacted.make(gold.identity.recovery_words))
        const seed = yield* Identity.unlockWithRecoveryKey(file, key)
        assert.strictEqual(encode(seed), gold.identity.seed)
        assert.strictEqual<string>((yield* ed25519.publicKey(seed)).kid, gold.identity.kid)
      })
    )

    it.effect("refuses to spend a passphrase on parameters below the floor or above the cap", () =>
      Effect.gen(function* () {
        const file = yield* Identity.parse(gold.identity.file)
        const passphrase = Redacted.make(gold.identity.passphrase)
        for (const [kdf, reason] of [
          [{ ...file.kdf, m: 65_535 }, "BelowFloor"],
          [{ ...file.kdf, t: 2 }, "BelowFloor"],
          [{ ...file.kdf, m: 2_097_153 }, "AboveCap"],
          [{ ...file.kdf, p: 9 }, "AboveCap"]
        ] as const) {
          assert.strictEqual(yield* reasonOf(Identity.unlock({ ...file, kdf }, passphrase)), reason)
        }
      })
    )
  })

  layer(
    Layer.mergeAll(Ed25519.Ed25519.layerNode, PassphraseKdf.PassphraseKdf.layerTest).pipe(
      Layer.provideMerge(NodeCrypto.layer)
    )
  )("at a test's cost", (it) => {
    it.effect("opens with its passphrase and with its recovery key to the key that it names", () =>
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const { file, passphrase, recoveryKey, seed } = yield* create
        const read = yield* Identity.parse(Identity.format(file))
        assert.deepStrictEqual(read, file)
        assert.strictEqual(encode(yield* Identity.unlock(read, passphrase)), encode(seed))
        assert.strictEqual(encode(yield* Identity.unlockWithRecoveryKey(read, recoveryKey)), encode(seed))
        assert.deepStrictEqual(PublicKey.toJwk(yield* ed25519.publicKey(seed)), file.jwk)
      })
    )

    it.effect("of another program's seed opens to that seed, and with nothing that opened it there", () =>
      Effect.gen(function* () {
        const { seed } = yield* create
        const passphrase = yield* Passphrase.generate
        const { file, recoveryKey } = yield* Identity.adopt({ ...whose, passphrase, seed })
        assert.strictEqual(encode(yield* Identity.unlock(file, passphrase)), encode(seed))
        assert.strictEqual(encode(yield* Identity.unlockWithRecoveryKey(file, recoveryKey)), encode(seed))
        assert.strictEqual(yield* reasonOf(Identity.unlock(file, yield* Passphrase.generate)), "NotOpened")
      })
    )

    it.effect("makes another key, salt and nonces each time", () =>
      Effect.gen(function* () {
        const one = (yield* create).file
        const other = (yield* create).file
        const drawnBy = (file: Identity.File) => [
          file.jwk.x,
          file.kdf.salt,
          ...file.wraps.flatMap((w) => [w.nonce, w.ciphertext])
        ]
        assert.strictEqual(new Set([...drawnBy(one), ...drawnBy(other)]).size, 12)
      })
    )

    it.effect("answers a wrong passphrase, a wrong recovery key and a changed file in the very same words", () =>
      Effect.gen(function* () {
        const { file, passphrase, recoveryKey } = yield* create
        const stranger = yield* create
        yield* Identity.unlock(file, passphrase)
        const renamed = (kind: string) =>
          file.wraps.filter((wrap) => wrap.kind !== kind).map(({ nonce, ciphertext }) => ({ kind, nonce, ciphertext }))
        const refused: ReadonlyArray<
          Effect.Effect<unknown, Error, Ed25519.Ed25519 | PassphraseKdf.PassphraseKdf | Aead.Aead | Kdf.Kdf>
        > = [
          Identity.unlock(file, stranger.passphrase),
          Identity.unlock(file, Redacted.make("")),
          Identity.unlock({ ...file, member: HumanId.make("me@example.com") }, passphrase),
          Identity.unlock({ ...file, project: ProjectId.make("acme-2") }, passphrase),
          Identity.unlock({ ...file, jwk: stranger.file.jwk }, passphrase),
          Identity.unlock({ ...file, kdf: { ...file.kdf, m: 65 } }, passphrase),
          Identity.unlock({ ...file, kdf: { ...file.kdf, salt: stranger.file.kdf.salt } }, passphrase),
          Identity.unlock({ ...file, wraps: renamed("passphrase") }, passphrase),
          Identity.unlock({ ...file, wraps: stranger.file.wraps }, passphrase),
          Identity.unlockWithRecoveryKey(file, stranger.recoveryKey),
          Identity.unlockWithRecoveryKey({ ...file, member: HumanId.make("me@example.com") }, recoveryKey),
          Identity.unlockWithRecoveryKey({ ...file, wraps: renamed("recovery") }, recoveryKey)
        ]
        const answers = yield* Effect.all(refused.map((one) => answerOf(one)))
        assert.strictEqual(new Set(answers).size, 1)
        assert.include(answers[0], "NotOpened")
      })
    )

    it.effect("does not open when the seed inside, though well sealed, is not that of the file's key", () =>
      Effect.gen(function* () {
        const { file, recoveryKey, seed } = yield* create
        const stranger = yield* create
        const key = yield* RecoveryKey.encryptionKey(recoveryKey)
        const sealed = (inside: typeof seed) => Seal.seal({ file, kind: "recovery", key, seed: inside })
        const good = { ...file, wraps: [yield* sealed(seed)] }
        const bad = { ...file, wraps: [yield* sealed(stranger.seed)] }
        assert.strictEqual(encode(yield* Identity.unlockWithRecoveryKey(good, recoveryKey)), encode(seed))
        assert.strictEqual(yield* reasonOf(Identity.unlockWithRecoveryKey(bad, recoveryKey)), "NotOpened")
      })
    )

    it.effect("takes a new passphrase, forgets the old one, and leaves the recovery key good", () =>
      Effect.gen(function* () {
        const { file, passphrase, recoveryKey, seed } = yield* create
        const next = yield* Passphrase.generate
        const changed = yield* Identity.changePassphrase({ file, seed, passphrase: next })
        assert.strictEqual(encode(yield* Identity.unlock(changed, next)), encode(seed))
        assert.strictEqual(yield* reasonOf(Identity.unlock(changed, passphrase)), "NotOpened")
        assert.strictEqual(encode(yield* Identity.unlockWithRecoveryKey(changed, recoveryKey)), encode(seed))
        assert.notStrictEqual(changed.kdf.salt, file.kdf.salt)
        assert.deepStrictEqual(changed.jwk, file.jwk)
        assert.strictEqual(changed.wraps.length, 2)
      })
    )

    it.effect("gives a recovered identity a passphrase again", () =>
      Effect.gen(function* () {
        const { file, recoveryKey } = yield* create
        const alone = { ...file, wraps: file.wraps.filter((wrap) => wrap.kind === "recovery") }
        const next = yield* Passphrase.generate
        assert.strictEqual(yield* reasonOf(Identity.unlock(alone, next)), "NoSuchWrap")
        const seed = yield* Identity.unlockWithRecoveryKey(alone, recoveryKey)
        const changed = yield* Identity.changePassphrase({ file: alone, seed, passphrase: next })
        assert.strictEqual(encode(yield* Identity.unlock(changed, next)), encode(seed))
      })
    )

    it.effect("refuses to put another identity's seed under a new passphrase", () =>
      Effect.gen(function* () {
        const { file, passphrase } = yield* create
        const stranger = yield* create
        const changed = Identity.changePassphrase({ file, seed: stranger.seed, passphrase })
        assert.strictEqual(yield* reasonOf(changed), "NotOpened")
      })
    )

    it.effect("keeps a wrap of a kind that it does not know, and never tries it", () =>
      Effect.gen(function* () {
        const { file, passphrase, seed } = yield* create
        const [wrap = assert.fail("no wrap")] = file.wraps
        const unknown = { ...wrap, kind: "hardware" }
        const read = yield* Identity.parse(Identity.format({ ...file, wraps: [unknown, ...file.wraps] }))
        assert.strictEqual(encode(yield* Identity.unlock(read, passphrase)), encode(seed))
        const changed = yield* Identity.changePassphrase({ file: read, seed, passphrase })
        assert.deepStrictEqual(
          changed.wraps.find((wrap) => wrap.kind === "hardware"),
          unknown
        )
        const alone = { ...file, wraps: [unknown] }
        assert.strictEqual(yield* reasonOf(Identity.unlock(alone, passphrase)), "NoSuchWrap")
      })
    )

    it.effect("refuses every text that is not exactly an identity file", () =>
      Effect.gen(function* () {
        const text = gold.identity.file
        yield* Identity.parse(` ${text}\n`)
        const [wrap] = (yield* Identity.parse(text)).wraps
        const edited = (edit: object) => JSON.stringify({ ...JSON.parse(text), ...edit })
        for (const bad of [
          "",
          "{}",
          text.slice(0, -1),
          `${text}x`,
          text.replace(`"v":1`, `"v":1,"v":1`),
          edited({ v: 2 }),
          edited({ extra: true }),
          edited({ member: "You@example.com" }),
          edited({ member: "ai:claude@acme" }),
          edited({ project: "../acme" }),
          edited({ wraps: [] }),
          edited({ wraps: [wrap, wrap] }),
          edited({ wraps: [{ ...wrap, more: 1 }] }),
          edited({ wraps: [{ ...wrap, nonce: "BAQEBAQEBAQEBAQ" }] }),
          edited({ wraps: [{ ...wrap, ciphertext: "BAQEBAQEBAQEBAQ" }] }),
          edited({ kdf: { name: "scrypt", m: 262144, t: 3, p: 1, salt: gold.identity.salt } }),
          edited({ kdf: { name: "argon2id", m: 262144, t: 3, p: 0, salt: gold.identity.salt } }),
          edited({ kdf: { name: "argon2id", m: 262144.5, t: 3, p: 1, salt: gold.identity.salt } }),
          text.padEnd(Identity.maxBytes + 1)
        ]) {
          assert.strictEqual(yield* reasonOf(Identity.parse(bad)), "NotAnIdentity", bad.slice(0, 60))
        }
      })
    )

    it.effect("does not open after any one of its bits was flipped, by the way that the bit concerns", () =>
      Effect.gen(function* () {
        const { file, passphrase, recoveryKey } = yield* create
        const text = Identity.format(file)
        const passphraseOnly = [
          [text.indexOf(`"kdf":`), text.indexOf(`,"wraps":`)],
          [text.indexOf(`{"kind":"passphrase"`), text.indexOf(`,{"kind":"recovery"`)]
        ] as const
        const recoveryOnly = [[text.indexOf(`{"kind":"recovery"`), text.length - 2]] as const
        const within = (ranges: ReadonlyArray<readonly [number, number]>, at: number) =>
          ranges.some(([from, to]) => from <= at && at < to)
        const opens = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
          Effect.match(effect, { onFailure: () => false, onSuccess: () => true })
        let read = 0
        for (let bit = 0; bit < text.length * 8; bit++) {
          const at = bit >> 3
          const flipped = yield* Effect.option(Identity.parse(flip(text, bit)))
          if (flipped._tag === "None") continue
          read += 1
          const byPassphrase = yield* opens(Identity.unlock(flipped.value, passphrase))
          const byRecovery = yield* opens(Identity.unlockWithRecoveryKey(flipped.value, recoveryKey))
          assert.strictEqual(byPassphrase, within(recoveryOnly, at), `passphrase, bit ${bit}`)
          assert.strictEqual(byRecovery, within(passphraseOnly, at), `recovery, bit ${bit}`)
        }
        assert.isAbove(read, 100)
      })
    )

    it.effect("prints no seed, passphrase or recovery key, whole or in an error", () =>
      Effect.gen(function* () {
        const made = yield* create
        const error = yield* Effect.flip(Identity.unlock(made.file, Redacted.make("planted-passphrase")))
        const printed = [
          JSON.stringify(made),
          inspect(made, { depth: 9 }),
          JSON.stringify(error),
          inspect(error),
          String(error)
        ].join()
        for (const secret of [
          Redacted.value(made.passphrase),
          encode(made.seed),
          encode(made.recoveryKey),
          "planted-passphrase"
        ]) {
          assert.notInclude(printed, secret)
        }
        assert.include(printed, "<redacted:private seed>")
      })
    )
  })
})

function flip(text: string, bit: number): string {
  const bytes = Buffer.from(text, "latin1")
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return bytes.toString("latin1")
}
