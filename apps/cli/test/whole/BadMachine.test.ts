/** State and machines that are not as they should be: one clear line, a hint, the documented code, and no change. */
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Forge from "./support/Forge.ts"
import * as Machine from "./support/Machine.ts"
import * as Person from "./support/Person.ts"
import * as Store from "./support/Store.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

let world: World.World
let person: Person.Person

beforeEach(async () => {
  world = await World.found()
  person = await Person.of(world)
}, World.patience)
afterEach(() => world.remove())

const grant = ["--on", "dev", "--allow", "orders:read"]
const inStore = (name: string): string => Path.join(world.store, name)

/** Every command that opens the store says the same, and leaves each byte of it where it was. */
const refuseAll = async (refusal: Bailiwick.Refusal): Promise<void> => {
  const before = Store.files(world.store)
  const input = { input: "bw_d_" }
  for (const [args, options] of [
    [["status"], {}],
    [["delegate", "claude", ...grant, ...world.signed], {}],
    [["audit", "verify"], {}]
  ] as const) {
    await world.refused(args, refusal, { ...input, ...options })
  }
  assert.deepStrictEqual(Store.files(world.store), before)
}

describe("a damaged database", () => {
  const damage = (change: (bytes: Buffer) => Buffer): void => {
    new DatabaseSync(inStore("store.db"), { timeout: 10_000 }).exec("PRAGMA wal_checkpoint(TRUNCATE)")
    for (const name of ["store.db-wal", "store.db-shm"]) Fs.rmSync(inStore(name), { force: true })
    Fs.writeFileSync(inStore("store.db"), change(Fs.readFileSync(inStore("store.db"))))
  }

  it.for<readonly [name: string, change: (bytes: Buffer) => Buffer]>([
    ["of random bytes", (bytes) => randomBytes(bytes.length)],
    ["of nothing", () => Buffer.alloc(0)],
    ["whose pages are random", (bytes) => Buffer.concat([bytes.subarray(0, 100), randomBytes(bytes.length - 100)])],
    ["that is cut off in its first page", (bytes) => bytes.subarray(0, 1000)],
    ["that is cut off in the middle", (bytes) => bytes.subarray(0, 8192)]
  ])("%s is refused and left as it is", async ([, change]) => {
    damage(change)
    await refuseAll({ exit: 9, message: /damaged|no store/u, hint: /backup/u })
  })

  it("that was only closed is opened, which is the control", async () => {
    damage((bytes) => bytes)
    await world.must(["status"])
  })
})

describe("a damaged file beside it", () => {
  it.for([
    ["generation", "many\n", /generation holds no generation/u],
    ["master.key", "short\n", /master\.key holds no master key/u],
    ["master.key", undefined, /master\.key is missing/u]
  ] as const)("%s is named", async ([name, content, message]) => {
    if (content === undefined) Fs.rmSync(inStore(name))
    else Fs.writeFileSync(inStore(name), content)
    await refuseAll({ exit: 9, message })
  })

  it("of this user, the pin or an agent's key, is named", async () => {
    const token = await world.must(["delegate", "claude", ...grant, ...world.signed])
    const key = Path.join(world.config, "agents", World.project, "claude.json")
    Fs.writeFileSync(key, "{}")
    await Store.unchanged(world, () =>
      world.refused(
        ["redeem"],
        { exit: 9, message: /claude\.json does not hold what belongs there/u },
        { input: token }
      )
    )
    Fs.writeFileSync(Path.join(world.config, "projects", `${World.project}.json`), "{}")
    await world.refused(["status"], { exit: 9, message: /acme\.json does not hold what belongs there/u })
  })
})

describe("a state directory", () => {
  const exposed: ReadonlyArray<readonly [name: string, path: () => string, mode: number, right: string]> = [
    ["that others may enter", () => world.store, 0o755, "700"],
    ["whose database others may read", () => inStore("store.db"), 0o644, "600"],
    ["whose master key others may read", () => inStore("master.key"), 0o640, "600"]
  ]
  it.for(exposed)("%s is refused with the chmod to run, and taken once it has run", async ([, path, mode, right]) => {
    Fs.chmodSync(path(), mode)
    const hint = new RegExp(`^hint: (chmod ${right} \\S+)$`, "u")
    await refuseAll({ exit: 9, message: /may be (read|entered)/u, hint })
    const { stderr } = await world.run(["status"])
    const [, command = ""] = hint.exec(stderr.trimEnd().split("\n")[1] ?? "") ?? []
    execFileSync("sh", ["-c", command])
    await world.must(["status"])
  })

  it("that cannot be one is refused", async () => {
    const file = world.file("file", "")
    for (const place of [Path.join(file, "state"), "/proc/bailiwick"]) {
      const env = { BAILIWICK_STATE_DIR: place }
      const message = /\/(file|proc)\b/u
      await world.refused(
        ["init", "--project", "new", "--member", World.human, ...world.signed],
        { exit: 9, message },
        { env }
      )
    }
    await world.refused(
      ["status"],
      { exit: 9, message: /no absolute path/u },
      { env: { BAILIWICK_STATE_DIR: "state" } }
    )
  })

  it("that its user may not write is refused and left as it is", async () => {
    const session = await world.redeem(person.lend("claude"))
    const entry = Path.join(world.home, "bundle")
    Fs.cpSync(Path.dirname(world.entry), entry, { recursive: true })
    const user = new World.World(Path.join(entry, "bailiwick.js"), world.home, world.secrets)
    const ask = () => Machine.asUser(user, ["run", ...grant, "--", "true"], { BAILIWICK_SESSION: session })
    Bailiwick.succeeded(await ask(), "the control")
    for (const name of Fs.readdirSync(world.store))
      Fs.chmodSync(inStore(name), Fs.statSync(inStore(name)).isDirectory() ? 0o500 : 0o400)
    Fs.chmodSync(world.store, 0o500)
    const before = Store.files(world.store)
    Bailiwick.refused(await ask(), { exit: 9, message: /not permitted|may not be written|cannot be opened/u })
    assert.deepStrictEqual(Store.files(world.store), before)
    Fs.chmodSync(world.store, 0o700)
  })
})

describe("a full disk", () => {
  it("redeems, issues and revokes nothing, and says that there is no space", async () => {
    const session = await world.redeem(person.lend("claude"))
    const token = person.lend("claude")
    for (const [args, env] of [
      [["redeem"], {}],
      [["run", ...grant, "--", "echo", "credentials"], { BAILIWICK_SESSION: session }],
      [["revoke", Forge.readSession(session).id, ...world.signed], {}]
    ] as const) {
      await Store.unchanged(world, async () =>
        Bailiwick.refused(Machine.onFullDisk(world, args, env, token), {
          exit: 9,
          message: /no space left/u,
          hint: /free some space/u
        })
      )
    }
    await world.redeem(token)
    await world.must(["whoami"], world.as(session))
  })
})

describe("a clock that was set back", () => {
  it("redeems and issues nothing more than two minutes behind, but reads and ends", async () => {
    const token = person.lend("claude")
    const session = await world.redeem(person.lend("claude"))
    await world.must(["run", ...grant, "--", "true"], {
      env: { ...Machine.clock(world, 100), BAILIWICK_SESSION: session }
    })
    await world.must(["run", ...grant, "--", "true"], world.as(session))
    await world.must(["run", ...grant, "--", "true"], {
      env: { ...Machine.clock(world, 600), BAILIWICK_SESSION: session }
    })
    const refusal = { exit: 9, message: /the clock says \S+, and this store has already seen/u, hint: /clock-reset/u }
    await Store.unchanged(world, () =>
      world.refused(["run", ...grant, "--tag", "a=b", "--", "true"], refusal, world.as(session))
    )
    await Store.unchanged(world, () => world.refused(["redeem"], refusal, { input: token }))
    await world.must(["whoami"], world.as(session))
    await world.must(["revoke", "--mine"], world.as(session))
  })
})

describe("another terminal", () => {
  it("has no use of a person's session, nor of its key from the file", async () => {
    const ask = ["credential-process", ...grant]
    const login = `${Terminal.command(world)} login ${grant.join(" ")} ${world.signed.join(" ")} > /dev/null`
    const whoami = `${Terminal.command(world)} whoami`
    const first = Terminal.start(
      world,
      `${login} && ${whoami}; touch ready; while [ ! -e value ]; do sleep 0.05; done; ` +
        `BAILIWICK_SESSION="$(cat value)" ${Terminal.command(world)} ${ask.join(" ")} > asked; touch done; ` +
        `while [ ! -e over ]; do sleep 0.05; done; ${whoami}`
    )
    while (!Fs.existsSync(Path.join(world.home, "ready"))) await setTimeout(20)
    const [name = ""] = Fs.readdirSync(inStore("sessions"))
    const { id, seed } = JSON.parse(Fs.readFileSync(inStore(`sessions/${name}`), "utf8"))
    const value = Forge.sessionValue(id, Buffer.from(seed, "base64url"))
    const second = await Terminal.start(
      world,
      `${whoami}; echo exit $?; BAILIWICK_SESSION='${value}' ${whoami}; echo exit $?`
    ).ended
    assert.match(second.stdout, /nobody is logged in on this terminal\r\nhint: \S.*\r\nexit 3\r\n/u)
    assert.match(second.stdout, /it was opened on another terminal\r\nhint: \S.*\r\nexit 3\r\n/u)
    await world.refused(["whoami"], { exit: 3, message: /opened on another terminal/u }, world.as(value))
    // Nor of what its own terminal has been given under the very same words.
    Fs.writeFileSync(Path.join(world.home, "value"), value)
    while (!Fs.existsSync(Path.join(world.home, "done"))) await setTimeout(20)
    assert.include(Fs.readFileSync(Path.join(world.home, "asked"), "utf8"), '"version":1')
    await world.refused(ask, { exit: 3, message: /opened on another terminal/u }, world.as(value))
    Fs.writeFileSync(Path.join(world.home, "over"), "")
    const { stdout } = await first.ended
    assert.strictEqual(stdout.match(/human +you@example\.com/gu)?.length, 2, `the control: ${stdout}`)
  })
})

describe("two processes at once", () => {
  it("make and enrol one thing, and tell the other that it is there", async () => {
    const pair = async (args: ReadonlyArray<string>, message: RegExp): Promise<void> => {
      const ends = await Promise.all([world.run(args), world.run(args)])
      const late = ends.filter(({ code }) => code !== 0)
      assert.strictEqual(late.length, 1, ends.map(({ stderr }) => stderr).join(""))
      for (const ended of late) Bailiwick.refused(ended, { exit: ended.code === 9 ? 9 : 2, message })
    }
    await pair(["agent", "keygen", "third"], /has a key on this machine already/u)
    await pair(["agent", "add", "third", ...world.signed], /is a member already|first|another process/u)
    await world.must(["audit", "verify"])
  })

  it("wait for each other, and tell when one holds the store beyond all patience", async () => {
    // In a process of its own: whoever reads a file of the store in this one would let go of its locks (fcntl(2)).
    const held = `const { DatabaseSync } = require("node:sqlite")
      new DatabaseSync(${JSON.stringify(inStore("store.db"))}, { timeout: 10000 }).exec("BEGIN IMMEDIATE")
      console.log("held")
      setInterval(() => {}, 1000)`
    const other = Bailiwick.start(process.execPath, ["-e", held], { cwd: world.home, env: world.env })
    await new Promise((resolve) => other.child.stdout?.once("data", resolve))
    const input = person.lend("claude")
    await Store.unchanged(world, () =>
      world.refused(["redeem"], { exit: 9, message: /held by another process/u, hint: /try again/u }, { input })
    )
    other.child.kill("SIGKILL")
    await other.ended
    await world.redeem(input)
  })
})
