/**
 * What Node has compiled of this program, kept so that the next start need not compile it again.
 *
 * Node runs what it finds there as this program. So it lies in the state directory, beside keys that are worth as much,
 * never in a shared temporary directory, and is used only where nobody else can have written it (formats §8).
 */
import { lstatSync, mkdirSync } from "node:fs"

/** Before the program is loaded; where there is no state directory, or not ours alone, it does nothing. */
export const use = (state: string): void => {
  // Without user ids there is no telling whose a directory is.
  const user = process.getuid?.()
  if (user === undefined) return
  try {
    if (!isOwn(state, user)) return
    const directory = `${state}/.compiled`
    mkdirSync(directory, { mode: 0o700, recursive: true })
    if (isOwn(directory, user)) process.getBuiltinModule("node:module").enableCompileCache(directory)
  } catch {
    // There is none yet, or it may not be written: the start is slower, and nothing else.
  }
}

/** A directory and no link, of this user, that nobody else may read or write. */
const isOwn = (path: string, user: number): boolean => {
  const status = lstatSync(path)
  return status.isDirectory() && status.uid === user && (status.mode & 0o077) === 0
}
