// Brings the workspace from a fresh clone to ready: its own pnpm, its own Node, its packages, the bundled CLI.
// Runs on the host's Node (20 or newer) with nothing installed; changes nothing outside this folder but npm's cache.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))
const bin = join(root, "node_modules", ".bin")
const stamp = join(root, "node_modules", ".bailiwick-setup")

const fail = (message, hint) => {
  console.error(`setup: ${message}\nhint: ${hint}`)
  process.exit(1)
}

/** The environment in which every task runs: the workspace's own Node and tools before the host's. */
export const environment = () => ({
  ...process.env,
  PATH: [bin, process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1"
})

/** Runs a program with the terminal attached; its failure is ours. */
export const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", env: environment(), ...options })
  if (result.error) fail(`${command} could not be started: ${result.error.message}`, "is npm on PATH?")
  return result.status ?? 1
}

const pinned = (name) => {
  const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")
  return (
    new RegExp(`^  "?${name}"?: (\\d\\S*)$`, "m").exec(catalog)?.[1] ??
    fail(`no version of ${name} is pinned`, "see pnpm-workspace.yaml")
  )
}

const fingerprint = () => {
  const hash = createHash("sha256").update(process.platform).update(process.arch)
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
    hash.update(readFileSync(join(root, file)))
  return hash.digest("hex")
}

const install = () => {
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  console.error("setup: installing the workspace (once; later runs skip this)")
  const status = run("npx", ["-y", `pnpm@${pinned("pnpm")}`, "install", "--frozen-lockfile", "--prefer-offline"], {
    shell: process.platform === "win32"
  })
  if (status !== 0)
    fail(
      "the packages could not be installed",
      "the first run needs a package registry; check the network and run it again"
    )
  writeFileSync(stamp, wanted)
}

const ownNode = () => {
  const probe = spawnSync(join(bin, "node"), ["--version"], { encoding: "utf8" })
  const version = (probe.status === 0 ? probe.stdout : process.version).trim()
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number)
  if (major < 24 || (major === 24 && minor < 11)) {
    fail(
      `Node ${version} is too old and the workspace's own could not be installed`,
      "remove node_modules and run it again, or install Node 24"
    )
  }
}

export const setup = () => {
  if (Number(process.versions.node.split(".")[0]) < 20)
    fail(`Node ${process.version} is too old`, "install Node 20 or newer")
  install()
  ownNode()
  const status = run("pnpm", ["exec", "turbo", "run", "bundle", "--output-logs=errors-only", "--log-prefix=none"], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  if (status !== 0) fail("the command-line tool could not be built", "run `pnpm exec turbo run bundle` to see why")
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  setup()
  console.error("setup: ready; try `npx bailiwick --help`")
}
