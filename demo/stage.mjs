// The stage of the demo: a temporary home for everything, and a way to run commands that shows them as they are typed.
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../node_modules/.bin/bailiwick", import.meta.url))
const paint = (code, text) => (process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text)

export const home = mkdtempSync(join(tmpdir(), "bailiwick-demo-"))
process.on("exit", () => rmSync(home, { recursive: true, force: true }))
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130))

for (const place of ["config", "state", "run"]) mkdirSync(join(home, place), { mode: 0o700 })

/** The environment of a person; an agent's has its session besides. Nothing of the caller's own Bailiwick is touched. */
const environment = (extra) => ({
  PATH: process.env.PATH,
  HOME: home,
  XDG_CONFIG_HOME: join(home, "config"),
  XDG_STATE_HOME: join(home, "state"),
  XDG_RUNTIME_DIR: join(home, "run"),
  ...extra
})

/** A file that only its owner may read. */
export const secretFile = (name, content) => {
  const path = join(home, name)
  writeFileSync(path, content, { mode: 0o600, flag: "wx" })
  return path
}

let chapters = 0
export const chapter = (title) => console.log(`\n${paint("1", `${++chapters}. ${title}`)}`)
export const say = (text) => console.log(paint("2", `   ${text}`))

const indent = (text) =>
  text
    .replace(/\s+$/, "")
    .split("\n")
    .map((line) => `   ${line}`)
    .join("\n")

/**
 * Starts `bailiwick` and shows the line as typed. Gives back the process, its output as it grows, and its end.
 * What goes to stdin or comes out as a secret is passed on and never shown.
 */
export const start = (args, { env = {}, input, secret = false } = {}) => {
  console.log(
    `\n   ${paint("36", `$ bailiwick ${args.map((arg) => (/^[\w@%+=:,./*-]+$/.test(arg) ? arg : `'${arg}'`)).join(" ")}`)}`
  )
  const child = spawn(bin, args, {
    cwd: home,
    env: environment(env),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"]
  })
  const output = { stdout: "", stderr: "" }
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8")
    child[stream].on("data", (text) => {
      output[stream] += text
      if (stream === "stdout" && secret) return
      const shown = indent(text)
      if (shown.trim() !== "") console.log(shown)
    })
  }
  child.stdin?.end(input)
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code: code ?? signal, ...output }))
  })
  return { child, output, ended }
}

/** Runs to the end and insists on the exit code: the demo fails rather than tell a story that did not happen. */
export const bailiwick = async (args, { expect = 0, ...options } = {}) => {
  const { code, stdout, stderr } = await start(args, options).ended
  if (code !== expect) throw new Error(`bailiwick ${args.join(" ")} ended with ${code}, not ${expect}\n${stderr}`)
  if (expect !== 0) say(`(refused, exit code ${code})`)
  if (options.secret) say("(a secret: not shown)")
  return { stdout, stderr }
}

/** Waits until `test` holds for what a started command has printed. */
export const until = async (output, test, what) => {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (test(output.stdout)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`waited in vain for ${what}`)
}

export const check = (condition, what) => {
  if (!condition) throw new Error(`the demo expected: ${what}`)
}
