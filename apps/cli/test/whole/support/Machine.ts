/** Machines that are not as they should be: a wrong clock, a full disk, a user without rights. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bailiwick from "./Bailiwick.ts"
import type { World } from "./World.ts"

/** Variables that make Node believe in another time: a module that is loaded before the command moves its clock. */
export const clock = (world: World, seconds: number): Readonly<Record<string, string>> => {
  const path = world.file(
    `clock-${seconds}.mjs`,
    `const now = Date.now
     Date.now = () => now() + ${seconds * 1000}
     globalThis.Date = class extends Date { constructor(...args) { args.length === 0 ? super(Date.now()) : super(...args) } }`
  )
  return { NODE_OPTIONS: `--import file://${path}` }
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

/**
 * Runs the command while the file system of its state is full to the last byte, and puts what is there afterwards back.
 *
 * A small tmpfs in a mount namespace of its own, which needs no root where users may have namespaces. Where neither root
 * nor a user may mount, it fails and says so: a full disk that was not tried is not shown to be harmless.
 */
export const onFullDisk = (
  world: World,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  input: string
): Bailiwick.Ended => {
  const state = Path.join(world.home, "state")
  const kept = Path.join(world.home, "kept")
  const line = [
    `cp -a ${quote(state)} ${quote(kept)} && mount -t tmpfs -o size=4m,mode=700 full ${quote(state)} && cp -a ${quote(kept)}/. ${quote(state)}/ || exit 99`,
    `cat /dev/zero > ${quote(Path.join(state, "filler"))} 2>/dev/null`,
    `"$@"`,
    `code=$?`,
    `rm ${quote(Path.join(state, "filler"))} && rm -r ${quote(kept)} && cp -a ${quote(state)} ${quote(kept)} || exit 99`,
    `exit $code`
  ].join("\n")
  const namespace = ["--mount", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"])]
  const command = [...namespace, "sh", "-c", line, "sh", process.execPath, world.entry, ...args]
  const { status, signal, stderr, stdout } = spawnSync("unshare", command, {
    cwd: world.home,
    env: { ...world.env, ...env },
    input,
    encoding: "utf8"
  })
  if (status === 99 || status === null || stderr.startsWith("unshare:")) {
    throw new Error(
      `a full disk cannot be made here: unshare and mount -t tmpfs are needed (root, or user namespaces)\n${stderr}`
    )
  }
  Fs.rmSync(state, { recursive: true })
  Fs.renameSync(kept, state)
  return { code: status, signal, stdout, stderr }
}

/** Somebody without rights: the tester, or where that is root, whom no mode binds, nobody. */
export const asUser = (
  world: World,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
): Promise<Bailiwick.Ended> => {
  const isRoot = process.getuid?.() === 0
  const words = [process.execPath, world.entry, ...args]
  if (!isRoot) return world.run(args, { env })
  spawnSync("chown", ["-R", "65534:65534", world.home])
  const [program = "", ...rest] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...words]
  return Bailiwick.start(program, rest, { cwd: world.home, env: { ...world.env, ...env } }).ended
}
