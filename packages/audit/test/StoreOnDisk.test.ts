import { assert, describe, layer } from "@effect/vitest"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import * as Store from "@bailiwick/storage/Store"
import * as AuditLogConformance from "@bailiwick/testkit/conformance/AuditLogConformance"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Effect from "effect/Effect"
import { DatabaseSync } from "node:sqlite"
import { LogVerify } from "../src/index.ts"
import * as Fixture from "./support/Fixture.ts"
import * as StoreOnDisk from "./support/StoreOnDisk.ts"
import * as TestLog from "./support/TestLog.ts"

AuditLogConformance.transactionalSuite({
  name: "SqlAuditLog in a store on disk",
  ...TestLog.owner,
  layer: StoreOnDisk.layer
})

const append = (number: number) => Effect.flatMap(AuditLog, (log) => log.append(Fixture.event(number)))

const verify = Effect.gen(function* () {
  const ring = yield* (yield* KeyRing).keys("log")
  const keys = yield* Effect.forEach(ring, ({ jwk }) => PublicKey.fromJwk(jwk))
  return yield* LogVerify.verifyStore({ project: TestLog.owner.project, keys })
})

/** Opened anew each time, as each run of the program does. */
const within = <A, E, R>(directory: string, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(effect, StoreOnDisk.open(directory), { local: true })

/** Somebody with the file and without the program. */
const edit = (directory: string, statement: string) =>
  Effect.sync(() => {
    const database = new DatabaseSync(Store.filename(directory))
    database.exec(statement)
    database.close()
  })

layer(StoreOnDisk.machine)("A log in a store on disk", (it) => {
  describe("that was closed", () => {
    it.effect("goes on where it ended", () =>
      Effect.gen(function* () {
        const directory = yield* StoreOnDisk.create
        for (let number = 0; number < 4; number++) {
          assert.strictEqual((yield* within(directory, append(number))).seq, number)
        }
        const verdict = yield* within(directory, verify)
        assert.deepStrictEqual([verdict.ok, verdict.size], [true, 4])
      })
    )

    it.effect("shows the line that was edited in the file", () =>
      Effect.gen(function* () {
        const directory = yield* StoreOnDisk.create
        yield* within(directory, Effect.forEach([0, 1, 2, 3], append))
        yield* edit(directory, "UPDATE audit_lines SET line = replace(line, 'event 1', 'event X') WHERE seq = 1")
        const verdict = yield* within(directory, verify)
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, 2])
      })
    )

    it.effect("takes no event after its last line was edited in the file", () =>
      Effect.gen(function* () {
        const directory = yield* StoreOnDisk.create
        yield* within(directory, Effect.forEach([0, 1, 2, 3], append))
        yield* edit(directory, "UPDATE audit_lines SET line = replace(line, 'event 3', 'event X') WHERE seq = 3")
        const error = yield* Effect.flip(within(directory, append(4)))
        assert.strictEqual(error._tag === "StoreError" && error.reason, "Damaged")
        const verdict = yield* within(directory, verify)
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, 4])
      })
    )
  })
})
