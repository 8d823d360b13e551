import * as Fs from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, it } from "vitest"
import * as Script from "./Script.ts"
import * as World from "./whole/support/World.ts"

const directory = fileURLToPath(new URL("scripts", import.meta.url))
/** Milliseconds; a script starts dozens of processes, and derives keys as slowly as the real thing. */
const patience = 240_000

const scripts = Fs.readdirSync(directory).filter((name) => name.endsWith(".txt"))

describe("the command does what its scripts say", () => {
  let founded: World.World
  const copies: Array<World.World> = []
  beforeAll(async () => {
    founded = await World.found()
  }, patience)
  afterAll(() => {
    for (const world of [founded, ...copies]) world.remove()
  })

  it.each(scripts)("%s", { timeout: patience }, async (name) => {
    // Each script has a home of its own: project acme, its owner's identity, the enrolled agents claude and other.
    const world = founded.copy()
    copies.push(world)
    const bin = Path.join(world.home, "bin")
    Fs.mkdirSync(bin)
    Fs.writeFileSync(Path.join(bin, "bailiwick"), `#!/bin/sh\nexec '${process.execPath}' '${world.entry}' "$@"\n`, {
      mode: 0o700
    })
    const env = { ...world.env, PATH: `${bin}:${world.env.PATH}`, PASS: world.secrets.passphrase }
    await Script.run(Path.join(directory, name), { directory: world.home, env })
  })
})
