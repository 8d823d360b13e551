/**
 * The audit log in memory, for the tests of programs that embed a broker.
 *
 * The same lines, chain and checkpoints as `SqlAuditLog`, and nothing that outlives the layer. It knows no transactions: an
 * event that was appended stays when what it told of is undone.
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import * as AuditLog from "@bailiwick/core/ports/AuditLog"
import type { KeyRing } from "@bailiwick/core/ports/KeyRing"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as CompactRange from "./CompactRange.ts"
import * as LogEnd from "./internal/LogEnd.ts"
import * as LogKeys from "./internal/LogKeys.ts"
import * as Rotation from "./internal/Rotation.ts"

export const layer = (owner: LogEnd.Owner): Layer.Layer<AuditLog.AuditLog, never, KeyRing | Ed25519> =>
  Layer.effect(AuditLog.AuditLog, make(owner))

const make = Effect.fnUntraced(function* (owner: LogEnd.Owner) {
  const keys = yield* LogKeys.make
  const gate = yield* Semaphore.make(1)
  const stored: Array<AuditLog.StoredLine> = []
  let last = LogEnd.empty
  let checkpoint = ""

  const append = Effect.fn("AuditLog.append")(function* (event: AuditEvent.AuditEvent) {
    const time = yield* UnixTime.now
    const signing = yield* keys.signing(time)
    const events = [...Rotation.events(signing), event]
    const { lines, before, end } = yield* Effect.fromResult(LogEnd.extend(last, owner, events, time))
    checkpoint = yield* keys.sign(signing, owner.project, CompactRange.head(end.range))
    stored.push(...lines)
    last = end
    return { seq: before.size, time }
  }, gate.withPermit)

  return AuditLog.AuditLog.of({
    append,
    head: Effect.sync(() => CompactRange.head(last.range)),
    lines: (from = 0) => Stream.suspend(() => Stream.fromIterable(stored.slice(from))),
    checkpoint: Effect.sync(() => checkpoint)
  })
})
