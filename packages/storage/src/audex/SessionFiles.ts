/**
 * The entries of a session directory, each read for itself: what cannot be read is said by name and stops nothing else.
 *
 * A file's mode is no reason to refuse it: versions before 0.1.6 wrote the default mode. Links are followed, as the
 * original does; nothing is ever written through one.
 */
import type * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { constants } from "node:fs"
import * as Path from "node:path"
import * as FileFailure from "../internal/FileFailure.ts"
import * as AudexCodec from "./AudexCodec.ts"
import { AudexError, BadId, TooLarge } from "./AudexError.ts"
import type { AudexSession } from "./AudexSession.ts"
import type { SessionCalls } from "./SessionCalls.ts"

/** The directory, and how it is reached. */
export interface Place {
  readonly calls: SessionCalls
  readonly directory: string
  readonly files: SecretFiles.SecretFiles["Service"]
}

/** A session, and what its file held when it was read: a later update compares with it. */
export interface Stored {
  /** The file's name; the id inside may be another one. */
  readonly name: string
  readonly session: AudexSession
  readonly text: string
}

/** An entry that is no session, and why. */
export interface Problem {
  readonly name: string
  readonly kind: "damaged" | "directory" | "dangling-link" | "special" | "unreadable" | "reopened"
  readonly message: string
}

export interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly isDirectory: boolean
  readonly isLink: boolean
}

/** The file of an id. What is joined to a path is checked here, whoever wrote it. */
export const nameOf = (id: string): Result.Result<string, AudexError> =>
  /^[A-Za-z0-9-]{1,64}$/u.test(id)
    ? Result.succeed(`${id}${suffix}`)
    : Result.fail(new AudexError({ reason: new BadId() }))

/** What the original takes for session files, by their names alone, in order of name; none where no directory is. */
export const entries = (calls: SessionCalls, directory: string): ReadonlyArray<Entry> =>
  (absentAs([], () => calls.readdir(directory)) ?? [])
    .filter(({ name }) => name.endsWith(suffix) && name !== suffix)
    .map((entry) => ({
      name: entry.name,
      isFile: entry.isFile(),
      isDirectory: entry.isDirectory(),
      isLink: entry.isSymbolicLink()
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))

/** What a killed process left behind on its way to a session file; only while the directory is locked is it nobody's. */
export const leftovers = (calls: SessionCalls, directory: string): ReadonlyArray<string> =>
  calls
    .readdir(directory)
    .filter((entry) => entry.isFile() && leftover.test(entry.name))
    .map(({ name }) => name)

/** Undefined for what has gone meanwhile. `known`: what it was before; the same text needs no second decoding. */
export const read = (
  calls: SessionCalls,
  directory: string,
  entry: Entry,
  known?: Stored
): Stored | Problem | undefined => {
  const { name } = entry
  const problem = (kind: Problem["kind"], message: string): Problem => ({ name, kind, message })
  if (entry.isDirectory) return problem("directory", "it is a directory")
  if (!entry.isFile && !entry.isLink) return problem("special", "it is no regular file")
  const content = Result.try({ try: () => readWhole(calls, Path.join(directory, name)), catch: (cause) => cause })
  if (Result.isFailure(content)) return problem(...described(content.failure))
  if (content.success === undefined) {
    if (entry.isLink) return problem("dangling-link", "it is a link to nothing")
    // A name that is no UTF-8 cannot be opened by the text that stands for it.
    return name.includes("\uFFFD") ? problem("unreadable", "its name is no UTF-8") : undefined
  }
  const text = AudexCodec.text(content.success)
  if (Result.isSuccess(text) && text.success === known?.text) return known
  const stored = Result.flatMap(text, (text) =>
    Result.map(AudexCodec.decode(text), (session) => ({ name, session, text }))
  )
  return Result.isFailure(stored) ? problem("damaged", stored.failure.message) : stored.success
}

export const isProblem = (read: Stored | Problem): read is Problem => "kind" in read

/** Whether anything is there, a directory above all. */
export const isThere = (calls: SessionCalls, path: string): boolean =>
  absentAs(undefined, () => calls.stat(path)) !== undefined

/** When an entry was changed last; undefined for what has gone meanwhile. */
export const modified = (calls: SessionCalls, path: string): bigint | undefined =>
  absentAs(undefined, () => calls.modified(path))

/** The bytes of a file, bounded; undefined where nothing is. */
export const readWhole = (calls: SessionCalls, path: string): Uint8Array | undefined => {
  // O_NONBLOCK: a FIFO planted under the name must not hold us up.
  const fd = absentAs(undefined, () => calls.open(path, constants.O_RDONLY | nonBlocking, 0))
  if (fd === undefined) return undefined
  try {
    return readOpen(calls, fd)
  } finally {
    calls.close(fd)
  }
}

/** All of an open file, bounded. */
export const readOpen = (calls: SessionCalls, fd: number): Uint8Array => {
  let buffer = scratch
  let length = 0
  for (;;) {
    const count = calls.readAt(fd, buffer, length, buffer.length - length, length)
    if (count === 0) return buffer.slice(0, length)
    length += count
    if (length > AudexCodec.maximumBytes) throw new AudexError({ reason: new TooLarge() })
    if (length === buffer.length) {
      const larger = new Uint8Array(buffer.length * 4)
      larger.set(buffer)
      buffer = larger
    }
  }
}

export const decodeText = (
  bytes: Uint8Array
): Result.Result<{ readonly session: AudexSession; readonly text: string }, AudexError> =>
  Result.flatMap(AudexCodec.text(bytes), (text) =>
    Result.map(AudexCodec.decode(text), (session) => ({ session, text }))
  )

/** Runs synchronous calls; what fails in them becomes the error of the store ports. */
export const attempt = <A>(doing: string, path: string, step: () => A): Effect.Effect<A, AudexError | StoreError> =>
  Effect.try({
    try: step,
    catch: (cause) =>
      cause instanceof AudexError || cause instanceof StoreError ? cause : FileFailure.fromErrno(doing, path, cause)
  })

const suffix = ".json"

// The temporary names of `NodeSecretFiles`.
const leftover = /^\..+\.json\.[0-9a-f]{24}\.tmp$/u

// Of one for all: a file is read in one stretch of synchronous calls, and what is returned is a copy.
const scratch = new Uint8Array(64 * 1024)

const nonBlocking = constants.O_NONBLOCK ?? 0

const described = (cause: unknown): [Problem["kind"], string] => {
  if (cause instanceof AudexError) return ["damaged", cause.message]
  if (FileFailure.isErrno(cause, "EISDIR")) return ["directory", "it leads to a directory"]
  if (FileFailure.isErrno(cause, "ELOOP")) return ["dangling-link", "it is a link to itself"]
  return ["unreadable", FileFailure.isErrno(cause) ? `it cannot be read (${cause.code})` : "it cannot be read"]
}

const absentAs = <A, B>(absent: B, step: () => A): A | B => {
  try {
    return step()
  } catch (cause) {
    if (FileFailure.isErrno(cause, "ENOENT")) return absent
    throw cause
  }
}
