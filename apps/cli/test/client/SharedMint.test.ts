import { assert, describe, it } from "@effect/vitest"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { ProviderError } from "@bailiwick/core/CredentialProvider"
import type { Credentials } from "@bailiwick/core/Credentials"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import { ProjectId } from "@bailiwick/core/ProjectId"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Samples from "@bailiwick/testkit/conformance/Samples"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import * as SharedMint from "../../src/client/SharedMint.ts"

const project = ProjectId.make("acme")
const start = UnixTime.UnixTime.make(1_900_000_000)
const hour = 3600
const at = { generation: 7, now: start }
const seed = (byte: number) => PrivateSeed.fromBytes(new Uint8Array(32).fill(byte))

/** Eight hours were asked for, and the cloud gave one. */
const session: CredentialSession = {
  ...Samples.credentialSession(1),
  provider: "aws",
  created_at: start,
  expires_at: UnixTime.plus(start, hour),
  ttl_seconds: 8 * hour,
  status: "active",
  auth_session_id: Samples.storageId(1),
  reuse: Samples.sha256(1),
  issue_count: 1
}

const credentials: Credentials = {
  provider: "aws",
  secret: Redacted.make({ AccessKeyId: "ASIA" }),
  expires: session.expires_at
}

/** The cache's directory, in a state directory that goes with the test. */
class Cache extends Context.Service<Cache, string>()("test/Cache") {}

const machine = Layer.unwrap(
  Effect.gen(function* () {
    const state = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Fs.realpathSync(tmpdir()), "bailiwick-shared-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
    )
    const variables = ConfigProvider.layer(ConfigProvider.fromUnknown({ HOME: state, BAILIWICK_STATE_DIR: state }))
    return Layer.mergeAll(
      NodeSecretFiles.layer,
      Layer.provide(StateDirectory.layer, variables),
      Layer.succeed(Cache, Path.join(state, project, "cache"))
    )
  })
).pipe(Layer.provideMerge(NodeCrypto.layer))

/** What another process would have, of the same session unless said. */
const processOf = (owner = seed(1), expires = UnixTime.plus(start, 24 * hour)) =>
  SharedMint.make({ project, proof: { session: Samples.storageId(1), seed: owner }, expires })

const within = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(start * 1000), test).pipe(Effect.provide(machine, { local: true }))

const kept = Effect.gen(function* () {
  const minted = yield* processOf()
  yield* minted.alone(session.reuse, minted.keep(session, credentials, at))
})

const throttled = new ProviderError({
  provider: "aws",
  reason: "Throttled",
  detail: "AWS takes no more calls",
  hint: "try again in a minute"
})

describe("SharedMint", () => {
  it.effect(
    "gives another process what one was given, as long as the cloud's own life has more than a third left",
    () =>
      within(
        Effect.gen(function* () {
          yield* kept
          const minted = yield* processOf()
          const found = Option.getOrThrow(yield* minted.find(session, at))
          assert.deepStrictEqual(Redacted.value(found.secret), { AccessKeyId: "ASIA" })
          assert.strictEqual(found.expires, session.expires_at)
          const later = (seconds: number) => minted.find(session, { ...at, now: UnixTime.plus(start, seconds) })
          assert.isTrue(Option.isSome(yield* later((hour * 2) / 3 - 1)))
          assert.isTrue(Option.isNone(yield* later((hour * 2) / 3)))
          // A renewal begins a life of its own.
          const renewed = { ...session, renewed_at: UnixTime.plus(start, hour / 2) }
          assert.isTrue(
            Option.isSome(yield* minted.find(renewed, { ...at, now: UnixTime.plus(start, (hour * 2) / 3) }))
          )
        })
      )
  )

  it.effect("gives nothing to another generation, another seed, or another record than the one that was kept", () =>
    within(
      Effect.gen(function* () {
        yield* kept
        const minted = yield* processOf()
        const finds = (of: CredentialSession, when = at, from = minted) =>
          Effect.map(from.find(of, when), Option.isSome)
        assert.isTrue(yield* finds(session))
        assert.isFalse(yield* finds(session, { ...at, generation: 6 }))
        assert.isFalse(yield* finds(session, { ...at, generation: 8 }))
        assert.isFalse(yield* finds(session, at, yield* processOf(seed(2))))
        assert.isFalse(yield* finds({ ...session, issue_count: 0 }), "only intended")
        assert.isFalse(yield* finds({ ...session, expires_at: UnixTime.plus(start, hour + 1) }), "minted again since")
        assert.isFalse(yield* finds({ ...session, auth_session_id: Samples.storageId(2) }))
        assert.isFalse(yield* finds({ ...session, reuse: Samples.sha256(2) }))
        assert.isFalse(yield* finds({ ...session, provider: "oidc" }))
      })
    )
  )

  it.effect("says of a damaged lock that it can be deleted, and goes on once it is", () =>
    within(
      Effect.gen(function* () {
        yield* kept
        const minted = yield* processOf()
        const directory = yield* Cache
        const lock = Fs.readdirSync(directory).find((name) => name.endsWith(".lock")) ?? ""
        const path = Path.join(directory, lock)
        Fs.writeFileSync(path, "no database at all, and longer than nothing")
        const error = yield* Effect.flip(minted.alone(session.reuse, Effect.void))
        assert.strictEqual(error._tag, "StoreError")
        assert.include(error.message, path)
        assert.match("hint" in error ? String(error.hint) : "", /^delete it/u)
        Fs.rmSync(path)
        yield* minted.alone(session.reuse, Effect.void)
      })
    )
  )

  it.effect("gives nothing from an entry that was changed, and none beyond the end of its session", () =>
    within(
      Effect.gen(function* () {
        yield* kept
        const minted = yield* processOf()
        const path = Path.join(yield* Cache, `${session.auth_session_id}-${session.reuse}.json`)
        const text = Fs.readFileSync(path, "utf8")
        Fs.writeFileSync(path, `${text.slice(0, -10)}${text.at(-10) === "A" ? "B" : "A"}${text.slice(-9)}`)
        assert.deepStrictEqual(yield* minted.find(session, at), Option.none())
        Fs.writeFileSync(path, text)
        assert.isTrue(Option.isSome(yield* minted.find(session, at)))
        const ending = yield* processOf(seed(1), UnixTime.plus(start, 60))
        yield* ending.keep(session, credentials, at)
        yield* TestClock.adjust("59 seconds")
        assert.isTrue(Option.isSome(yield* ending.find(session, at)))
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isNone(yield* ending.find(session, at)))
        Fs.chmodSync(path, 0o644)
        assert.strictEqual((yield* Effect.flip(minted.find(session, at))).reason, "Exposed")
      })
    )
  )

  it.effect("goes on without a cache where nothing can be kept", () =>
    within(
      Effect.gen(function* () {
        const minted = yield* processOf()
        yield* minted.keep(session, credentials, at)
        assert.isFalse(Fs.existsSync(yield* Cache))
        assert.deepStrictEqual(yield* minted.find(session, at), Option.none())
      })
    )
  )

  it.effect("runs one flight of a digest at a time, and gives up as busy after its patience", () =>
    within(
      Effect.gen(function* () {
        const [one, other] = [yield* processOf(), yield* processOf()]
        const gate = yield* Latch.make(false)
        const first = yield* Effect.forkChild(one.alone(session.reuse, gate.await), { startImmediately: true })
        let flown = 0
        const flight = Effect.sync(() => ++flown)
        const waiting = yield* Effect.forkChild(other.alone(session.reuse, flight), { startImmediately: true })
        // Another request is not held up.
        yield* other.alone(Sha256.make("QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"), Effect.void)
        yield* TestClock.adjust("44 seconds")
        assert.strictEqual(flown, 0)
        yield* gate.open
        yield* Fiber.join(first)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), 1)

        const holder = yield* Effect.forkChild(one.alone(session.reuse, Effect.never), { startImmediately: true })
        const busy = yield* Effect.forkChild(Effect.flip(other.alone(session.reuse, flight)), {
          startImmediately: true
        })
        yield* TestClock.adjust("46 seconds")
        const error = yield* Fiber.join(busy)
        assert.strictEqual(error._tag === "StoreError" ? error.reason : error, "Busy")
        assert.strictEqual(flown, 1)
        yield* Fiber.interrupt(holder)
      })
    )
  )

  it.effect(
    "refuses whoever waited with the flight that the cloud refused, and asks anew for whoever comes later",
    () =>
      within(
        Effect.gen(function* () {
          const [one, other] = [yield* processOf(), yield* processOf()]
          const gate = yield* Latch.make(false)
          let flown = 0
          const flight = (landing: Effect.Effect<string, ProviderError>) =>
            Effect.suspend(() => {
              flown += 1
              return Effect.andThen(gate.await, landing)
            })
          const refused = yield* Effect.forkChild(
            Effect.flip(one.alone(session.reuse, flight(Effect.fail(throttled)))),
            {
              startImmediately: true
            }
          )
          const waiting = yield* Effect.forkChild(
            Effect.flip(other.alone(session.reuse, flight(Effect.succeed("not asked")))),
            { startImmediately: true }
          )
          yield* gate.open
          assert.strictEqual(yield* Fiber.join(refused), throttled)
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(yield* Fiber.join(waiting), throttled)
          assert.strictEqual(flown, 1)
          const path = Path.join(yield* Cache, `${session.auth_session_id}-${session.reuse}.refused.json`)
          assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o600)
          assert.strictEqual(yield* other.alone(session.reuse, flight(Effect.succeed("given"))), "given")
          assert.isFalse(Fs.existsSync(path), "who still waits is not told what was said before")
        })
      )
  )

  it.effect("believes no refusal that was not written with the session's seed, or not for this request", () =>
    within(
      Effect.gen(function* () {
        const place = Path.join(yield* Cache, `${session.auth_session_id}-${session.reuse}.refused.json`)
        const told = Effect.gen(function* () {
          const minted = yield* processOf()
          yield* Effect.flip(minted.alone(session.reuse, Effect.fail(throttled)))
          return Fs.readFileSync(place, "utf8")
        })
        const text = yield* told
        const asks = Effect.flatMap(processOf(), (minted) => minted.alone(session.reuse, Effect.succeed("asked")))
        const plant = (note: string) => Fs.writeFileSync(place, note, { mode: 0o600 })
        // The clock stands still: whoever asks in the same moment was there when it was said.
        assert.deepStrictEqual(yield* Effect.flip(asks), throttled)
        for (const changed of [
          text.replace("in a minute", "at evil.example"),
          text.replace(`"at":${start * 1000}`, `"at":${start * 1000 + 1}`),
          "{}",
          ""
        ]) {
          assert.notStrictEqual(changed, text)
          plant(changed)
          assert.strictEqual(yield* asks, "asked", changed)
        }
        plant(text)
        const stranger = yield* processOf(seed(2))
        assert.strictEqual(yield* stranger.alone(session.reuse, Effect.succeed("asked")), "asked")
        plant(text)
        assert.deepStrictEqual(yield* Effect.flip(asks), throttled)
        // Written before the clock was set back.
        yield* TestClock.setTime(start * 1000 - 1)
        assert.strictEqual(yield* asks, "asked")
      })
    )
  )

  it.effect("refuses to take a lock where others may enter, and says what to do", () =>
    within(
      Effect.gen(function* () {
        yield* kept
        const cache = yield* Cache
        Fs.chmodSync(cache, 0o755)
        const minted = yield* processOf()
        const error = yield* Effect.flip(minted.alone(session.reuse, Effect.die("on its own")))
        assert.strictEqual(error._tag === "StoreError" ? error.hint : error, `chmod 700 ${cache}`)
      })
    )
  )
})
