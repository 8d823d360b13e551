/**
 * Who may reach a file: the checks before a secret is trusted or written.
 *
 * A file counts only if it is ours and nobody else may read or change it; its directories, up to the root, only if
 * nobody else could put another file in its place (the rule of OpenSSH's StrictModes).
 */
import { StoreError } from "@bailiwick/core/StoreError"
import type { Stats } from "node:fs"
import * as Path from "node:path"
import type { FileCalls } from "./FileCalls.ts"

const groupOrOthersWrite = 0o022
const groupOrOthers = 0o077
const sticky = 0o1000

/** Where there are no POSIX owners (Windows), the profile's own access list is the guard. */
const hasOwners = (calls: FileCalls): boolean => calls.userId() !== undefined

/** Throws unless the open file is a regular one, ours, and closed to everybody else. */
export const checkFile = (calls: FileCalls, path: string, stats: Stats): void => {
  if (!stats.isFile()) {
    throw new StoreError({
      reason: "Damaged",
      detail: `${path} is no regular file`,
      hint: "move it away; it was not put there by this program"
    })
  }
  if (!hasOwners(calls)) return
  if (stats.uid !== calls.userId()) throw exposed(path, `belongs to another user`, "run as the user who owns it")
  if ((stats.mode & groupOrOthers) !== 0)
    throw exposed(path, "may be read or changed by others", `chmod 600 ${quote(path)}`)
}

/** Throws if somebody else could exchange what lies in `directory`. */
export const checkDirectories = (calls: FileCalls, directory: string): void => {
  if (!hasOwners(calls)) return
  // Links are followed first, so that the directories which are judged are the ones that are used.
  let path = calls.realpath(directory)
  const root = Path.parse(path).root
  // Whoever owns `/` owns this machine, or this container, anyway.
  const trusted = new Set([calls.userId(), 0, calls.stat(root).uid])
  for (;;) {
    const stats = calls.stat(path)
    if (!trusted.has(stats.uid)) throw exposed(path, "belongs to another user", "use a directory of your own")
    // In a sticky directory such as /tmp, nobody can rename or remove what is not theirs.
    if ((stats.mode & groupOrOthersWrite) !== 0 && (stats.mode & sticky) === 0) {
      throw exposed(path, "may be changed by others", `chmod go-w ${quote(path)}`)
    }
    if (path === root) return
    path = Path.dirname(path)
  }
}

/** Throws unless the directory itself is ours and nobody else may enter it. */
export const checkPrivateDirectory = (calls: FileCalls, path: string): void => {
  const stats = calls.stat(path)
  if (!stats.isDirectory()) {
    throw new StoreError({ reason: "Damaged", detail: `${path} is no directory`, hint: "move it away" })
  }
  if (!hasOwners(calls)) return
  if (stats.uid !== calls.userId()) throw exposed(path, "belongs to another user", "use a directory of your own")
  if ((stats.mode & groupOrOthers) !== 0) throw exposed(path, "may be entered by others", `chmod 700 ${quote(path)}`)
  checkDirectories(calls, path)
}

const exposed = (path: string, what: string, hint: string): StoreError =>
  new StoreError({ reason: "Exposed", detail: `${path} ${what}`, hint })

/** For a hint that is pasted into a shell. */
const quote = (path: string): string => (/^[\w./@%+=:,-]+$/u.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)
