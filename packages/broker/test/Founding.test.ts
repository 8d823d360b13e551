import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { Generation } from "@bailiwick/core/ports/Generation"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as Record from "@bailiwick/tokens/Record"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Founding from "../src/Founding.ts"
import { TestStore } from "./support/TestStore.ts"
import * as World from "./support/World.ts"

describe("Founding", () => {
  it.effect("makes the keys, keeps both records and tells the log, in this order", () =>
    World.withinNothing(
      Effect.gen(function* () {
        const before = yield* (yield* Generation).current
        const founded = yield* Founding.init(yield* World.foundingRecords())
        const founder = (yield* World.keyOf("you")).kid
        assert.deepStrictEqual(founded, { project: World.project, founder, created: true })
        assert.deepStrictEqual(yield* World.logged, ["project.created", "record.accepted", "record.accepted"])
        const ring = yield* KeyRing
        for (const purpose of ["authority", "log", "agents-oidc"] as const) {
          assert.strictEqual((yield* ring.keys(purpose)).length, 1)
        }
        assert.strictEqual(yield* (yield* Generation).current, before + 1)
        const records = yield* (yield* RecordRegistry).all
        const { lines } = yield* TestStore
        assert.deepStrictEqual(
          records.map(({ hash, place }) => [hash, place]),
          lines.slice(1).map(({ subject, seq }) => [subject, seq])
        )
        assert.deepStrictEqual(yield* Founding.find(), Option.some(founder))
      })
    )
  )

  it.effect("changes nothing when the same founder founds it again", () =>
    World.withinNothing(
      Effect.gen(function* () {
        yield* Founding.init(yield* World.foundingRecords())
        const before = { head: yield* (yield* AuditLog).head, records: yield* (yield* RecordRegistry).all }
        const again = yield* Founding.init(yield* World.foundingRecords("you", { name: "Acme again" }))
        assert.isFalse(again.created)
        assert.deepStrictEqual(
          { head: yield* (yield* AuditLog).head, records: yield* (yield* RecordRegistry).all },
          before
        )
      })
    )
  )

  it.effect("refuses another founder", () =>
    World.withinNothing(
      Effect.gen(function* () {
        yield* Founding.init(yield* World.foundingRecords())
        yield* World.refused(Founding.init(yield* World.foundingRecords("stranger")), "already-founded")
      })
    )
  )

  it.effect("refuses records that do not belong together, and leaves the store empty", () =>
    World.withinNothing(
      Effect.gen(function* () {
        const mine = yield* World.foundingRecords()
        const theirs = yield* World.foundingRecords("stranger")
        yield* World.refused(Founding.init({ ...mine, member: theirs.member }), "token-refused")
        yield* World.refused(Founding.init({ ...mine, project: "not.a.record" }), "token-refused")
        assert.isEmpty(yield* (yield* RecordRegistry).all)
        assert.isEmpty(yield* (yield* KeyRing).keys("authority"))
        assert.deepStrictEqual(yield* World.logged, [])
        assert.deepStrictEqual(yield* Founding.find(), Option.none())
      })
    )
  )

  it.effect("refuses records of another project than the store's", () =>
    World.withinNothing(
      Effect.gen(function* () {
        const project = ProjectId.make("other")
        const seed = World.seed("you")
        const payload = yield* World.projectRecord({ project })
        const member = { ...(yield* World.memberRecord(World.you, "you")), project }
        const records = {
          project: yield* Record.sign({ kind: "project", payload, seed }),
          member: yield* Record.sign({ kind: "member", payload: member, seed })
        }
        yield* World.refused(Founding.init(records), "wrong-project")
      })
    )
  )
})
