import { assert, describe, layer } from "@effect/vitest"
import { ProjectId } from "@bailiwick/core/ProjectId"
import * as Effect from "effect/Effect"
import { LogLine } from "../src/index.ts"
import * as Fixture from "./support/Fixture.ts"
import * as TestLog from "./support/TestLog.ts"

const without = (lines: ReadonlyArray<string>, index: number) => lines.filter((_, at) => at !== index)
const replaced = (lines: ReadonlyArray<string>, index: number, line: string) =>
  lines.map((each, at) => (at === index ? line : each))

layer(TestLog.crypto)("LogVerify", (it) => {
  describe("of a log that is as it was written", () => {
    it.effect("says so, with its size and root, however the bytes arrive", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(7)
        const bytes = Fixture.join(lines)
        for (const chunk of [1, 7, 100, 511, bytes.length]) {
          const verdict = yield* Fixture.verify(bytes, checkpoint, {}, chunk)
          assert.deepStrictEqual(
            { ok: verdict.ok, size: verdict.size, root: verdict.root },
            { ok: true, ...Fixture.headOf(lines) }
          )
          assert.isUndefined(verdict.firstBad)
        }
      })
    )

    it.effect("takes every head that it had on the way, and the checkpoint of an earlier day", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(9)
        const heads = lines.map((_, at) => ({ head: Fixture.headOf(lines.slice(0, at)), source: `head ${at}` }))
        const verdict = yield* Fixture.verify(Fixture.join(lines), checkpoint, {
          heads: heads.toReversed(),
          against: [yield* Fixture.sign(lines.slice(0, 4))]
        })
        assert.deepStrictEqual([verdict.ok, verdict.notes], [true, []])
      })
    )

    it.effect("says how far the proof reaches when no head from elsewhere was given", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(2)
        const verdict = yield* Fixture.verify(Fixture.join(lines), checkpoint)
        assert.match(verdict.notes.join(), /no head from elsewhere/u)
      })
    )

    it.effect("takes an empty log", () =>
      Effect.gen(function* () {
        assert.isTrue((yield* Fixture.verify(new Uint8Array(0), "")).ok)
      })
    )

    it.effect("takes 10,000 lines", () =>
      Effect.gen(function* () {
        const one = (yield* Fixture.make(1)).lines[0] ?? ""
        const lines = Fixture.rechain(
          Array.from({ length: 10_000 }, (_, seq) => one.replace('"seq":0', `"seq":${seq}`))
        )
        const verdict = yield* Fixture.verify(Fixture.join(lines), yield* Fixture.sign(lines), {}, 65_536)
        assert.deepStrictEqual([verdict.ok, verdict.size], [true, 10_000])
      })
    )
  })

  describe("names the line", () => {
    it.effect("of every single changed bit", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(3)
        const bytes = Fixture.join(lines)
        let line = 1
        for (let at = 0; at < bytes.length; at++) {
          for (let bit = 0; bit < 8; bit++) {
            const changed = bytes.slice()
            changed[at] = (bytes[at] ?? 0) ^ (1 << bit)
            const verdict = yield* Fixture.verify(changed, checkpoint)
            assert.isFalse(verdict.ok)
            assert.deepStrictEqual(
              [verdict.firstBad?.line, verdict.firstBad?.seq],
              [line, line - 1],
              `byte ${at}, bit ${bit}`
            )
          }
          if (bytes[at] === 0x0a) line++
        }
      })
    )

    it.effect("that was removed, repeated or put elsewhere", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(5)
        for (let at = 0; at < lines.length; at++) {
          const removed = yield* Fixture.verify(Fixture.join(without(lines, at)), checkpoint)
          assert.deepStrictEqual([removed.ok, removed.firstBad?.line], [false, at + 1], `removed ${at}`)
          const repeated = yield* Fixture.verify(Fixture.join(lines.toSpliced(at, 0, lines[at] ?? "")), checkpoint)
          assert.deepStrictEqual([repeated.ok, repeated.firstBad?.line], [false, at + 2], `repeated ${at}`)
          for (let other = at + 1; other < lines.length; other++) {
            const swapped = replaced(replaced(lines, at, lines[other] ?? ""), other, lines[at] ?? "")
            const verdict = yield* Fixture.verify(Fixture.join(swapped), checkpoint)
            assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, at + 1], `swapped ${at} and ${other}`)
          }
        }
      })
    )

    it.effect("at which the file was cut, wherever that is", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(4)
        const bytes = Fixture.join(lines)
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.slice(0, length)
          const verdict = yield* Fixture.verify(cut, checkpoint)
          const whole = cut.filter((byte) => byte === 0x0a).length
          assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, whole + 1], `cut at ${length}`)
        }
      })
    )

    it.effect("whose prev was edited, and not its neighbour", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(4)
        for (let at = 0; at < lines.length; at++) {
          const edited = (lines[at] ?? "").replace(/"prev":"[0-9a-f]{64}"/u, `"prev":"${"1".repeat(64)}"`)
          const verdict = yield* Fixture.verify(Fixture.join(replaced(lines, at, edited)), checkpoint)
          assert.strictEqual(verdict.firstBad?.line, at + 1)
        }
      })
    )

    it.effect("that was added behind the checkpoint", () =>
      Effect.gen(function* () {
        const { lines } = yield* Fixture.make(5)
        const verdict = yield* Fixture.verify(Fixture.join(lines), yield* Fixture.sign(lines.slice(0, 3)))
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line], [false, 4])
      })
    )

    it.effect("of another project, and one that is too large", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(3)
        const foreign = yield* Fixture.verify(Fixture.join(lines), checkpoint, { project: ProjectId.make("other") })
        assert.deepStrictEqual([foreign.ok, foreign.firstBad?.line], [false, 1])
        const long = lines.toSpliced(1, 1, "x".repeat(LogLine.maxBytes * 3))
        const verdict = yield* Fixture.verify(Fixture.join(long), checkpoint, {}, 1000)
        assert.deepStrictEqual(
          [verdict.firstBad?.line, verdict.firstBad?.why],
          [2, "the line is larger than 65536 bytes"]
        )
      })
    )
  })

  describe("when the log was chained anew", () => {
    const forged = Effect.map(Fixture.make(6), ({ lines, checkpoint }) => ({
      lines,
      checkpoint,
      bytes: Fixture.join(Fixture.rechain(replaced(lines, 2, (lines[2] ?? "").replace("event 2", "event X"))))
    }))

    it.effect("finds it by the checkpoint, and says from which line the change may begin", () =>
      Effect.gen(function* () {
        const { bytes, checkpoint } = yield* forged
        const verdict = yield* Fixture.verify(bytes, checkpoint)
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line, verdict.firstBad?.earliest], [false, 6, 1])
      })
    )

    it.effect("finds it under a checkpoint of the log's own key, by a head that somebody saw", () =>
      Effect.gen(function* () {
        const { bytes, lines } = yield* forged
        const text = new TextDecoder().decode(bytes).trimEnd().split("\n")
        const heads = [1, 2, 3, 5].map((size) => ({
          head: Fixture.headOf(lines.slice(0, size)),
          source: `head ${size}`
        }))
        const verdict = yield* Fixture.verify(bytes, yield* Fixture.sign(text), { heads })
        assert.isFalse(verdict.ok)
        assert.deepInclude(verdict.firstBad, { line: 3, seq: 2 })
        assert.match(verdict.firstBad?.why ?? "", /head 3/u)
        assert.isUndefined(verdict.firstBad?.earliest)
      })
    )

    it.effect("finds it by another checkpoint that is given to compare with", () =>
      Effect.gen(function* () {
        const { bytes, lines } = yield* forged
        const text = new TextDecoder().decode(bytes).trimEnd().split("\n")
        const verdict = yield* Fixture.verify(bytes, yield* Fixture.sign(text), {
          against: [yield* Fixture.sign(lines.slice(0, 4))]
        })
        assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line, verdict.firstBad?.earliest], [false, 4, 1])
      })
    )

    it.effect("finds an end that was cut off under a checkpoint of the log's own key", () =>
      Effect.gen(function* () {
        const { lines } = yield* Fixture.make(6)
        const cut = lines.slice(0, 4)
        const heads = [{ head: Fixture.headOf(lines.slice(0, 5)), source: "the delegation of today" }]
        const verdict = yield* Fixture.verify(Fixture.join(cut), yield* Fixture.sign(cut), { heads })
        assert.deepInclude(verdict.firstBad, {
          line: 5,
          why: "the delegation of today names 5 lines, and 4 are here: the end was cut off"
        })
        assert.isTrue((yield* Fixture.verify(Fixture.join(cut), yield* Fixture.sign(cut))).ok)
      })
    )
  })

  describe("of a checkpoint that does not hold", () => {
    it.effect("is no, with the reason and no line", () =>
      Effect.gen(function* () {
        const { lines, checkpoint } = yield* Fixture.make(3)
        const bytes = Fixture.join(lines)
        for (const [note, why] of [
          ["", /no checkpoint/u],
          ["bailiwick/acme\n3\n", /not a signed note/u],
          [yield* Fixture.sign(lines, 2), /no signature of a known key/u],
          [checkpoint.replace("\n3\n", "\n2\n"), /does not fit/u]
        ] as const) {
          const verdict = yield* Fixture.verify(bytes, note)
          assert.deepStrictEqual([verdict.ok, verdict.firstBad], [false, undefined])
          assert.match(verdict.notes.join(), why)
        }
        const against = yield* Fixture.verify(bytes, checkpoint, { against: [yield* Fixture.sign(lines, 2)] })
        assert.isFalse(against.ok)
        assert.match(against.notes.join(), /to compare with is refused/u)
      })
    )
  })
})
