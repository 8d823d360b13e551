import * as MasterKey from "@bailiwick/storage/MasterKey"
import { assert, describe, it } from "@effect/vitest"
import * as Mac from "effect/crypto/Mac"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createHmac, hkdfSync } from "node:crypto"
import * as Fs from "node:fs"
import * as TemporaryStore from "./TemporaryStore.ts"

const message = new TextEncoder().encode("sealed")
const seal = MasterKey.MasterKey.use(({ sealing }) => Mac.Mac.use((mac) => mac.sign(sealing, message)))

/** A file's descriptor, as a parent process would hand it down. */
const descriptor = (path: string, content: string) => {
  Fs.writeFileSync(path, content)
  return Fs.openSync(path, "r")
}

describe("MasterKey", () => {
  it.effect("is 32 random bytes, another one each time, and never replaced", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* TemporaryStore.directory, yield* TemporaryStore.directory]
      assert.isTrue(yield* MasterKey.create(one))
      assert.isTrue(yield* MasterKey.create(other))
      const text = Fs.readFileSync(MasterKey.path(one), "utf8")
      assert.match(text, /^[A-Za-z0-9_-]{43}\n$/u)
      assert.notStrictEqual(text, Fs.readFileSync(MasterKey.path(other), "utf8"))
      assert.isFalse(yield* MasterKey.create(one))
      assert.strictEqual(Fs.readFileSync(MasterKey.path(one), "utf8"), text)
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.effect("seals with a key of that purpose alone, derived as RFC 5869 says", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      yield* MasterKey.create(home)
      const master = Buffer.from(Fs.readFileSync(MasterKey.path(home), "utf8").trim(), "base64url")
      const derived = hkdfSync("sha256", master, new Uint8Array(0), "bailiwick/store/seal/v1", 32)
      const tag = yield* Effect.provide(seal, MasterKey.MasterKey.layerFile(home))
      assert.deepStrictEqual(Buffer.from(tag), createHmac("sha256", Buffer.from(derived)).update(message).digest())
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  for (const end of ["\n", "\r\n", ""]) {
    it.effect(`is the same by an inherited descriptor that ends in ${JSON.stringify(end)}, which it closes`, () =>
      Effect.gen(function* () {
        const home = yield* TemporaryStore.directory
        yield* MasterKey.create(home)
        const fd = descriptor(`${home}/handed`, Fs.readFileSync(MasterKey.path(home), "utf8").trim() + end)
        const tag = yield* Effect.provide(seal, Layer.fresh(MasterKey.MasterKey.layerDescriptor(fd)))
        assert.deepStrictEqual(tag, yield* Effect.provide(seal, MasterKey.MasterKey.layerFile(home)))
        assert.throws(() => Fs.fstatSync(fd))
      }).pipe(Effect.provide(TemporaryStore.machine))
    )
  }

  for (const content of ["", "short", "A".repeat(44), "A".repeat(5000), `${"A".repeat(42)}=`]) {
    it.effect(`is refused by a descriptor that gives ${content.length} characters ${content.slice(-2)}`, () =>
      Effect.gen(function* () {
        const fd = descriptor(`${yield* TemporaryStore.directory}/handed`, content)
        const error = yield* Effect.flip(Effect.provide(seal, MasterKey.MasterKey.layerDescriptor(fd)))
        assert.strictEqual(error._tag === "StoreError" && error.reason, "Damaged")
        assert.throws(() => Fs.fstatSync(fd))
      }).pipe(Effect.provide(TemporaryStore.machine))
    )
  }

  it.effect("is refused by a descriptor that nobody has opened", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(seal, MasterKey.MasterKey.layerDescriptor(9999)))
      assert.strictEqual(error._tag === "StoreError" && error.reason, "Unavailable")
    }).pipe(Effect.provide(TemporaryStore.machine))
  )

  it.effect("prints nothing of itself", () =>
    Effect.gen(function* () {
      const home = yield* TemporaryStore.directory
      yield* MasterKey.create(home)
      const keys = yield* Effect.provide(MasterKey.MasterKey, MasterKey.MasterKey.layerFile(home))
      assert.notMatch(JSON.stringify(keys), /[A-Za-z0-9_-]{30}|\d+,\d+/u)
    }).pipe(Effect.provide(TemporaryStore.machine))
  )
})
