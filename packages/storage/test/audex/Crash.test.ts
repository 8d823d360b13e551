import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import * as CrashCheck from "@bailiwick/testkit/crash/CrashCheck"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { constants } from "node:fs"
import * as Sample from "./Sample.ts"
import * as Seed from "./Seed.ts"

type Calls = CrashCheck.Calls

const secretFiles = (calls: Calls) =>
  SecretFiles.SecretFiles.pipe(Effect.provide(NodeSecretFiles.layerWith(calls).pipe(Layer.provide(Sample.sameRandom))))

const path = "/home/secret"
const bytes = (text: string) => new TextEncoder().encode(text)
const content = (calls: Calls) =>
  Effect.flatMap(secretFiles(calls), (files) => files.read(path, 1000)).pipe(
    Effect.map(Option.match({ onNone: () => undefined, onSome: (found) => new TextDecoder().decode(found) }))
  )

const old = "the old content, whole"
const next = "the new content, whole and longer"

const files: Record<string, CrashCheck.Scenario<string | undefined, never>> = {
  "SecretFiles.write over a file": {
    before: (calls) =>
      Effect.andThen(
        home(calls),
        Effect.flatMap(secretFiles(calls), (f) => f.write(path, bytes(old)))
      ),
    change: (calls) => Effect.flatMap(secretFiles(calls), (f) => f.write(path, bytes(next))),
    recover: content,
    isAllowed: (found, finished) => found === next || (!finished && found === old)
  },
  "SecretFiles.write where nothing is": {
    before: (calls) => home(calls),
    change: (calls) => Effect.flatMap(secretFiles(calls), (f) => f.write(path, bytes(next))),
    recover: content,
    isAllowed: (found, finished) => found === next || (!finished && found === undefined)
  },
  "SecretFiles.create": {
    before: (calls) => home(calls),
    change: (calls) => Effect.flatMap(secretFiles(calls), (f) => f.create(path, bytes(next))),
    recover: content,
    isAllowed: (found, finished) => found === next || (!finished && found === undefined)
  },
  "SecretFiles.ensureDirectory and a file in it": {
    before: (calls) => home(calls),
    change: (calls) =>
      Effect.flatMap(secretFiles(calls), (f) =>
        Effect.andThen(f.ensureDirectory("/home/a/b"), f.write("/home/a/b/secret", bytes(next)))
      ),
    recover: (calls) =>
      Effect.flatMap(secretFiles(calls), (f) =>
        Effect.andThen(f.list("/home/a/b"), (names) =>
          names.length === 0
            ? Effect.succeed(undefined)
            : Effect.map(f.read("/home/a/b/secret", 1000), (found) =>
                Option.isSome(found) ? new TextDecoder().decode(found.value) : undefined
              )
        )
      ),
    isAllowed: (found, finished) => found === next || (!finished && found === undefined)
  }
}

const home = (calls: Calls) => Effect.sync(() => calls.mkdir("/home", 0o700))

const sessions = "/home/audex/sessions"

const store = (calls: Calls) => Sample.store(sessions, calls, { lock: Effect.void, random: Sample.sameRandom })

/** Every session that is found, by id; damaged entries are no state that a crash may leave. */
const listed = (calls: Calls) =>
  Effect.map(
    Effect.flatMap(store(calls), ({ list }) => list),
    ({ problems, sessions }): Found => ({
      problems: problems.map(({ message, name }) => `${name}: ${message}`),
      sessions: Object.fromEntries(sessions.map((stored) => [stored.session.id, stored.text]))
    })
  )

interface Found {
  readonly problems: ReadonlyArray<string>
  readonly sessions: Readonly<Record<string, string>>
}

const one = Sample.numbered(1)
const changed: AudexSession = { ...one, access_key_id: "ASIAIOSFODNN7EXAMPLE" }
const neighbour = Sample.numbered(2)

const holds = ({ problems, sessions }: Found, ...expected: ReadonlyArray<AudexSession>): boolean =>
  problems.length === 0 &&
  Object.keys(sessions).length === expected.length &&
  expected.every((session) => sessions[session.id] === Seed.text(session))

const before = (calls: Calls) =>
  Effect.andThen(
    home(calls),
    Effect.flatMap(store(calls), ({ save }) => Effect.andThen(save(one), save(neighbour)))
  )

const changes: Record<string, CrashCheck.Scenario<Found, never>> = {
  "AudexStore.save": {
    before,
    change: (calls) => Effect.flatMap(store(calls), ({ save }) => save(Sample.numbered(3))),
    recover: listed,
    isAllowed: (found, finished) =>
      holds(found, one, neighbour, Sample.numbered(3)) || (!finished && holds(found, one, neighbour))
  },
  "AudexStore.save, the first of a directory": {
    before: home,
    change: (calls) => Effect.flatMap(store(calls), ({ save }) => save(one)),
    recover: listed,
    isAllowed: (found, finished) => holds(found, one) || (!finished && holds(found))
  },
  "AudexStore.update": {
    before,
    change: (calls) =>
      Effect.flatMap(store(calls), ({ load, update }) =>
        Effect.flatMap(load(one.id), (stored) => update(stored, changed))
      ),
    recover: listed,
    isAllowed: (found, finished) => holds(found, changed, neighbour) || (!finished && holds(found, one, neighbour))
  },
  "AudexStore.end": {
    before,
    change: (calls) => Effect.flatMap(store(calls), ({ end }) => end(one.id, "revoked")),
    recover: listed,
    isAllowed: (found, finished) =>
      holds(found, { ...one, status: "revoked" }, neighbour) || (!finished && holds(found, one, neighbour))
  }
}

describe("after a crash or a fault there is the old or the new record, never neither, never half", () => {
  const stands = <Found>(name: string, scenario: CrashCheck.Scenario<Found, never>) => {
    it.effect(`${name}: the power is cut anywhere`, () =>
      Effect.gen(function* () {
        const { operations, sampledWith, states } = yield* CrashCheck.check(scenario)
        assert.isUndefined(sampledWith)
        assert.isAtLeast(states, operations)
      })
    )

    it.effect(`${name}: any call fails, or writes are short, and then the power is cut anywhere`, () =>
      Effect.gen(function* () {
        const { states } = yield* CrashCheck.checkFaults(scenario)
        assert.isAtLeast(states, 100)
      })
    )

    it.effect(`${name}: without the calls that sync, this test fails`, () =>
      Effect.gen(function* () {
        const change = (calls: Calls) => scenario.change({ ...calls, fsync: () => undefined })
        yield* Effect.flip(CrashCheck.check({ ...scenario, change }))
      })
    )
  }

  for (const [name, scenario] of Object.entries(files)) stands(name, scenario)
  for (const [name, scenario] of Object.entries(changes)) stands(name, scenario)

  it.effect("AudexStore.save with an eviction: only the oldest may go, and only for the new one", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 1000 }, (_, index) => Sample.numbered(index, { status: "completed" }))
      const added = Sample.numbered(5000)
      const plant = (calls: Calls) =>
        Effect.sync(() => {
          for (const directory of ["/home", "/home/audex", sessions]) calls.mkdir(directory, 0o700)
          for (const session of all) {
            const fd = calls.open(`${sessions}/${session.id}.json`, constants.O_WRONLY | constants.O_CREAT, 0o600)
            const text = bytes(Seed.text(session))
            calls.write(fd, text, 0, text.length)
            calls.close(fd)
          }
        })
      const { states } = yield* CrashCheck.check({
        before: plant,
        change: (calls) => Effect.flatMap(store(calls), ({ save }) => save(added)),
        recover: listed,
        isAllowed: (found, finished) =>
          holds(found, ...all.slice(1), added) || (!finished && (holds(found, ...all) || holds(found, ...all, added)))
      })
      assert.isAtLeast(states, 10)
    })
  )

  it.effect("a writer like the original's, in place, does not stand this test", () =>
    Effect.gen(function* () {
      const update = changes["AudexStore.update"] ?? assert.fail("no such scenario")
      const error = yield* Effect.flip(
        CrashCheck.check({
          ...update,
          change: (calls) =>
            Effect.sync(() => {
              const fd = calls.open(`${sessions}/${one.id}.json`, constants.O_WRONLY | constants.O_TRUNC, 0)
              const text = bytes(Seed.text(changed))
              calls.write(fd, text, 0, text.length)
              calls.close(fd)
            })
        })
      )
      assert.include(error.message, "is no session of Audex")
    })
  )
})
