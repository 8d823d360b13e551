/**
 * Reads a whole log, a store's or an exported one, and says whether these are the lines that were written.
 *
 * Found are an edit, a removal, a repetition, a reordering, a torn tail and an end that was cut off. The chain needs no key;
 * the checkpoint needs the log's public key. Whoever holds the log's private key can write another log, and whoever kept
 * an older state of the store can put it back: only heads that were seen elsewhere show that, so give all there are.
 *
 * @example
 * ```ts
 * import { LogVerify } from "@bailiwick/audit"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = (bytes: Uint8Array, checkpoint: string, key: PublicKey) =>
 *   LogVerify.verifyExport({ project, keys: [key], lines: Stream.make(bytes), checkpoint }).pipe(
 *     Effect.map((verdict) => verdict.ok ? `${verdict.size} lines` : `line ${verdict.firstBad?.line}: ${verdict.firstBad?.why}`)
 *   )
 * ```
 */
import type * as LogHead from "@bailiwick/core/LogHead"
import { AuditLog, type StoredLine } from "@bailiwick/core/ports/AuditLog"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { StoreError } from "@bailiwick/core/StoreError"
import type { Ed25519 } from "@bailiwick/tokens/Ed25519"
import type { PublicKey } from "@bailiwick/tokens/PublicKey"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Checkpoint from "./Checkpoint.ts"
import { type BadLine, ChainCheck, type SeenHead } from "./internal/ChainCheck.ts"
import * as RawLine from "./internal/RawLine.ts"

export type { BadLine, SeenHead } from "./internal/ChainCheck.ts"

export interface Options {
  readonly project: ProjectId
  /** The log's public keys, the retired ones included. */
  readonly keys: ReadonlyArray<PublicKey>
  /** Heads from elsewhere: those in passphrase-signed objects, the one that the client pinned. */
  readonly heads?: ReadonlyArray<SeenHead>
  /** Checkpoints from elsewhere, as whole notes; each must verify under `keys`. */
  readonly against?: ReadonlyArray<string>
}

export interface Verdict {
  readonly ok: boolean
  /** The lines, from the first, that chain. */
  readonly size: number
  /** The root over them. */
  readonly root: Sha256
  readonly firstBad?: BadLine
  /** Whole sentences: what else is wrong, and how far the proof reaches. */
  readonly notes: ReadonlyArray<string>
}

/** Verifies an export: the bytes of its lines, and the checkpoint of exactly these lines. */
export const verifyExport = Effect.fn("LogVerify.verifyExport")(function* <E, R>(
  options: Options & { readonly lines: Stream.Stream<Uint8Array, E, R>; readonly checkpoint: string }
): Effect.fn.Return<Verdict, E, R | Ed25519> {
  const started = yield* start(options)
  yield* feed(started.check, RawLine.split(options.lines))
  return yield* finish(options, started, options.checkpoint)
})

/** Verifies the log of a store, while others may append to it. */
export const verifyStore = Effect.fn("LogVerify.verifyStore")(function* (
  options: Options
): Effect.fn.Return<Verdict, StoreError, AuditLog | Ed25519> {
  const log = yield* AuditLog
  const started = yield* start(options)
  yield* feed(started.check, stored(log.lines()))
  const checkpoint = yield* log.checkpoint
  // What was appended between the last line and the checkpoint is taken too; what comes later is another checkpoint's.
  const { size } = started.check.head
  const missing = Result.match(Checkpoint.parse(checkpoint), {
    onFailure: () => 0,
    onSuccess: ({ head }) => head.size - size
  })
  if (missing > 0) yield* feed(started.check, stored(log.lines(size)).pipe(Stream.take(missing)))
  // The end that the next append would go on from, as the store itself judges it.
  const own = yield* log.head.pipe(
    Effect.as([]),
    Effect.catchIf(
      ({ reason }) => reason === "Damaged",
      ({ detail }) => Effect.succeed([`the store refuses its own end: ${detail}`])
    )
  )
  return yield* finish(options, { ...started, problems: [...started.problems, ...own] }, checkpoint)
})

interface Started {
  readonly check: ChainCheck
  readonly problems: ReadonlyArray<string>
}

const start = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Started, never, Ed25519> {
  const heads = [...(options.heads ?? [])]
  const problems: Array<string> = []
  for (const note of options.against ?? []) {
    const verified = yield* Effect.result(Checkpoint.verify({ ...options, note }))
    if (Result.isSuccess(verified))
      heads.push({ head: verified.success, source: "the checkpoint given to compare with" })
    else problems.push(`the checkpoint given to compare with is refused: ${verified.failure.message}`)
  }
  return { check: new ChainCheck(options.project, heads), problems }
})

const feed = <E, R>(check: ChainCheck, lines: Stream.Stream<RawLine.RawLine, E, R>) =>
  Stream.runForEachWhile(lines, (line) => Effect.sync(() => check.take(line)))

const stored = <E, R>(lines: Stream.Stream<StoredLine, E, R>) =>
  Stream.map(lines, ({ seq, text }) => ({ bytes: new TextEncoder().encode(text), torn: false, row: seq }))

const finish = Effect.fnUntraced(function* (
  options: Options,
  started: Started,
  checkpoint: string
): Effect.fn.Return<Verdict, never, Ed25519> {
  const { check } = started
  const problems = [...started.problems]
  let signed: LogHead.LogHead | undefined
  if (checkpoint !== "") {
    const verified = yield* Effect.result(Checkpoint.verify({ ...options, note: checkpoint }))
    if (Result.isSuccess(verified)) signed = verified.success
    else problems.push(`the checkpoint is refused: ${verified.failure.message}`)
  } else if (check.head.size > 0) {
    problems.push("there is no checkpoint: nothing signed vouches for the end of the log")
  }
  check.end(signed === undefined ? undefined : { head: signed, source: "the checkpoint" })
  const ok = check.bad === undefined && problems.length === 0
  return {
    ok,
    ...check.head,
    ...(check.bad === undefined ? {} : { firstBad: check.bad }),
    notes: ok ? reach(options) : problems
  }
})

const reach = (options: Options): ReadonlyArray<string> =>
  (options.heads ?? []).length + (options.against ?? []).length === 0
    ? ["no head from elsewhere was compared: a log put back to an older state of its own would pass"]
    : []
