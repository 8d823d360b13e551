/** What the command loads: for the hot words nothing but Node's own modules, for all others one bundled file. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Person from "./support/Person.ts"
import * as World from "./support/World.ts"

let world: World.World
let session: string
let hooks: string

beforeAll(async () => {
  world = await World.found()
  session = await world.redeem((await Person.of(world)).lend("claude"))
  // Node's own hook sees every module that is loaded, whoever asks for it and however.
  hooks = world.file(
    "hooks.mjs",
    `import { appendFileSync } from "node:fs"
     import { registerHooks } from "node:module"
     registerHooks({ load: (url, context, next) => {
       appendFileSync(process.env.LOADED, url + "\\n")
       return next(url, context)
     } })`
  )
}, World.patience)
afterAll(() => world.remove())

/** The modules that a command loads, without Node's own; files of the bundle by their names. */
const loads = async (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<ReadonlyArray<string>> => {
  const log = world.file("loaded", "")
  await world.must(args, { env: { ...env, LOADED: log, NODE_OPTIONS: `--import file://${hooks}` } })
  return Fs.readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .filter((url) => !url.startsWith("node:"))
    .map((url) => url.replace(`file://${Path.dirname(world.entry)}/`, ""))
}

describe("the entry", () => {
  it("answers --version alone", async () => {
    assert.deepStrictEqual(await loads(["--version"]), ["bailiwick.js"])
  })

  it("answers a warm credential-process alone, and a cold one with the one bundled file", async () => {
    const words = ["credential-process", "--on", "dev", "--allow", "orders:read"]
    const agent = { BAILIWICK_SESSION: session }
    assert.deepStrictEqual(await loads(words, agent), ["bailiwick.js", "cli.js"])
    assert.deepStrictEqual(await loads(words, agent), ["bailiwick.js"])
  })

  it("starts everything else from one more file, and leaves the bundle for nothing", async () => {
    const agent = { BAILIWICK_SESSION: session }
    for (const [args, env] of [
      [["status"], agent],
      [["run", "--on", "dev", "--", "true"], agent],
      [["audit", "verify"], {}],
      [["delegate", "claude", "--on", "dev", "--allow", "a:b", ...world.signed], {}]
    ] as const) {
      const [first, second, ...more] = await loads(args, env)
      assert.deepStrictEqual([first, second], ["bailiwick.js", "cli.js"], args[0])
      // What only some runs need may lie in a file of its own, beside the others.
      for (const name of more) assert.match(name, /^[\w-]+\.js$/u, args[0])
    }
  })

  it("imports nothing but node's own modules before it has looked at the words", () => {
    const text = Fs.readFileSync(world.entry, "utf8")
    const imported = [...text.matchAll(/^import\b[^"']*["']([^"']+)["']/gmu)].map(([, name]) => name ?? "")
    assert.isNotEmpty(imported)
    for (const name of imported) assert.match(name, /^node:/u)
  })
})
