/**
 * The signed head of a log: a C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) with origin and key name
 * `bailiwick/PROJECT` (formats §6).
 *
 * ```text
 * bailiwick/acme
 * 3
 * Rgz2LgyCrVtQk4wgnRZ6vj4CfA9Ar3EFnKhCFVYJj2A=
 *
 * — bailiwick/acme Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 * ```
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import type * as LogHead from "@bailiwick/core/LogHead"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import type { Ed25519, Ed25519Error } from "@bailiwick/tokens/Ed25519"
import type { PrivateSeed } from "@bailiwick/tokens/PrivateSeed"
import type { PublicKey } from "@bailiwick/tokens/PublicKey"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as MerkleTree from "./MerkleTree.ts"
import * as SignedNote from "./SignedNote.ts"

/** The text is not exactly origin, size and root. */
export class NotACheckpoint extends Schema.TaggedError<NotACheckpoint>()("NotACheckpoint", {}) {
  override get message() {
    return "the note is no checkpoint: origin, size and root are needed, a line each"
  }
}

export class OtherLog extends Schema.TaggedError<OtherLog>()("OtherLog", { origin: Schema.String }) {
  override get message() {
    return `the checkpoint is one of another log: ${JSON.stringify(this.origin)}`
  }
}

export class CheckpointError extends Schema.TaggedError<CheckpointError>()("CheckpointError", {
  reason: Schema.Union([
    SignedNote.Malformed,
    SignedNote.UnknownSigner,
    SignedNote.BadSignature,
    NotACheckpoint,
    OtherLog
  ])
}) {
  override get message() {
    return this.reason.message
  }
}

export interface Checkpoint {
  readonly origin: string
  readonly head: LogHead.LogHead
}

/** Origin and key name of a project's log. */
export const origin = (project: ProjectId): string => `bailiwick/${project}`

/** Signs a head by the log's key; gives the whole note. */
export const sign = (options: {
  readonly project: ProjectId
  readonly head: LogHead.LogHead
  readonly seed: PrivateSeed
}): Effect.Effect<string, Ed25519Error, Ed25519> => {
  const name = origin(options.project)
  return SignedNote.sign({
    text: `${name}\n${options.head.size}\n${padded(options.head.root)}\n`,
    name,
    seed: options.seed
  })
}

/** The head that one of the log's keys signed for this project. */
export const verify = Effect.fnUntraced(function* (options: {
  readonly project: ProjectId
  readonly note: string
  readonly keys: ReadonlyArray<PublicKey>
}): Effect.fn.Return<LogHead.LogHead, CheckpointError, Ed25519> {
  const name = origin(options.project)
  // Whose log it is comes first: the note of another project has no known key, and that would be the lesser answer.
  const { head, origin: found } = yield* Effect.fromResult(parse(options.note))
  if (found !== name) return yield* refuse(new OtherLog({ origin: found }))
  const signers = options.keys.map((key) => ({ name, key }))
  yield* Effect.mapError(SignedNote.verify(options.note, signers), ({ reason }) => refuse(reason))
  return head
})

/** What a note says, nothing verified: to show it, never to believe it. */
export const parse = (note: string): Result.Result<Checkpoint, CheckpointError> =>
  SignedNote.textOf(note).pipe(
    Result.mapError(({ reason }) => refuse(reason)),
    Result.flatMap((text) => Result.fromOption(parseText(text), () => refuse(new NotACheckpoint())))
  )

const refuse = (reason: CheckpointError["reason"]) => new CheckpointError({ reason })

const padded = (root: LogHead.LogHead["root"]): string => Base64.encode(Option.getOrThrow(Base64Url.decode(root)))

const parseText = (text: string): Option.Option<Checkpoint> => {
  const [, found, digits, encoded] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(text) ?? []
  if (found === undefined || digits === undefined || encoded === undefined) return Option.none()
  const size = Number(digits)
  return Base64.decode(encoded).pipe(
    Result.getSuccess,
    Option.filter((root) => Number.isSafeInteger(size) && Base64.encode(root) === encoded),
    Option.map((root) => ({ origin: found, head: { size, root: MerkleTree.toText(root) } }))
  )
}
