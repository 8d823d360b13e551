/** A small log made by the real thing, to be taken apart. */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Checkpoint, CompactRange, LogLine, LogVerify, MemoryAuditLog, MerkleTree } from "../../src/index.ts"
import * as TestKeyRing from "./TestKeyRing.ts"
import * as TestLog from "./TestLog.ts"

export const event = (number: number): AuditEvent.AuditEvent => ({
  actor: {},
  type: "sweep.pruned",
  subject: `event ${number}`,
  outcome: "ok",
  detail: { number }
})

/** The lines of a log of `size` events, and the checkpoint of exactly these. */
export const make = (size: number) =>
  Effect.gen(function* () {
    const log = yield* AuditLog
    for (let number = 0; number < size; number++) yield* log.append(event(number))
    const stored = yield* Stream.runCollect(log.lines())
    return { lines: stored.map(({ text }) => text), checkpoint: yield* log.checkpoint }
  }).pipe(Effect.provide(MemoryAuditLog.layer(TestLog.owner).pipe(Layer.provide(TestKeyRing.layer))))

export const join = (lines: ReadonlyArray<string>): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""))

export const headOf = (lines: ReadonlyArray<string>) =>
  CompactRange.head(
    lines
      .map((line) => MerkleTree.leafHash(new TextEncoder().encode(line)))
      .reduce(CompactRange.append, CompactRange.empty)
  )

/** The lines chained anew from the first on, as somebody would who hides a change. */
export const rechain = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let prev = LogLine.firstPrev
  return lines.map((line) => {
    const text = line.replace(/"prev":"[0-9a-f]{64}"/u, `"prev":"${prev}"`)
    prev = LogLine.hash(new TextEncoder().encode(text))
    return text
  })
}

export const sign = (lines: ReadonlyArray<string>, key = 1) =>
  Checkpoint.sign({ project: TestLog.owner.project, head: headOf(lines), seed: TestKeyRing.seed(key) })

export const verify = (
  bytes: Uint8Array,
  checkpoint: string,
  options: Partial<LogVerify.Options> = {},
  chunk = bytes.length
) =>
  Effect.gen(function* () {
    const key = yield* (yield* Ed25519).publicKey(TestKeyRing.seed(1))
    const pieces: Array<Uint8Array> = []
    for (let at = 0; at < bytes.length; at += chunk) pieces.push(bytes.subarray(at, at + chunk))
    return yield* LogVerify.verifyExport({
      project: TestLog.owner.project,
      keys: [key],
      lines: Stream.fromIterable(pieces),
      checkpoint,
      ...options
    })
  })
