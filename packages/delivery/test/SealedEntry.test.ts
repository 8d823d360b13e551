import { assert, describe, it } from "@effect/vitest"
import * as SealedEntry from "@bailiwick/delivery/sealed/SealedEntry"
import * as Effect from "effect/Effect"
import vector from "./vectors/sealed-cache.json" with { type: "json" }

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"))
const place: SealedEntry.Place = { seed: bytes(vector.seed), session: vector.session, reuse: vector.reuse }
const now = { time: vector.content.not_after - 600, generation: vector.content.generation, minimum: 60 }

const refusal = (opened: SealedEntry.Opened) => (opened.ok ? "opened" : opened.reason)

describe("SealedEntry", () => {
  it("writes the bytes of the vector", () => {
    assert.strictEqual(SealedEntry.seal(place, vector.content, bytes(vector.nonce)), vector.text)
  })

  it("opens the vector", () => {
    assert.deepStrictEqual(SealedEntry.use(place, vector.text, now), { ok: true, content: vector.content })
  })

  it.effect("is what another implementation of HKDF and AES-GCM opens", () =>
    Effect.gen(function* () {
      const { subtle } = globalThis.crypto
      const entry = JSON.parse(vector.text)
      const plain = yield* Effect.promise(async () => {
        const seed = await subtle.importKey("raw", bytes(vector.seed), "HKDF", false, ["deriveKey"])
        const key = await subtle.deriveKey(
          {
            name: "HKDF",
            hash: "SHA-256",
            salt: new Uint8Array(0),
            info: new TextEncoder().encode("bailiwick/cache/v1")
          },
          seed,
          { name: "AES-GCM", length: 256 },
          false,
          ["decrypt"]
        )
        return subtle.decrypt(
          {
            name: "AES-GCM",
            iv: Buffer.from(entry.nonce, "base64url"),
            additionalData: new TextEncoder().encode(`${entry.session}\n${entry.reuse}`)
          },
          key,
          Buffer.from(entry.ciphertext, "base64url")
        )
      })
      assert.strictEqual(new TextDecoder().decode(plain), JSON.stringify(vector.content))
    })
  )

  it("refuses the entry with any one bit flipped", () => {
    const original = new TextEncoder().encode(vector.text)
    for (let bit = 0; bit < original.length * 8; bit++) {
      const flipped = Uint8Array.from(original)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = new TextDecoder().decode(flipped)
      assert.isFalse(SealedEntry.open(place, text).ok, `bit ${bit}: ${text}`)
    }
  })

  it("refuses the entry cut at any place, and with anything behind it", () => {
    for (let length = 0; length < vector.text.length; length++) {
      assert.isFalse(SealedEntry.open(place, vector.text.slice(0, length)).ok)
    }
    assert.strictEqual(refusal(SealedEntry.open(place, `${vector.text}\n`)), "malformed")
  })

  it.each([
    ["a second spelling", (text: string) => text.replace(",", ", ")],
    ["a member twice", (text: string) => text.replace("{", `{"v":1,`)],
    ["a member too many", (text: string) => text.replace("{", `{"x":1,`)],
    ["another version", (text: string) => text.replace(`"v":1`, `"v":2`)],
    ["padding", (text: string) => text.replace(/"\}$/u, `="}`)],
    ["no object", () => "null"],
    ["an array", () => "[]"],
    ["nothing", () => ""],
    ["more than an entry can hold", (text: string) => text + " ".repeat(SealedEntry.maxBytes)]
  ])("refuses %s", (_, change) => {
    assert.strictEqual(refusal(SealedEntry.open(place, change(vector.text))), "malformed")
  })

  it("refuses an entry of another session and of another request, even relabelled", () => {
    const session = "000000000000000000000000"
    const reuse = "A".repeat(43)
    assert.strictEqual(refusal(SealedEntry.open({ ...place, session }, vector.text)), "elsewhere")
    assert.strictEqual(refusal(SealedEntry.open({ ...place, reuse }, vector.text)), "elsewhere")
    const relabelled = vector.text.replace(vector.reuse, reuse)
    assert.strictEqual(refusal(SealedEntry.open({ ...place, reuse }, relabelled)), "unsealable")
    const moved = vector.text.replace(vector.session, session)
    assert.strictEqual(refusal(SealedEntry.open({ ...place, session }, moved)), "unsealable")
  })

  it("does not open with another seed", () => {
    const seed = bytes(vector.seed).fill(7, 0, 1)
    assert.strictEqual(refusal(SealedEntry.open({ ...place, seed }, vector.text)), "unsealable")
  })

  it("refuses sealed content of another shape", () => {
    const strange = { ...vector.content, generation: "41" } as unknown as SealedEntry.Content
    assert.strictEqual(refusal(SealedEntry.open(place, SealedEntry.seal(place, strange))), "unsealable")
  })

  it("is not used under another generation, or when the generation cannot be read", () => {
    assert.strictEqual(
      refusal(SealedEntry.use(place, vector.text, { ...now, generation: now.generation + 1 })),
      "generation"
    )
    assert.strictEqual(
      refusal(SealedEntry.use(place, vector.text, { ...now, generation: now.generation - 1 })),
      "generation"
    )
    assert.strictEqual(refusal(SealedEntry.use(place, vector.text, { ...now, generation: undefined })), "generation")
  })

  it("is used only with more than the minimum of its life left", () => {
    const time = vector.content.not_after - now.minimum
    assert.isTrue(SealedEntry.use(place, vector.text, { ...now, time: time - 1 }).ok)
    assert.strictEqual(refusal(SealedEntry.use(place, vector.text, { ...now, time })), "expired")
    assert.strictEqual(
      refusal(SealedEntry.use(place, vector.text, { ...now, time: time + 7200, minimum: 0 })),
      "expired"
    )
  })

  it("takes a new nonce each time", () => {
    assert.notStrictEqual(SealedEntry.seal(place, vector.content), SealedEntry.seal(place, vector.content))
  })
})
