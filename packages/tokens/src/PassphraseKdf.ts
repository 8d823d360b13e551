/**
 * Argon2id (RFC 9106) from a passphrase to a key-encryption key, between a floor and a cap (formats §2).
 *
 * Parameters stand in the identity file, so they are checked whenever one is read: below the floor a planted file could
 * make a passphrase cheap to guess, above the cap it could exhaust the machine. The floor belongs to the layer; no
 * file, flag or variable can lower it.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Context from "effect/Context"
import * as Kdf from "effect/crypto/Kdf"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/** What the derivation costs: `m` KiB of memory, `t` passes, `p` lanes. */
export const Cost = Schema.Struct({ m: Count, t: Count, p: Count })
export type Cost = typeof Cost.Type

export const saltLength = 16

/** The `kdf` member of an identity file. */
export const Parameters = Schema.Struct({
  name: Schema.Literal("argon2id"),
  ...Cost.fields,
  salt: Base64Url.ofLength(saltLength)
})
export type Parameters = typeof Parameters.Type

/** The parameters would make the passphrase too cheap to guess. */
export class BelowFloor extends Schema.TaggedError<BelowFloor>()("BelowFloor", { floor: Cost }) {
  override get message() {
    return `passphrase parameters below the floor of m=${this.floor.m} KiB, t=${this.floor.t}: whoever wrote them made the passphrase cheap to guess`
  }
}

/** The parameters would take more memory or time than any file may ask for. */
export class AboveCap extends Schema.TaggedError<AboveCap>()("AboveCap", { cap: Cost }) {
  override get message() {
    return `passphrase parameters above the cap of m=${this.cap.m} KiB, t=${this.cap.t}, p=${this.cap.p}`
  }
}

/** The platform has no Argon2id, or not the memory for it. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {}) {
  override get message() {
    return "this platform cannot compute Argon2id with these parameters: Node.js 24.7 or newer and enough free memory are needed"
  }
}

export class PassphraseKdfError extends Schema.TaggedError<PassphraseKdfError>()("PassphraseKdfError", {
  reason: Schema.Union([BelowFloor, AboveCap, Unavailable])
}) {
  override get message() {
    return this.reason.message
  }
}

const keyLength = 32

// NFKC, so that the same keys pressed on another system give the same bytes (formats §2).
const encode = (passphrase: Redacted.Redacted): Uint8Array =>
  new TextEncoder().encode(Redacted.value(passphrase).normalize("NFKC"))

const floor: Cost = { m: 64 * 1024, t: 3, p: 1 }
const standard: Cost = { m: 256 * 1024, t: 3, p: 1 }
const cap: Cost = { m: 2 * 1024 * 1024, t: 10, p: 8 }

interface Service {
  /** The cost with which new passphrases are wrapped. */
  readonly cost: Cost
  /** Derives the 32-byte key-encryption key. */
  readonly derive: (
    passphrase: Redacted.Redacted,
    parameters: Parameters
  ) => Effect.Effect<Redacted.Redacted<Uint8Array>, PassphraseKdfError>
}

const make = (bounds: { readonly floor: Cost; readonly cost: Cost }): Effect.Effect<Service, never, Kdf.Kdf> =>
  Effect.map(Kdf.Kdf, (kdf) => {
    const derive = Effect.fn("PassphraseKdf.derive")(function* (
      passphrase: Redacted.Redacted,
      { m, t, p, salt }: Parameters
    ) {
      if (m < bounds.floor.m || t < bounds.floor.t || p < bounds.floor.p) {
        return yield* new PassphraseKdfError({ reason: new BelowFloor({ floor: bounds.floor }) })
      }
      if (m > cap.m || t > cap.t || p > cap.p) {
        return yield* new PassphraseKdfError({ reason: new AboveCap({ cap }) })
      }
      const bytes = encode(passphrase)
      const key = yield* kdf
        .derive(Kdf.argon2id({ memory: m, passes: t, parallelism: p }), bytes, {
          salt: Option.getOrThrow(Base64Url.decode(salt)),
          length: keyLength
        })
        .pipe(
          Effect.mapError(() => new PassphraseKdfError({ reason: new Unavailable() })),
          Effect.ensuring(Effect.sync(() => bytes.fill(0)))
        )
      return Redacted.make(key, { label: "key-encryption key" })
    })
    return { cost: bounds.cost, derive }
  })

export class PassphraseKdf extends Context.Service<PassphraseKdf, Service>()("@bailiwick/tokens/PassphraseKdf") {
  /** 256 MiB, t = 3, p = 1; refuses what is below 64 MiB or t = 3, and above 2 GiB, t = 10 or p = 8. */
  static readonly layer: Layer.Layer<PassphraseKdf, never, Kdf.Kdf> = Layer.effect(
    this,
    make({ floor, cost: standard })
  )

  /** For tests alone: the least that Argon2id can do, and a floor to match. Nothing that is shipped may use it. */
  static readonly layerTest: Layer.Layer<PassphraseKdf, never, Kdf.Kdf> = Layer.effect(
    this,
    make({ floor: { m: 8, t: 1, p: 1 }, cost: { m: 64, t: 1, p: 1 } })
  )
}
