/**
 * Reads what another program wrote, wherever the user points: bounded, and without writing anything there.
 *
 * Modes and owners are not asked for, because the ancestors wrote readable files and copies lose their modes; so nothing
 * read here is believed. A link is followed only inside the directory, and what is no regular file is never opened: a
 * device may act when it is opened, and a pipe may wait for ever.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { usage } from "../../ui/Failure.ts"

/** Why an entry was not read; without its content, and without the path above it. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {
  override get message() {
    return this.why
  }
}

export interface Entry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface ReadOnlyFiles {
  /** Where it really lies. */
  readonly directory: string
  /** In order of name; none where no directory is. */
  list(path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Entry>>
  has(path: ReadonlyArray<string>): Effect.Effect<boolean>
  read(path: ReadonlyArray<string>, maximum: number): Effect.Effect<Uint8Array, Refused>
}

/** The directory that the user named, followed to where it leads. */
export const at = (directory: string) =>
  Effect.try({
    try: () => make(Fs.realpathSync(directory)),
    catch: () => usage("unreadable", `${directory} cannot be read`, "check its name and its permissions")
  })

const make = (directory: string): ReadOnlyFiles => {
  /** Where an entry really lies: inside, or nowhere. */
  const inside = (path: ReadonlyArray<string>): string => {
    const real = Fs.realpathSync(Path.join(directory, ...path))
    if (real === directory || real.startsWith(directory.endsWith(Path.sep) ? directory : directory + Path.sep))
      return real
    throw new Refused({ why: "it is a link that leads out of the directory" })
  }
  return {
    directory,
    list: (path) =>
      Effect.sync(() =>
        orElse([], () =>
          Fs.readdirSync(inside(path), { withFileTypes: true })
            .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
            .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        )
      ),
    has: (path) => Effect.sync(() => orElse(false, () => Fs.existsSync(inside(path)))),
    read: (path, maximum) =>
      Effect.try({ try: () => readWhole(inside(path), maximum), catch: (cause) => refused(cause) })
  }
}

const readWhole = (path: string, maximum: number): Uint8Array => {
  requireFile(Fs.lstatSync(path))
  // Looked at again once it is open: it may have been exchanged in between, and neither following nor waiting is safe.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = Fs.constants
  const descriptor = Fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
  try {
    const stats = Fs.fstatSync(descriptor)
    requireFile(stats)
    if (stats.size > maximum) throw tooLarge(maximum)
    const bytes = Fs.readFileSync(descriptor)
    if (bytes.length > maximum) throw tooLarge(maximum)
    return bytes
  } finally {
    Fs.closeSync(descriptor)
  }
}

const requireFile = (stats: Fs.Stats): void => {
  if (stats.isDirectory()) throw new Refused({ why: "it is a directory" })
  if (!stats.isFile()) throw new Refused({ why: "it is no regular file" })
}

const tooLarge = (maximum: number) => new Refused({ why: `it is larger than ${maximum / 1024} KiB` })

const orElse = <A>(absent: A, step: () => A): A => {
  try {
    return step()
  } catch {
    return absent
  }
}

// The system's own sentence holds the whole path; its code is enough.
const refused = (cause: unknown): Refused => {
  if (cause instanceof Refused) return cause
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  return new Refused({
    why: code === "ENOENT" ? "it is a link to nothing, or has gone" : `it cannot be read (${code})`
  })
}
