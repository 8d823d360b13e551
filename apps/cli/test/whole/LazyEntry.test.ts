/** What the command loads: for the hot words nothing but Node's own modules, for all others one bundled file. */
import * as Fs from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Loaded from "./support/Loaded.ts"
import * as Person from "./support/Person.ts"
import * as World from "./support/World.ts"

let world: World.World
let session: string

beforeAll(async () => {
  world = await World.found()
  session = await world.redeem((await Person.of(world)).lend("claude"))
}, World.patience)
afterAll(() => world.remove())

const loads = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => Loaded.by(world, args, env)

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

  it("serves a child of a token's target with the endpoint alone, and loads nothing of any cloud", async () => {
    assert.deepStrictEqual(await loads(["run", "--on", "dev", "--", "true"], { BAILIWICK_SESSION: session }), [
      "bailiwick.js",
      "cli.js",
      "LoopbackEndpoint.js"
    ])
  })

  it("imports nothing but node's own modules before it has looked at the words", () => {
    const text = Fs.readFileSync(world.entry, "utf8")
    const imported = [...text.matchAll(/^import\b[^"']*["']([^"']+)["']/gmu)].map(([, name]) => name ?? "")
    assert.isNotEmpty(imported)
    for (const name of imported) assert.match(name, /^node:/u)
  })
})
