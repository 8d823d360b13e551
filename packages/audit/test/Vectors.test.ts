import { assert, describe, layer } from "@effect/vitest"
import { AuditEvent } from "@bailiwick/core/AuditEvent"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as Hex from "@bailiwick/core/Hex"
import { LogHead } from "@bailiwick/core/LogHead"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { UnixTime } from "@bailiwick/core/UnixTime"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { Checkpoint, ConsistencyProof, InclusionProof, MemoryAuditLog, MerkleTree } from "../src/index.ts"
import * as Fixture from "./support/Fixture.ts"
import * as TestKeyRing from "./support/TestKeyRing.ts"
import * as TestLog from "./support/TestLog.ts"

const Vectors = Schema.Struct({
  about: Schema.String,
  project: Schema.Literal("acme"),
  isolation: Schema.Literal("same-user"),
  seed: Schema.String,
  kid: Schema.String,
  key_id: Schema.String,
  events: Schema.Array(Schema.Struct({ time: UnixTime, event: AuditEvent })),
  lines: Schema.Array(Schema.String),
  heads: Schema.Array(LogHead),
  checkpoint: Schema.String,
  inclusion: Schema.Array(Schema.Struct({ index: Schema.Int, size: Schema.Int, proof: Schema.Array(Schema.String) })),
  consistency: Schema.Array(Schema.Struct({ from: Schema.Int, to: Schema.Int, proof: Schema.Array(Schema.String) })),
  refused: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      text: Schema.String,
      checkpoint: Schema.String,
      heads: Schema.optionalKey(Schema.Array(LogHead)),
      line: Schema.NullOr(Schema.Int)
    })
  )
})

const vectors = Schema.decodeUnknownSync(Vectors, { onExcessProperty: "error" })(
  JSON.parse(readFileSync(new URL("vectors/log.json", import.meta.url), "utf8"))
)
const { project } = TestLog.owner
const bytes = (text: string) => Option.getOrThrow(Base64Url.decode(text))
const leaves = vectors.lines.map((line) => MerkleTree.leafHash(new TextEncoder().encode(line)))
const rootAt = (size: number) => bytes(vectors.heads[size]?.root ?? assert.fail())

layer(TestLog.crypto)("The vectors of the log", (it) => {
  it.effect("are what these events give, line by line, with every head and the checkpoint", () =>
    Effect.gen(function* () {
      const log = yield* AuditLog
      const heads = [yield* log.head]
      for (const { time, event } of vectors.events) {
        yield* TestClock.setTime(time * 1000)
        yield* log.append(event)
        heads.push(yield* log.head)
      }
      const lines = yield* Stream.runCollect(log.lines())
      assert.deepStrictEqual(
        lines.map(({ text }) => text),
        vectors.lines
      )
      assert.deepStrictEqual(heads, vectors.heads)
      assert.strictEqual(yield* log.checkpoint, vectors.checkpoint)
    }).pipe(Effect.provide(MemoryAuditLog.layer(TestLog.owner).pipe(Layer.provide(TestKeyRing.layer))))
  )

  it.effect("are signed by the key of their seed", () =>
    Effect.gen(function* () {
      const key = yield* (yield* Ed25519).publicKey(PrivateSeed.fromBytes(bytes(vectors.seed)))
      assert.strictEqual(key.kid, vectors.kid)
      const head = yield* Checkpoint.verify({ project, note: vectors.checkpoint, keys: [key] })
      assert.deepStrictEqual(head, vectors.heads.at(-1))
      const signature = Buffer.from(vectors.checkpoint.trimEnd().split(" ").at(-1) ?? "", "base64")
      assert.strictEqual(Hex.encode(signature.subarray(0, 4)), vectors.key_id)
    })
  )

  it.effect("verify", () =>
    Effect.gen(function* () {
      const heads = vectors.heads.map((head) => ({ head, source: "a head of the vectors" }))
      const verdict = yield* Fixture.verify(Fixture.join(vectors.lines), vectors.checkpoint, { heads })
      assert.deepStrictEqual([verdict.ok, verdict.size], [true, vectors.lines.length])
    })
  )

  it.effect("have these proofs", () =>
    Effect.sync(() => {
      for (const { index, size, proof } of vectors.inclusion) {
        assert.deepStrictEqual(InclusionProof.make(leaves, index).map(Base64Url.encode).map(String), proof)
        const leaf = leaves[index] ?? assert.fail()
        assert.isTrue(InclusionProof.verify({ leaf, index, size, root: rootAt(size), proof: proof.map(bytes) }))
      }
      for (const { from, to, proof } of vectors.consistency) {
        assert.deepStrictEqual(ConsistencyProof.make(leaves, from).map(Base64Url.encode).map(String), proof)
        const ends = { from: { size: from, root: rootAt(from) }, to: { size: to, root: rootAt(to) } }
        assert.isTrue(ConsistencyProof.verify({ ...ends, proof: proof.map(bytes) }))
      }
    })
  )

  describe("are refused when", () => {
    for (const { name, text, checkpoint, heads = [], line } of vectors.refused) {
      it.effect(name, () =>
        Effect.gen(function* () {
          const verdict = yield* Fixture.verify(new TextEncoder().encode(text), checkpoint, {
            heads: heads.map((head) => ({ head, source: "a head seen before" }))
          })
          assert.deepStrictEqual([verdict.ok, verdict.firstBad?.line ?? null], [false, line])
        })
      )
    }
  })
})
