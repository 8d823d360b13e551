/**
 * Compares the store's log with the newest head that this user has seen: a log that does not extend it was cut back or
 * written anew, and nothing is signed on top of it (formats §2).
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as CompactRange from "@bailiwick/audit/CompactRange"
import * as MerkleTree from "@bailiwick/audit/MerkleTree"
import type * as LogHead from "@bailiwick/core/LogHead"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { store } from "../ui/Failure.ts"
import type * as Standing from "../wiring/Standing.ts"
import * as Pin from "./Pin.ts"

/** Refuses a log that lost what was seen; else remembers how far it has come. */
export const check = Effect.fnUntraced(function* ({ head, registry }: Standing.Standing) {
  const { founder, project } = registry
  const pin = yield* Pin.read(project)
  if (Option.isSome(pin)) {
    const seen = pin.value.head
    if (head.size < seen.size || (yield* rootOf(seen.size)) !== seen.root) return yield* cutBack(seen)
    if (head.size === seen.size) return
  }
  yield* Pin.write({ v: 1, project, founder, head })
})

const rootOf = Effect.fnUntraced(function* (size: number) {
  const log = yield* AuditLog
  const encoder = new TextEncoder()
  const range = yield* log.lines().pipe(
    Stream.take(size),
    Stream.runFold(
      () => CompactRange.empty,
      (before, { text }) => CompactRange.append(before, MerkleTree.leafHash(encoder.encode(text)))
    )
  )
  return CompactRange.head(range).root
})

const cutBack = ({ size }: LogHead.LogHead) =>
  store(
    "log-cut-back",
    `the log no longer holds the ${size} lines that were seen here before`,
    "nothing was signed; look at it with: bailiwick audit verify"
  )
