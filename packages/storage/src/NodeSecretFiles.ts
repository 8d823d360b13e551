/**
 * The port `SecretFiles` on `node:fs`: small files that are whole, private and durable.
 *
 * A write goes to a temporary file of an unguessable name in the same directory, is fsynced, renamed into place, and
 * its directory is fsynced (POSIX leaves the rename in memory until then). After a crash, or a failure of any single
 * call, there is the old or the new content, never neither and never half. A failure leaves no temporary file; what a
 * killed process leaves is never listed, and goes when its directory is next ensured, an hour later at the earliest. A
 * failed fsync is never tried again: kernels mark the pages clean, so a second one would report a success that is none.
 *
 * Every operation is one stretch of synchronous calls: the files are small, and nothing can interrupt it half-way.
 * On Windows owners and modes are not checked and a directory cannot be fsynced; the user's profile is the guard there.
 */
import * as SecretFiles from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as Hex from "@bailiwick/core/Hex"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { constants } from "node:fs"
import * as Path from "node:path"
import * as FileCalls from "./internal/FileCalls.ts"
import * as FileFailure from "./internal/FileFailure.ts"
import * as FileGuard from "./internal/FileGuard.ts"

/** Over other calls than those of `node:fs`, for tests that put faults in their way. */
export const layerWith = (calls: FileCalls.FileCalls) =>
  Layer.effect(
    SecretFiles.SecretFiles,
    Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      const temporary = (path: string) =>
        Effect.map(random.randomBytes(12), (bytes) =>
          Path.join(Path.dirname(path), `.${Path.basename(path)}.${Hex.encode(bytes)}${suffix}`)
        )
      return SecretFiles.SecretFiles.of({
        read: Effect.fn("SecretFiles.read")((path: string, maximum: number) =>
          attempt("reading", path, () => read(calls, path, maximum))
        ),
        write: Effect.fn("SecretFiles.write")((path: string, content: Uint8Array) =>
          Effect.flatMap(temporary(path), (temp) => attempt("writing", path, () => replace(calls, temp, path, content)))
        ),
        create: Effect.fn("SecretFiles.create")((path: string, content: Uint8Array) =>
          Effect.flatMap(temporary(path), (temp) => attempt("creating", path, () => create(calls, temp, path, content)))
        ),
        remove: Effect.fn("SecretFiles.remove")((path: string) => attempt("removing", path, () => remove(calls, path))),
        list: Effect.fn("SecretFiles.list")((directory: string) =>
          attempt("listing", directory, () => list(calls, directory))
        ),
        ensureDirectory: Effect.fn("SecretFiles.ensureDirectory")((path: string) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            attempt("making the directory", path, () => {
              ensureDirectory(calls, path)
              sweep(calls, path, now)
            })
          )
        )
      })
    })
  )

export const layer: Layer.Layer<SecretFiles.SecretFiles, never, SecureRandom.SecureRandom> = layerWith(FileCalls.node)

const suffix = ".tmp"
const leftAfterMillis = 60 * 60 * 1000
const temporaryName = /^\..+\.[0-9a-f]{24}\.tmp$/u

// Windows has neither: there a name that others could have planted cannot exist in one's own profile.
const noFollow = constants.O_NOFOLLOW ?? 0
const nonBlocking = constants.O_NONBLOCK ?? 0
const directoryOnly = constants.O_DIRECTORY ?? 0

const read = (calls: FileCalls.FileCalls, path: string, maximum: number): Option.Option<Uint8Array> => {
  // O_NONBLOCK: a FIFO planted under the name must not hold us up before it is found out.
  const fd = ifThere(() => calls.open(path, constants.O_RDONLY | noFollow | nonBlocking, 0))
  if (fd === undefined) return Option.none()
  try {
    // The open file is judged, not its name: what is read is what was checked.
    FileGuard.checkFile(calls, path, calls.fstat(fd))
    FileGuard.checkDirectories(calls, Path.dirname(path))
    const buffer = new Uint8Array(maximum + 1)
    let length = 0
    while (length <= maximum) {
      const count = calls.read(fd, buffer, length, buffer.length - length)
      if (count === 0) return Option.some(buffer.slice(0, length))
      length += count
    }
    throw new StoreError({
      reason: "Damaged",
      detail: `${path} is longer than the ${maximum} bytes that it may have`,
      hint: "move it away; it was not written by this program"
    })
  } finally {
    calls.close(fd)
  }
}

const replace = (calls: FileCalls.FileCalls, temp: string, path: string, content: Uint8Array): void =>
  inDirectory(calls, Path.dirname(path), () => {
    writeTemporary(calls, temp, content)
    orDiscard(calls, temp, () => calls.rename(temp, path))
  })

/** By link, not by O_EXCL on the name itself: the content is whole before the name exists. */
const create = (calls: FileCalls.FileCalls, temp: string, path: string, content: Uint8Array): boolean =>
  inDirectory(calls, Path.dirname(path), () => {
    writeTemporary(calls, temp, content)
    return orDiscard(calls, temp, () => {
      const made = unlessThere(() => calls.link(temp, path))
      calls.unlink(temp)
      return made
    })
  })

const remove = (calls: FileCalls.FileCalls, path: string): void => {
  if (ifThere(() => calls.stat(Path.dirname(path))) === undefined) return
  inDirectory(calls, Path.dirname(path), () => ifThere(() => calls.unlink(path)))
}

const list = (calls: FileCalls.FileCalls, directory: string): ReadonlyArray<string> => {
  const entries = ifThere(() => calls.readdir(directory))
  if (entries === undefined) return []
  FileGuard.checkDirectories(calls, directory)
  // What a killed process left behind may be half a file: it is nobody's content.
  return entries
    .filter((entry) => entry.isFile() && !temporaryName.test(entry.name))
    .map((entry) => entry.name)
    .toSorted()
}

const ensureDirectory = (calls: FileCalls.FileCalls, path: string): void => {
  makeDirectory(calls, Path.resolve(path))
  FileGuard.checkPrivateDirectory(calls, path)
}

/** Removes what killed processes left behind; no write takes anything like an hour. */
const sweep = (calls: FileCalls.FileCalls, directory: string, now: number): void => {
  const left = calls.readdir(directory).filter((entry) => entry.isFile() && temporaryName.test(entry.name))
  for (const { name } of left) {
    const path = Path.join(directory, name)
    ifThere(() => {
      if (calls.stat(path).mtimeMs < now - leftAfterMillis) calls.unlink(path)
    })
  }
}

const makeDirectory = (calls: FileCalls.FileCalls, path: string): void => {
  if (ifThere(() => calls.stat(path)) !== undefined) return
  const parent = Path.dirname(path)
  makeDirectory(calls, parent)
  inDirectory(calls, parent, () => unlessThere(() => calls.mkdir(path, 0o700)))
}

/** Writes all of it, 0600 from the first moment, and has it on the disk before it returns. */
const writeTemporary = (calls: FileCalls.FileCalls, temp: string, content: Uint8Array): void => {
  const fd = calls.open(temp, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600)
  orDiscard(calls, temp, () => {
    try {
      let written = 0
      while (written < content.length) written += calls.write(fd, content, written, content.length - written)
      calls.fsync(fd)
    } catch (cause) {
      quietly(() => calls.close(fd))
      throw cause
    }
    // Some file systems report a failed write only here.
    calls.close(fd)
  })
}

/** Checks the directory, changes something in it, and makes the change durable. */
const inDirectory = <A>(calls: FileCalls.FileCalls, directory: string, change: () => A): A => {
  FileGuard.checkDirectories(calls, directory)
  if (directoryOnly === 0) return change()
  // Opened before the change: running out of descriptors must not be found out after it.
  const fd = calls.open(directory, constants.O_RDONLY | directoryOnly, 0)
  try {
    const result = change()
    calls.fsync(fd)
    return result
  } finally {
    calls.close(fd)
  }
}

/** Runs `step`; if it fails, the temporary file goes. */
const orDiscard = <A>(calls: FileCalls.FileCalls, temp: string, step: () => A): A => {
  try {
    return step()
  } catch (cause) {
    quietly(() => calls.unlink(temp))
    throw cause
  }
}

const quietly = (step: () => void): void => {
  try {
    step()
  } catch {
    // The first failure is the one to report.
  }
}

const ifThere = <A>(step: () => A): A | undefined => {
  try {
    return step()
  } catch (cause) {
    if (FileFailure.isErrno(cause, "ENOENT")) return undefined
    throw cause
  }
}

const unlessThere = (step: () => void): boolean => {
  try {
    step()
    return true
  } catch (cause) {
    if (FileFailure.isErrno(cause, "EEXIST")) return false
    throw cause
  }
}

const attempt = <A>(doing: string, path: string, step: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({
    try: step,
    catch: (cause) => (cause instanceof StoreError ? cause : FileFailure.fromErrno(doing, path, cause))
  })
