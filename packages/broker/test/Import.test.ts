import { ClockMark } from "@bailiwick/core/ports/ClockMark"
import { CredentialSessionStore } from "@bailiwick/core/ports/CredentialSessionStore"
import { ImportedHistory } from "@bailiwick/core/ports/ImportedHistory"
import * as Base64Url from "@bailiwick/core/Base64Url"
import { Sha256 } from "@bailiwick/core/Sha256"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import * as Import from "../src/Import.ts"
import { crash, TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

const digest = (number: number) => Sha256.make(Base64Url.encode(new Uint8Array(32).fill(number)))

const session = (status: string, number = 1): Import.Part => ({
  source: "audex",
  kind: "session",
  name: "s-1",
  digest: digest(number),
  told: { status },
  entries: [{ name: "s-1", digest: digest(number), status, body: `{"status":"${status}"}` }]
})

const lines = (...numbers: ReadonlyArray<number>): Import.Part => ({
  source: "audex",
  kind: "event",
  name: "audit.jsonl",
  digest: digest(100 + numbers.length),
  told: { lines: numbers.length },
  entries: numbers.map((number) => ({ name: digest(number), digest: digest(number), body: `line ${number}` }))
})

const operator = Option.none()
const taken = { taken: 1, known: 0, ended: 0 }
const known = { taken: 0, known: 1, ended: 0 }

const imports = Effect.map(TestStore, ({ lines }) => lines.filter(({ type }) => type.startsWith("import.")))

describe("Import", () => {
  it.effect("takes what is new, with a line that names the digest, and the same bytes not twice", () =>
    World.within(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Import.look([session("completed")]), [taken])
        assert.isEmpty(yield* imports)
        assert.deepStrictEqual(yield* Import.take(operator, [session("completed")]), [taken])
        assert.deepStrictEqual(yield* Import.look([session("completed")]), [known])
        assert.deepStrictEqual(yield* Import.take(operator, [session("completed")]), [known])
        const [line, ...more] = yield* imports
        assert.isEmpty(more)
        assert.strictEqual(line?.type, "import.session")
        assert.strictEqual(line?.subject, "s-1")
        assert.deepStrictEqual(line?.detail, { status: "completed", source: "audex", digest: digest(1), taken: 1 })
        const entry = yield* (yield* ImportedHistory).find("audex", "session", "s-1")
        assert.deepStrictEqual(
          entry,
          Option.some({
            source: "audex",
            kind: "session",
            name: "s-1",
            digest: digest(1),
            status: "completed",
            time: World.start,
            body: '{"status":"completed"}'
          })
        )
      })
    )
  )

  it.effect("an active session may end later; one that has ended is never opened again, nor ended otherwise", () =>
    World.within(
      Effect.gen(function* () {
        yield* Import.take(operator, [session("active", 1)])
        assert.deepStrictEqual(yield* Import.take(operator, [session("revoked", 2)]), [taken])
        for (const status of ["active", "completed", "revoked"]) {
          const outcome = yield* Import.take(operator, [session(status, 3)])
          assert.deepStrictEqual(outcome, [{ taken: 0, known: 0, ended: 1 }], status)
        }
        const entry = yield* (yield* ImportedHistory).find("audex", "session", "s-1")
        assert.strictEqual(Option.getOrThrow(entry).status, "revoked")
        assert.lengthOf(yield* imports, 2)
      })
    )
  )

  it.effect("of a file that has grown it takes the new lines, told in one line of the log", () =>
    World.within(
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Import.take(operator, [lines(1, 2)]), [{ taken: 2, known: 0, ended: 0 }])
        assert.deepStrictEqual(yield* Import.take(operator, [lines(1, 2, 3)]), [{ taken: 1, known: 2, ended: 0 }])
        assert.deepStrictEqual(
          (yield* imports).map(({ detail }) => detail["taken"]),
          [2, 1]
        )
      })
    )
  )

  it.effect("an active session that is taken over gives no authority: no credential session comes of it", () =>
    World.within(
      Effect.gen(function* () {
        yield* Import.take(operator, [session("active")])
        assert.isEmpty(yield* (yield* CredentialSessionStore).list({}))
      })
    )
  )

  it.effect("takes all or nothing: a failure at any call leaves neither an entry nor a line", () =>
    World.within(
      Effect.gen(function* () {
        const store = yield* TestStore
        const parts = [session("completed"), lines(1, 2)]
        const history = yield* ImportedHistory
        let broken = 0
        for (;;) {
          store.calls = []
          store.fault = { at: broken, how: broken % 2 === 0 ? "die" : "fail" }
          const exit = yield* Effect.exit(Import.take(operator, parts))
          store.fault = undefined
          if (exit._tag === "Success") break
          assert.include(String(exit.cause), broken % 2 === 0 ? crash : "no space left")
          assert.isEmpty(yield* history.list({}), `broken at ${broken}`)
          assert.isEmpty(yield* imports, `broken at ${broken}`)
          broken += 1
        }
        assert.isAbove(broken, 5)
        assert.lengthOf(yield* history.list({}), 3)
      })
    )
  )

  it.effect("an owner's session imports, and the line says who; an agent's and another member's do not", () =>
    World.within(
      Effect.gen(function* () {
        const { caller } = yield* World.login()
        yield* Import.take(Option.some(caller), [session("completed")])
        assert.strictEqual((yield* imports)[0]?.actor.human, World.you)
        const agent = yield* World.agentSession()
        yield* World.refused(Import.take(Option.some(agent.caller), [lines(1)]), "not-permitted")
        assert.lengthOf(yield* imports, 1)
      })
    )
  )

  it.effect("nothing is taken under a clock set back", () =>
    World.within(
      Effect.gen(function* () {
        yield* (yield* ClockMark).raise(World.ahead)
        yield* World.refused(Import.take(operator, [session("completed")]), "clock-set-back")
        assert.isEmpty(yield* (yield* ImportedHistory).list({}))
        yield* TestClock.setTime(World.ahead * 1000)
        assert.deepStrictEqual(yield* Import.take(operator, [session("completed")]), [taken])
      })
    )
  )
})
