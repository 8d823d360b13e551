/**
 * The command as it ships, bundled from the sources as they are now.
 *
 * A bundle is filed under the digest of everything that goes into it, so an old one is never mistaken for a fresh one, the
 * files of one run share it, and a second run builds nothing.
 */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { build, type BuildOptions } from "rolldown"

const cli = fileURLToPath(new URL("../../..", import.meta.url))
const workspace = Path.join(cli, "../..")
const cache = Path.join(cli, "node_modules/.cache/bundles")

const filesOf = (directory: string): ReadonlyArray<string> =>
  Fs.readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => Path.join(entry.parentPath, entry.name))

const inputs = (): ReadonlyArray<string> => [
  ...Fs.readdirSync(Path.join(workspace, "packages")).flatMap((room) =>
    filesOf(Path.join(workspace, "packages", room, "src"))
  ),
  ...filesOf(Path.join(cli, "src")),
  ...["package.json", "rolldown.config.mjs"].map((name) => Path.join(cli, name)),
  Path.join(workspace, "pnpm-lock.yaml")
]

const digest = (): string => {
  const hash = createHash("sha256")
  for (const path of inputs().toSorted()) hash.update(`${path}\0`).update(Fs.readFileSync(path)).update("\0")
  return hash.digest("hex").slice(0, 32)
}

/** Where the bundle lies. Other files of the same run find what the first one built. */
export const directory = async (): Promise<string> => {
  const name = digest()
  const made = await once(name, async (draft) => {
    const { default: config } = await import(new URL("../../../rolldown.config.mjs", import.meta.url).href)
    const parts: ReadonlyArray<BuildOptions> = config
    for (const part of parts) {
      await build({ ...part, cwd: cli, logLevel: "silent", output: { ...part.output, dir: draft } })
    }
    // Sources that changed meanwhile may be in it half: such a bundle has no name.
    return digest() === name
  })
  return made ?? directory()
}

/** What was made under this name, else what `make` puts into a new directory; undefined if it says that it is not good. */
export const once = async (name: string, make: (draft: string) => Promise<boolean>): Promise<string | undefined> => {
  const path = Path.join(cache, name)
  if (Fs.existsSync(path)) return path
  const draft = `${path}.${process.pid}`
  Fs.mkdirSync(draft, { recursive: true, mode: 0o700 })
  const isGood = await make(draft)
  if (isGood) publish(draft, path)
  Fs.rmSync(draft, { recursive: true, force: true })
  prune(name)
  return isGood ? path : undefined
}

const publish = (draft: string, path: string): void => {
  try {
    Fs.renameSync(draft, path)
  } catch (cause) {
    // Another worker was quicker with the same.
    if (!Fs.existsSync(path)) throw cause
  }
}

const prune = (current: string): void => {
  const hour = 3_600_000
  for (const name of Fs.readdirSync(cache)) {
    const path = Path.join(cache, name)
    // Another worker's draft may have got its name meanwhile.
    const changed = Fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity
    if (name !== current && Date.now() - changed > hour) Fs.rmSync(path, { recursive: true, force: true })
  }
}
