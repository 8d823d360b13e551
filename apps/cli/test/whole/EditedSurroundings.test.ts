/** An agent that edits what lies around its chain: files, variables, its session's value. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Forge from "./support/Forge.ts"
import * as Person from "./support/Person.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const asking = ["--on", "dev", "--allow", "orders:read"]
const ask = ["run", ...asking, "--", "true"]
const askMore = ["run", "--on", "dev", "--allow", "orders:delete", "--", "true"]

let world: World.World
let person: Person.Person
let session: string

beforeAll(async () => {
  world = await World.found()
  person = await Person.of(world)
  session = await world.redeem(person.lend("claude"))
}, World.patience)
afterAll(() => world.remove())

/** What the command prints for an SDK, and what its token says. */
const credentials = async (who: World.Options, words: ReadonlyArray<string> = asking): Promise<Forge.Payload> =>
  Forge.payload(JSON.parse(await world.must(["credential-process", ...words], who)).token)

const cache = (): string => Path.join(world.store, "cache")

/** The sealed entries and notes of a session, newest last. */
const entriesOf = (value: string): ReadonlyArray<string> =>
  Fs.readdirSync(cache())
    .filter((name) => name.startsWith(Forge.readSession(value).id))
    .map((name) => Path.join(cache(), name))

describe("an agent that edits bailiwick.toml", () => {
  it("gains no action and no target, because only what an owner signed is in force", async () => {
    const path = Path.join(world.home, "bailiwick.toml")
    const before = Fs.readFileSync(path, "utf8")
    Fs.writeFileSync(path, `${before}\n[targets.prod]\nprovider = "oidc"\nprincipal = "urn:acme:prod"\n`)
    await world.must(ask, world.as(session))
    await world.refused(askMore, { exit: 4, message: /orders:delete/u }, world.as(session))
    await world.refused(
      ["run", "--on", "prod", "--", "true"],
      { exit: 2, message: /there is no target "prod"/u },
      world.as(session)
    )
    Fs.writeFileSync(path, before)
  })
})

describe("an agent that sets variables", () => {
  let own: World.World
  const elsewhere = (): Readonly<Record<string, string>> => ({
    XDG_CONFIG_HOME: Path.join(own.home, "config"),
    BAILIWICK_STATE_DIR: Path.join(own.home, "state", "bailiwick"),
    BAILIWICK_PROJECT: World.project
  })
  // A project of the same name in which the agent is the person: it founded it and knows the passphrase.
  beforeAll(async () => {
    own = await World.foundAnother()
  }, World.patience)
  afterAll(() => own.remove())

  it("is a stranger to a store of its own, where its session is not known", async () => {
    await own.must(["status"])
    await world.refused(
      ["whoami"],
      { exit: 3, message: /this store does not know it/u },
      { env: { ...elsewhere(), BAILIWICK_SESSION: session } }
    )
  })

  it("has no use of tokens and sessions of its own store in the person's", async () => {
    const token = await own.lend("claude", "--allow", "*")
    await world.refused(["redeem"], { exit: 3, message: /./u }, { input: token })
    const there = await own.redeem(token)
    await own.must(["whoami"], own.as(there))
    await world.refused(["whoami"], { exit: 3, message: /this store does not know it/u }, world.as(there))
  })

  it("gets nothing from its own issuer that the person's keys would verify", async () => {
    const kid = async (where: World.World, value: string): Promise<string> => {
      const { token } = await where.json(["credential-process", ...asking], where.as(value))
      return JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString()).kid
    }
    const there = await own.redeem(await own.lend("claude"))
    assert.notStrictEqual(await kid(own, there), await kid(world, session))
  })

  it("does not choose the programs that decide: the command runs none from PATH", async () => {
    const bin = Path.join(world.home, "bin")
    const called = Path.join(world.home, "called")
    Fs.mkdirSync(bin)
    const names = ["ps", "id", "tty", "sysctl", "sh", "uname", "hostname", "who", "security", "node", "openssl", "true"]
    for (const name of names) {
      Fs.writeFileSync(Path.join(bin, name), `#!/bin/sh\necho ${name} >> ${called}\n`, { mode: 0o755 })
    }
    await world.must(["whoami"], { env: { PATH: bin, BAILIWICK_SESSION: session } })
    await world.refused(
      askMore,
      { exit: 4, message: /orders:delete/u },
      { env: { PATH: bin, BAILIWICK_SESSION: session } }
    )
    assert.isFalse(Fs.existsSync(called), "a program from PATH was run")
    // The control: a child is looked for there, and is called.
    await world.must(["run", ...asking, "--", "id"], {
      env: { PATH: `${bin}:/bin:/usr/bin`, BAILIWICK_SESSION: session }
    })
    assert.strictEqual(Fs.readFileSync(called, "utf8"), "id\n")
  })
})

describe("an agent that edits the sealed cache", () => {
  it("cannot open an entry of another session under its own name", async () => {
    const other = await world.redeem(person.lend("other"))
    assert.strictEqual((await credentials(world.as(other))).act.sub, "ai:other@acme")
    const its = entriesOf(other)
    assert.isAtLeast(its.length, 2)
    const [mine, theirs] = [session, other].map((value) => Forge.readSession(value).id)
    for (const path of its) Fs.copyFileSync(path, path.replace(theirs ?? "", mine ?? ""))
    assert.strictEqual((await credentials(world.as(session))).act.sub, "ai:claude@acme")
  })

  it("gets the same small token again after any change to an entry, and nothing larger", async () => {
    const before = await credentials(world.as(session))
    assert.strictEqual(before.scope, "orders:read")
    assert.deepStrictEqual(await credentials(world.as(session)), before, "the control: the entry is used")
    for (const path of entriesOf(session)) {
      const bytes = Fs.readFileSync(path)
      for (const at of [40, bytes.length >> 1, bytes.length - 10]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        Fs.writeFileSync(path, changed)
        const { act, exp, scope, sub } = await credentials(world.as(session))
        assert.deepStrictEqual({ act, scope, sub }, { act: before.act, scope: before.scope, sub: before.sub })
        assert.isAtMost(exp, Forge.payload(Forge.read(person.lend("claude")).tokens[0]).exp)
      }
      Fs.writeFileSync(path, bytes)
    }
  })

  it("gets no answer for words that it was not answered before, by renaming the note", async () => {
    const words = ["--on", "dev", "--allow", "orders:delete"]
    await world.refused(["credential-process", ...words], { exit: 4, message: /orders:delete/u }, world.as(session))
    await credentials(world.as(session))
    const note = entriesOf(session).find((path) => path.endsWith(".lease.json")) ?? ""
    const { createHash } = await import("node:crypto")
    const digest = createHash("sha256").update(JSON.stringify(words)).digest("base64url")
    Fs.copyFileSync(note, note.replace(/-[\w-]{43}\.lease/u, `-${digest}.lease`))
    await world.refused(["credential-process", ...words], { exit: 4, message: /orders:delete/u }, world.as(session))
  })

  it("does not undo a revocation by setting the generation file back", async () => {
    const ended = await world.redeem(person.lend("claude"))
    const before = await credentials(world.as(ended))
    const file = Path.join(world.store, "generation")
    const generation = Fs.readFileSync(file)
    await world.must(["revoke", Forge.readSession(ended).id, ...world.signed])
    const message = /this session cannot act: it was revoked/u
    await world.refused(["credential-process", ...asking], { exit: 3, message }, world.as(ended))
    Fs.writeFileSync(file, generation)
    // What it was given before the revocation it may still have, until that dies by itself; nothing is issued anew.
    const again = await world.run(["credential-process", ...asking], world.as(ended))
    if (again.code === 0) assert.deepStrictEqual(Forge.payload(JSON.parse(again.stdout).token), before)
    await world.refused(["credential-process", "--on", "dev"], { exit: 3, message }, world.as(ended))
    await world.refused(ask, { exit: 3, message }, world.as(ended))
    await world.refused(["credential-process", ...asking], { exit: 3, message }, world.as(ended))
  })
})

describe("an agent with a session value", () => {
  const login = (): string =>
    `${Terminal.command(world)} login ${asking.join(" ")} ${world.signed.join(" ")} > /dev/null`

  it("that is dead, empty or nonsense does not fall back to the person who is logged in on its terminal", async () => {
    const dead = await world.redeem(person.lend("claude"))
    await world.must(["whoami"], world.as(dead))
    await world.must(["revoke", Forge.readSession(dead).id, ...world.signed])
    const run = `${Terminal.command(world)} ${ask.join(" ")} && echo RAN`
    const { stdout } = await Terminal.start(
      world,
      `${login()}; ${run}; ${[dead, "", "bw_s_x"].map((value) => `BAILIWICK_SESSION='${value}' ${run}; echo exit $?`).join("; ")}`
    ).ended
    assert.strictEqual(stdout.match(/RAN/gu)?.length, 1, stdout)
    assert.deepStrictEqual(stdout.match(/exit \d+/gu), ["exit 3", "exit 2", "exit 2"], stdout)
    assert.match(stdout, /this session cannot act: it was revoked/u)
  })

  it("that it throws away is nobody beneath run --as, although its person is logged in on the same terminal", async () => {
    const whoami = `${Terminal.command(world)} whoami`
    const as = `${Terminal.command(world)} run --as claude ${asking.join(" ")} -- sh -c`
    const line = `${login()}; ${whoami}; ${as} '${whoami.replaceAll("'", "")}'; ${as} 'unset BAILIWICK_SESSION; ${whoami.replaceAll("'", "")}'`
    const { stdout } = await Terminal.start(world, line).ended
    const [asPerson = "", asAgent = "", asNobody = ""] = stdout.split(/(?=project)|(?=bailiwick: )/u)
    assert.match(asPerson, /human +you@example\.com/u, stdout)
    assert.match(asAgent, /agent +ai:claude@acme/u, stdout)
    assert.match(asNobody, /^bailiwick: nobody is logged in on this terminal/u, stdout)
  })

  it.each([
    ["names another place for what runs", "XDG_RUNTIME_DIR=$HOME"],
    ["names none", "XDG_RUNTIME_DIR="],
    ["names a place that is none", "XDG_RUNTIME_DIR=/nonexistent"],
    ["drops all but what it must have", 'env -i PATH="$PATH" HOME="$HOME" XDG_STATE_HOME="$XDG_STATE_HOME"'],
    ["leads away from the state", "BAILIWICK_STATE_DIR=$XDG_STATE_HOME/bailiwick/../bailiwick"]
  ])("that it throws away is nobody beneath run --as, also where the environment %s", async (_, changed) => {
    const inside = (line: string) =>
      `${Terminal.command(world)} run --as claude ${asking.join(" ")} -- sh -c "${line.replaceAll(/["$]/gu, "\\$&")}"`
    const whoami = `${Terminal.command(world)} whoami`
    const line = `${login()}; ${changed} ${whoami}; ${inside(`unset BAILIWICK_SESSION; ${changed} ${whoami}`)}`
    const { stdout } = await Terminal.start(world, line).ended
    const [asPerson = "", asNobody = ""] = stdout.split(/(?=project)|(?=bailiwick: )/u)
    assert.match(asPerson, /human +you@example\.com/u, `the control: ${stdout}`)
    assert.match(asNobody, /^bailiwick: nobody is logged in on this terminal/u, stdout)
  })

  it("of another agent's id and its own seed is refused", async () => {
    const other = Forge.readSession(await world.redeem(person.lend("other")))
    const own = Forge.readSession(session)
    const message = /the key does not belong to it/u
    await world.refused(["whoami"], { exit: 3, message }, world.as(Forge.sessionValue(other.id, own.key.seed)))
    await world.refused(ask, { exit: 3, message }, world.as(Forge.sessionValue(other.id, own.key.seed)))
    const control = Bailiwick.succeeded(
      await world.run(["whoami"], world.as(Forge.sessionValue(own.id, own.key.seed))),
      "whoami"
    )
    assert.match(control, /ai:claude@acme/u)
  })
})
