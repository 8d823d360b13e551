import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexEviction from "@bailiwick/storage/audex/AudexEviction"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as Vectors from "@bailiwick/testkit/Vectors"
import { Status } from "@bailiwick/core/CredentialSession"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "../TemporaryStore.ts"
import * as Sample from "./Sample.ts"

const Column = Schema.Union([Schema.Struct({ start: Schema.Int, step: Schema.Int }), Schema.Array(Schema.Int)])
const Ranges = Schema.Array(Schema.Array(Schema.Int))

const Scenario = Schema.Struct({
  name: Schema.String,
  note: Schema.String,
  active_lost: Ranges,
  before: Schema.Struct({
    count: Schema.Int,
    status: Schema.String,
    created_at: Column,
    mtime: Column,
    mtime_nanos: Column
  }),
  other_files: Schema.Array(
    Schema.Struct({
      op: Schema.Literals(["text", "directory", "symlink"]),
      path: Schema.String,
      mtime: Schema.Int,
      text: Schema.optionalKey(Schema.String),
      target: Schema.optionalKey(Schema.String)
    })
  ),
  steps: Schema.Array(
    Schema.Struct({
      call: Schema.Literals(["save", "update"]),
      number: Schema.Int,
      json_names_after: Schema.Int,
      removed_numbers: Schema.optionalKey(Ranges),
      removed_other_files: Schema.Array(Schema.String),
      removed_any: Schema.optionalKey(Schema.Unknown)
    })
  ),
  computed_sparing_active: Schema.optionalKey(Schema.Struct({ removed_numbers: Ranges })),
  survivors_sha256: Schema.String
})

const numbers = (ranges: typeof Ranges.Type): ReadonlyArray<number> =>
  ranges.flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, index) => from + index))

const at = (column: typeof Column.Type, index: number): number =>
  "start" in column ? column.start + column.step * index : (column[index] ?? 0)

const jsonNames = (directory: string) => Fs.readdirSync(directory).filter((name) => name.endsWith(".json"))

const idsHash = (names: ReadonlyArray<string>) =>
  createHash("sha256")
    .update(
      names
        .map((name) => name.slice(0, -".json".length))
        .toSorted()
        .join("\n")
    )
    .digest("hex")

Vectors.suite("eviction as the original does it, active sessions spared", "audex", (vectors) => {
  const {
    base_unix_seconds: base,
    cap,
    scenarios
  } = Schema.decodeUnknownSync(
    Schema.Struct({ base_unix_seconds: Schema.Int, cap: Schema.Int, scenarios: Schema.Array(Scenario) })
  )(vectors.json("eviction.json"))

  it("has all its scenarios", () => {
    assert.deepStrictEqual([scenarios.length, cap], [7, AudexEviction.cap])
  })

  for (const scenario of scenarios) {
    it.effect(`${scenario.name}: ${scenario.note}`, () =>
      Effect.gen(function* () {
        const directory = yield* TemporaryStore.directory
        const { before } = scenario
        const session = (index: number): AudexSession => ({
          ...Sample.numbered(index),
          created_at: { seconds: base + at(before.created_at, index), nanos: 0 },
          status: Status.literals[Number(before.status[index] ?? 0)] ?? "active"
        })
        for (let index = 0; index < before.count; index++) {
          const path = Path.join(directory, `${session(index).id}.json`)
          Fs.writeFileSync(path, AudexCodec.encode(session(index)))
          const seconds = base + at(before.mtime, index) + at(before.mtime_nanos, index) / 1e9
          Fs.utimesSync(path, seconds, seconds)
        }
        for (const { mtime, op, path, target = "", text = "" } of scenario.other_files) {
          const place = Path.join(directory, path)
          if (op === "directory") Fs.mkdirSync(place)
          else if (op === "symlink") Fs.symlinkSync(target, place)
          else Fs.writeFileSync(place, text)
          Fs.lutimesSync(place, base + mtime, base + mtime)
        }
        const store = yield* Sample.store(directory)
        for (const step of scenario.steps) {
          const names = new Set(jsonNames(directory))
          const { id } = session(step.number)
          if (names.has(`${id}.json`))
            yield* store.update(yield* store.load(id), { ...session(step.number), access_key_id: "x" })
          else yield* store.save({ ...session(step.number), status: "completed" })
          const left = new Set(jsonNames(directory))
          const removed = [...names].filter((name) => !left.has(name)).toSorted()
          const expected = numbers(scenario.computed_sparing_active?.removed_numbers ?? step.removed_numbers ?? [])
          assert.deepStrictEqual(
            removed,
            [...expected.map((index) => `${Sample.numbered(index).id}.json`), ...step.removed_other_files].toSorted()
          )
          assert.lengthOf([...left], step.json_names_after)
        }
        const sessions = jsonNames(directory).filter((name) => /^[0-9a-f-]{36}\.json$/u.test(name))
        if (scenario.active_lost.length === 0) assert.strictEqual(idsHash(sessions), scenario.survivors_sha256)
      })
    )
  }
})

const candidates = (count: number): ReadonlyArray<AudexEviction.Candidate> =>
  Array.from({ length: count }, (_, index) => ({
    name: String(index).padStart(4, "0"),
    modified: BigInt(index),
    isDirectory: false
  }))

const plan = (others: ReadonlyArray<AudexEviction.Candidate>, active: ReadonlyArray<string> = []) => {
  const asked: Array<string> = []
  const answer = AudexEviction.plan(others, (name) => {
    asked.push(name)
    return active.includes(name)
  })
  return { ...answer, asked }
}

describe("AudexEviction", () => {
  it("evicts nothing below the cap, and asks for no status", () => {
    assert.deepStrictEqual(plan(candidates(999)), { evicted: [], exceeding: 0, asked: [] })
  })

  it("evicts exactly the oldest one at the cap, without a storm", () => {
    assert.deepStrictEqual(plan(candidates(1000)), { evicted: ["0000"], exceeding: 0, asked: ["0000"] })
  })

  it("tells file times apart to the nanosecond", () => {
    const others = candidates(1000).map((one) => ({
      ...one,
      modified: 1_760_000_000_000_000_000n + (999n - one.modified)
    }))
    assert.deepStrictEqual(plan(others).evicted, ["0999"])
  })

  it("spares active sessions, and takes the next oldest instead", () => {
    assert.deepStrictEqual(plan(candidates(1000), ["0000", "0001"]).evicted, ["0002"])
  })

  it("exceeds the cap, and says by how many, when all are active", () => {
    const all = candidates(1003)
    const { evicted, exceeding } = plan(
      all,
      all.map(({ name }) => name)
    )
    assert.deepStrictEqual([evicted, exceeding], [[], 4])
  })

  it("counts a directory, leaves it, and evicts no more for it", () => {
    const others = candidates(1001).map((one, index) => ({ ...one, isDirectory: index === 0 }))
    assert.deepStrictEqual(plan(others), { evicted: ["0001"], exceeding: 1, asked: ["0001"] })
  })
})
