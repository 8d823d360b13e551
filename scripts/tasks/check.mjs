// What a reviewer would run: types, diagnostics, lint, format, unused code, and a changeset for what changed.
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { root, run } from "../setup.mjs"

const rooms = ["packages", "apps", "tooling"]
  .flatMap((folder) => readdirSync(`${root}${folder}`).map((room) => `${folder}/${room}`))
  .filter((room) => room !== "tooling/typescript")

const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" })

/** Behaviour changes travel with a changeset; a branch equal to its base owes none. */
const changeset = () => {
  const base = git("rev-parse", "--verify", "--quiet", "origin/main").stdout.trim()
  if (base === "" || base === git("rev-parse", "HEAD").stdout.trim()) return 0
  const changed = git("diff", "--name-only", "--diff-filter=ACMR", `${base}...HEAD`).stdout.split("\n")
  const owes = changed.some((file) => /^(packages|apps)\/[^/]+\/(src|bin)\//.test(file))
  if (!owes || changed.some((file) => /^\.changeset\/(?!README).*\.md$/.test(file))) return 0
  console.error("check: code changed and no changeset tells of it\nhint: pnpm exec changeset")
  return 1
}

const steps = [
  ["types", () => run("tsc", ["-b"]) || run("tsc", ["-p", "tsconfig.tests.json"])],
  [
    "diagnostics",
    () => Math.max(...rooms.map((room) => run("effect-tsgo", ["diagnostics", "--project", `${room}/tsconfig.json`])))
  ],
  ["lint", () => run("oxlint", ["--deny-warnings"])],
  ["format", () => run("oxfmt", ["--check"])],
  ["unused code", () => run("knip", [])],
  ["changeset", changeset]
]

const failed = steps
  .filter(([name, step]) => {
    console.error(`check: ${name}`)
    return step() !== 0
  })
  .map(([name]) => name)

if (failed.length > 0) {
  console.error(`check: failed: ${failed.join(", ")}`)
  process.exit(1)
}
console.error("check: all good")
