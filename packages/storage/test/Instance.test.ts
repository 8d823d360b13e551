import * as Generation from "@bailiwick/core/ports/Generation"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import * as GenerationFile from "@bailiwick/storage/GenerationFile"
import * as Instance from "@bailiwick/storage/Instance"
import * as Store from "@bailiwick/storage/Store"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "./TemporaryStore.ts"

const place = Effect.gen(function* () {
  const options = { project: TemporaryStore.project, directory: Path.join(yield* TemporaryStore.directory, "acme") }
  yield* Effect.provide(Store.create(options), TemporaryStore.machine)
  return options
})

const parts = Effect.gen(function* () {
  const { renew, restored } = yield* Instance.Instance
  const { bump, current } = yield* Generation.Generation
  const { run } = yield* StoreTransaction.StoreTransaction
  return { bump, current, renew, restored, run }
})

/** Opens the store, does something, and closes it. */
const opened = <A, E>(options: Store.Options, f: (p: Effect.Success<typeof parts>) => Effect.Effect<A, E>) =>
  Effect.flatMap(parts, f).pipe(Effect.provide(Store.layer(options)), Effect.provide(TemporaryStore.machine))

const verdict = (options: Store.Options) => opened(options, ({ restored }) => Effect.succeed(restored))
const bump = (options: Store.Options) => opened(options, ({ bump, run }) => run(bump))
const current = (options: Store.Options) => opened(options, (store) => store.current)

const inFile = (options: Store.Options) => Number(Fs.readFileSync(GenerationFile.path(options.directory), "utf8"))
const setFile = (options: Store.Options, generation: number) =>
  Fs.writeFileSync(GenerationFile.path(options.directory), `${generation}\n`)

/** A backup of the database alone, put back. */
const backUp = (options: Store.Options) => {
  const content = Fs.readFileSync(Store.filename(options.directory))
  return () => Fs.writeFileSync(Store.filename(options.directory), content)
}

describe("Instance takes for restored", () => {
  it.effect("no store that was only closed and opened", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* bump(options)
      assert.isFalse(yield* verdict(options))
      assert.strictEqual(yield* current(options), 2)
      assert.strictEqual(inFile(options), 2)
    })
  )

  it.effect("a store whose instance file is missing", () =>
    Effect.gen(function* () {
      const options = yield* place
      Fs.rmSync(Instance.path(options.directory))
      assert.isTrue(yield* verdict(options))
    })
  )

  it.effect("a store whose instance file is another one, or no instance at all", () =>
    Effect.gen(function* () {
      const options = yield* place
      for (const content of [`${"A".repeat(22)}\n`, "", "?\n"]) {
        Fs.writeFileSync(Instance.path(options.directory), content, { mode: 0o600 })
        assert.isTrue(yield* verdict(options), JSON.stringify(content))
      }
    })
  )

  it.effect("an older copy of the database, two changes behind its file", () =>
    Effect.gen(function* () {
      const options = yield* place
      const putBack = backUp(options)
      yield* bump(options)
      yield* bump(options)
      putBack()
      assert.isTrue(yield* verdict(options))
      assert.strictEqual(inFile(options), 3)
    })
  )

  it.effect("no store that was killed between its file and its commit", () =>
    Effect.gen(function* () {
      const options = yield* place
      setFile(options, 2)
      assert.isFalse(yield* verdict(options))
      assert.strictEqual(yield* current(options), 3)
      assert.strictEqual(inFile(options), 3)
    })
  )
})

describe("Instance, once a store is restored,", () => {
  it.effect("says so at every opening until it was renewed", () =>
    Effect.gen(function* () {
      const options = yield* place
      const putBack = backUp(options)
      for (const _ of [1, 2, 3]) yield* bump(options)
      putBack()
      assert.isTrue(yield* verdict(options))
      assert.isTrue(yield* verdict(options))
      yield* opened(options, ({ renew, run }) => run(renew))
      assert.isFalse(yield* verdict(options))
    })
  )

  it.effect("stays so however many changes are made before the renewal", () =>
    Effect.gen(function* () {
      const options = yield* place
      const putBack = backUp(options)
      for (const _ of [1, 2, 3]) yield* bump(options)
      putBack()
      for (const _ of [1, 2, 3, 4]) yield* bump(options)
      assert.strictEqual(inFile(options), 5)
      assert.isTrue(yield* verdict(options))
    })
  )

  it.effect("goes on beyond every generation that was seen", () =>
    Effect.gen(function* () {
      const options = yield* place
      const putBack = backUp(options)
      for (const _ of [1, 2, 3]) yield* bump(options)
      assert.strictEqual(inFile(options), 4)
      putBack()
      const generation = yield* opened(options, ({ bump, current, renew, run }) =>
        Effect.andThen(run(Effect.all([bump, renew, bump])), current)
      )
      assert.strictEqual(generation, 5)
      assert.strictEqual(inFile(options), 5)
    })
  )

  it.effect("is still restored when the transaction of the renewal was undone", () =>
    Effect.gen(function* () {
      const options = yield* place
      const before = Fs.readFileSync(Instance.path(options.directory))
      Fs.rmSync(Instance.path(options.directory))
      yield* opened(options, ({ renew, run }) => Effect.flip(run(Effect.andThen(renew, Effect.fail("no key")))))
      assert.isTrue(yield* verdict(options))
      yield* opened(options, ({ renew, run }) => run(renew))
      assert.isFalse(yield* verdict(options))
      assert.notDeepEqual(Fs.readFileSync(Instance.path(options.directory)), before)
    })
  )

  it.effect("is still restored when it was killed between the files and the commit", () =>
    Effect.gen(function* () {
      const options = yield* place
      Fs.rmSync(Instance.path(options.directory))
      const putBack = backUp(options)
      yield* opened(options, ({ renew, run }) => run(renew))
      putBack()
      assert.isTrue(yield* verdict(options))
    })
  )

  it.effect("cannot be renewed outside of a transaction", () =>
    Effect.gen(function* () {
      const options = yield* place
      const exit = yield* opened(options, ({ renew }) => Effect.exit(renew))
      assert.isTrue(Exit.hasDies(exit))
      assert.isFalse(yield* verdict(options))
    })
  )
})

describe("The generation file", () => {
  it.effect("is made anew, one further, when it is missing or behind", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* bump(options)
      Fs.rmSync(GenerationFile.path(options.directory))
      assert.strictEqual(yield* current(options), 3)
      assert.strictEqual(inFile(options), 3)
      setFile(options, 1)
      assert.strictEqual(yield* current(options), 4)
      assert.strictEqual(inFile(options), 4)
    })
  )

  it.effect("is ahead of the database before the commit, and not touched by what is undone", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* opened(options, ({ bump, run }) =>
        Effect.gen(function* () {
          yield* run(
            Effect.andThen(
              bump,
              Effect.sync(() => assert.strictEqual(inFile(options), 1))
            )
          )
          assert.strictEqual(inFile(options), 2)
          yield* Effect.flip(run(Effect.andThen(bump, Effect.fail("refused"))))
          assert.strictEqual(inFile(options), 2)
        })
      )
    })
  )

  it.effect("stops the commit when it cannot be written", () =>
    Effect.gen(function* () {
      const options = yield* place
      yield* opened(options, ({ bump, current, run }) =>
        Effect.gen(function* () {
          Fs.chmodSync(GenerationFile.path(options.directory), 0o644)
          assert.strictEqual((yield* Effect.flip(run(bump))).reason, "Exposed")
          assert.strictEqual(yield* current, 1)
          Fs.chmodSync(GenerationFile.path(options.directory), 0o600)
          assert.strictEqual(yield* run(bump), 2)
        })
      )
    })
  )

  for (const content of [
    "",
    "0\n",
    "01\n",
    "1",
    "-1\n",
    "1e3\n",
    "9007199254740993\n",
    "1\n\n",
    "12345678901234567890\n"
  ]) {
    it.effect(`is damaged when it reads ${JSON.stringify(content)}, and the hint says what to do`, () =>
      Effect.gen(function* () {
        const options = yield* place
        Fs.writeFileSync(GenerationFile.path(options.directory), content)
        const error = yield* Effect.flip(verdict(options))
        assert.strictEqual(error.reason, "Damaged")
        assert.isDefined(error.hint)
        Fs.rmSync(GenerationFile.path(options.directory))
        assert.isFalse(yield* verdict(options))
      })
    )
  }
})
