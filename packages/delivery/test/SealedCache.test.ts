import { assert, describe, it } from "@effect/vitest"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import * as Sha256 from "@bailiwick/core/Sha256"
import * as StorageId from "@bailiwick/core/StorageId"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as SealedCache from "@bailiwick/delivery/SealedCache"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { credentials, directory, services } from "./support/Fixtures.ts"

const start = 1_900_000_000
const lent = credentials("header.payload.signature", start + 900)
const minimum = 300

const place = (path: string): SealedCache.Place => ({
  path,
  seed: Redacted.make(new Uint8Array(32).fill(3)),
  session: StorageId.StorageId.make("0123456789abcdef01234567"),
  reuse: Sha256.Sha256.make("QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"),
  provider: "oidc"
})

const written = Effect.gen(function* () {
  yield* TestClock.setTime(start * 1000)
  const here = place(Path.join(yield* directory, "entry.json"))
  yield* SealedCache.write(here, { credentials: lent, not_after: UnixTime.UnixTime.make(start + 900), generation: 7 })
  return here
})

describe("SealedCache", () => {
  it.effect("gives back what was kept, under the generation of the decision", () =>
    Effect.gen(function* () {
      const here = yield* written
      const found = yield* SealedCache.read(here, { generation: 7, minimum })
      assert.isTrue(Option.isSome(found))
      if (Option.isNone(found)) return
      assert.deepStrictEqual(Redacted.value(found.value.secret), { token: "header.payload.signature" })
      assert.strictEqual(found.value.expires, lent.expires)
    }).pipe(Effect.provide(services))
  )

  it.effect("keeps no token in clear, in a file of its owner alone", () =>
    Effect.gen(function* () {
      const here = yield* written
      assert.notInclude(Fs.readFileSync(here.path, "utf8"), "signature")
      assert.strictEqual(Fs.statSync(here.path).mode & 0o777, 0o600)
    }).pipe(Effect.provide(services))
  )

  it.effect("has nothing after a change of generation, without a generation, and when too little is left", () =>
    Effect.gen(function* () {
      const here = yield* written
      assert.deepStrictEqual(yield* SealedCache.read(here, { generation: 8, minimum }), Option.none())
      assert.deepStrictEqual(yield* SealedCache.read(here, { generation: undefined, minimum }), Option.none())
      yield* TestClock.adjust("599 seconds")
      assert.isTrue(Option.isSome(yield* SealedCache.read(here, { generation: 7, minimum })))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* SealedCache.read(here, { generation: 7, minimum }), Option.none())
    }).pipe(Effect.provide(services))
  )

  it.effect("has nothing for another provider, seed, session or request", () =>
    Effect.gen(function* () {
      const here = yield* written
      const others: ReadonlyArray<SealedCache.Place> = [
        { ...here, provider: "aws" },
        { ...here, seed: Redacted.make(new Uint8Array(32)) },
        { ...here, session: StorageId.StorageId.make("f".repeat(24)) },
        { ...here, reuse: Sha256.Sha256.make("A".repeat(43)) }
      ]
      for (const other of others) {
        assert.deepStrictEqual(yield* SealedCache.read(other, { generation: 7, minimum }), Option.none())
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("has nothing where the file is damaged, too long or gone, and says that others can read it", () =>
    Effect.gen(function* () {
      const here = yield* written
      const read = SealedCache.read(here, { generation: 7, minimum })
      Fs.writeFileSync(here.path, Fs.readFileSync(here.path, "utf8").slice(0, -9))
      assert.deepStrictEqual(yield* read, Option.none())
      Fs.writeFileSync(here.path, "x".repeat(100_000))
      assert.deepStrictEqual(yield* read, Option.none())
      const exposed = Layer.mock(SecretFiles, {
        read: () => Effect.fail(new StoreError({ reason: "Exposed", detail: "others can read it" }))
      })
      assert.strictEqual((yield* Effect.flip(read.pipe(Effect.provide(exposed)))).reason, "Exposed")
      yield* SealedCache.remove(here.path)
      assert.deepStrictEqual(yield* read, Option.none())
    }).pipe(Effect.provide(services))
  )
})
