/**
 * The whole story with secrets that are known, and a search for them: in what the commands say, in the process list, in
 * the environments of children, in every file, in the log and its exports.
 */
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import type * as Bailiwick from "./support/Bailiwick.ts"
import * as Forge from "./support/Forge.ts"
import * as Person from "./support/Person.ts"
import { Secrets } from "./support/Secrets.ts"
import * as Store from "./support/Store.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const places = ["state", "config", "run"]
const grant = ["--on", "dev", "--allow", "orders:read"]

let world: World.World
const secrets = new Secrets()
/** Everything that any command said on stderr, and on stdout where that is not the secret itself. */
const said: Array<string> = []
let stop: () => ReadonlyArray<string>

/** Says it once as text and once as JSON; `shows` names the secrets that stdout is there to hand over. */
const both = async (
  args: ReadonlyArray<string>,
  options: World.Options = {},
  shows?: (stdout: string) => void
): Promise<void> => {
  for (const more of [[], ["--json"]]) {
    const words = args.includes("--") ? args.toSpliced(args.indexOf("--"), 0, ...more) : [...args, ...more]
    note(words, await world.run(words, options), shows)
  }
}

const note = (
  args: ReadonlyArray<string>,
  { stderr, stdout }: Bailiwick.Ended,
  shows?: (stdout: string) => void
): void => {
  const before = secrets.names
  shows?.(stdout)
  // The same credentials may be handed over twice; of everything else only what was not known yet.
  const others = secrets.in(stdout).filter((name) => before.includes(name) && !name.startsWith("JWT"))
  assert.deepStrictEqual(others, [], args.join(" "))
  said.push(`${args.join(" ")}: ${stderr}${shows === undefined ? stdout : ""}`)
}

const handsOverToken = (stdout: string): void => {
  const [text = ""] = /bw_db?_[\w-]+/u.exec(stdout) ?? []
  const token = Forge.read(text)
  if (token.holder_seed !== undefined) secrets.text(`bearer token ${secrets.names.length}`, text)
  if (token.holder_seed !== undefined) secrets.bytes(`holder seed ${secrets.names.length}`, Forge.holder(token).seed)
}

const handsOverSession = (stdout: string): string => {
  const [value = ""] = /bw_s_[\w+/=]+/u.exec(stdout) ?? []
  secrets.text(`session value ${secrets.names.length}`, value)
  secrets.bytes(`session seed ${secrets.names.length}`, Forge.readSession(value).key.seed)
  return value
}

const handsOverJwt = (stdout: string): void => {
  const [jwt = ""] = /ey[\w-]+\.ey[\w-]+\.[\w-]+/u.exec(stdout) ?? []
  assert.notStrictEqual(jwt, "", stdout)
  secrets.text(`JWT ${secrets.names.length}`, jwt)
}

beforeAll(async () => {
  world = await World.found()
  const { passphrase, seed, words } = world.secrets
  secrets.text("passphrase", passphrase)
  secrets.text("recovery words", words)
  secrets.bytes("identity seed", Redacted.value(seed))
  const agentKey = JSON.parse(Fs.readFileSync(Path.join(world.config, "agents/acme/claude.json"), "utf8"))
  secrets.bytes("agent key", Buffer.from(agentKey.seed, "base64url"))
  secrets.bytes(
    "master key",
    Buffer.from(Fs.readFileSync(Path.join(world.store, "master.key"), "utf8").trim(), "base64url")
  )
  for (const { jws } of Store.read(world, (rows) => rows("SELECT jws FROM records WHERE kind = 'delegation'"))) {
    const record = Forge.payload(String(jws))
    secrets.bytes(`delegation key of ${record.agent}`, Forge.delegationKey(Redacted.value(seed), record).seed)
  }
  stop = secrets.watchProcesses()
}, World.patience)
afterAll(() => world.remove())

describe("the story of secrets", () => {
  it("is told in text and in JSON, and in mistakes", async () => {
    const person = await Person.of(world)
    await both(["delegate", "claude", "--bearer", ...grant, ...world.signed], {}, handsOverToken)
    await both(["delegate", "claude", ...grant, ...world.signed])
    const sessions: Array<string> = []
    for (const more of [[], ["--json"]]) {
      const input = person.lend("claude")
      handsOverToken(input)
      note(
        ["redeem"],
        await world.run(["redeem", ...more], { input }),
        (stdout) => void sessions.push(handsOverSession(stdout))
      )
      note(["redeem", "again"], await world.run(["redeem", ...more], { input }))
    }
    const agent = world.as(sessions[0] ?? "")
    await both(["credential-process", ...grant], agent, handsOverJwt)
    await both(["export", ...grant, "--tag", "n=1"], agent, handsOverJwt)
    await both(["delegate", "claude/tests", "--bearer", ...grant], agent, handsOverToken)
    for (const args of [
      ["whoami"],
      ["status"],
      ["explain", ...grant],
      ["sessions", "list"],
      ["sessions", "list", "--auth"],
      ["doctor"]
    ])
      await both(args, agent)
    for (const args of [
      ["audit", "show"],
      ["audit", "verify"],
      ["agent", "list"],
      ["project", "show"],
      ["status"],
      ["doctor"]
    ])
      await both(args)
    await both(["inspect"], { input: sessions[0] ?? "" })
    await both(["inspect"], { input: person.lend("claude") })

    const [token, session] = [person.lend("other"), sessions[1] ?? ""]
    handsOverToken(token)
    const wrong = world.file("wrong", "planted-wrong-passphrase")
    secrets.text("wrong passphrase", "planted-wrong-passphrase")
    const debug = { BAILIWICK_DEBUG: "1" }
    await both(["delegate", "claude", ...grant, "--passphrase-file", wrong], { env: debug })
    await both(["redeem"], { input: `${token}x`, env: debug })
    await both(["redeem"], { input: token.slice(0, -9), env: debug })
    await both(["redeem"], { input: session, env: debug })
    await both(["whoami"], { env: { ...debug, BAILIWICK_SESSION: token } })
    await both(["whoami"], { env: { ...debug, BAILIWICK_SESSION: `${session}x` } })
    await both(["whoami"], { env: { ...debug, BAILIWICK_PROJECT: token } })
    await both(["run", "--on", "dev", "--allow", "orders:delete", "--", "true"], {
      env: { ...debug, BAILIWICK_SESSION: session }
    })
    await both(
      [
        "delegate",
        "claude",
        ...grant,
        "--policy-file",
        world.file("policy", world.secrets.passphrase),
        ...world.signed
      ],
      { env: debug }
    )
    const terminal = `${Terminal.command(world)} login ${grant.join(" ")} ${world.signed.join(" ")}; ${Terminal.command(world)} run ${grant.join(" ")} -- true`
    note(["login"], await Terminal.start(world, terminal).ended)
    assert.isAbove(said.length, 40)
  })

  it("shows a secret on no stream but the stdout that hands it over", () => {
    for (const text of said) assert.deepStrictEqual(secrets.in(text), [], text)
    assert.include(secrets.in(`bailiwick: ${world.secrets.passphrase}`), "passphrase", "the control")
  })

  it("gives a child what is delivered and nothing else, and keeps it in no file but the child's own", async () => {
    const agent = world.as(handsOverSession(await world.redeem((await Person.of(world)).lend("claude"))))
    const dump = `env > ${world.home}/env; cat $BAILIWICK_TOKEN_FILE > ${world.home}/file; ps axww -o args > ${world.home}/ps; touch ${world.home}/ready; while [ ! -e ${world.home}/over ]; do sleep 0.05; done`
    const run = world.start(["run", ...grant, "--deliver", "env,file,endpoint", "--", "sh", "-c", dump], {
      env: { ...agent.env, AWS_SECRET_ACCESS_KEY: "planted-cloud-key", BAILIWICK_PASSPHRASE: "planted-variable" }
    })
    while (!Fs.existsSync(Path.join(world.home, "ready"))) await setTimeout(20)
    const env = Fs.readFileSync(Path.join(world.home, "env"), "utf8")
    assert.deepStrictEqual(secrets.in(env), [])
    assert.notMatch(env, /planted-cloud-key|planted-variable|BAILIWICK_SESSION|BAILIWICK_PASSPHRASE/u)
    handsOverJwt(env)
    const [, authorization = ""] = /BAILIWICK_TOKEN_AUTHORIZATION=Bearer (\S+)/u.exec(env) ?? []
    secrets.text("endpoint secret", authorization)
    assert.strictEqual(
      secrets.in(Fs.readFileSync(Path.join(world.home, "file"))).length,
      1,
      "the control: the file holds the token"
    )
    assert.deepStrictEqual(secrets.in(Fs.readFileSync(Path.join(world.home, "ps"))), [])
    const [jwt = ""] = secrets.names.filter((name) => name.startsWith("JWT")).slice(-1)
    assert.deepStrictEqual(
      secrets.inFiles(world.home, ["run"]).map((line) => line.replace(/bailiwick\/[\w.-]+\//u, "")),
      [`${jwt} in run/token`]
    )
    Fs.writeFileSync(Path.join(world.home, "over"), "")
    assert.strictEqual((await run.ended).code, 0)
    assert.deepStrictEqual(secrets.inFiles(world.home, ["run"]), [])
  })

  it("leaves each secret in the file that the formats name for it, and in no other", async () => {
    // The person's session on a terminal is the one whose key stays, until logout.
    const [name = ""] = Fs.readdirSync(Path.join(world.store, "sessions"))
    secrets.bytes(
      "session seed of the terminal",
      Buffer.from(JSON.parse(Fs.readFileSync(Path.join(world.store, "sessions", name), "utf8")).seed, "base64url")
    )
    assert.deepStrictEqual(secrets.inFiles(world.home, places), [
      "agent key in config/bailiwick/agents/acme/claude.json",
      "master key in state/bailiwick/acme/master.key",
      `session seed of the terminal in state/bailiwick/acme/sessions/${name}`
    ])
    const planted = Path.join(world.store, "planted")
    Fs.writeFileSync(planted, `x${Buffer.from(Redacted.value(world.secrets.seed)).toString("hex")}`)
    assert.include(secrets.inFiles(world.home, places), "identity seed in state/bailiwick/acme/planted", "the control")
    Fs.rmSync(planted)
  })

  it("puts none into the log or an export of any format", async () => {
    for (const format of ["jsonl", "ocsf", "csv"]) {
      const path = Path.join(world.home, `log.${format}`)
      await world.must(["audit", "export", "--format", format, "--output", path])
      const text = Fs.readFileSync(path, "utf8")
      assert.include(text, "token.redeemed")
      assert.deepStrictEqual(secrets.in(text), [])
    }
    assert.deepStrictEqual(secrets.in(Store.lines(world).join("\n")), [])
  })

  it("put none into any command line while it was told", async () => {
    assert.deepStrictEqual(stop(), [])
    const look = secrets.watchProcesses()
    await Terminal.start(world, `sleep 0.2; : ${world.secrets.passphrase}`).ended
    assert.isNotEmpty(look(), "the control")
  })
})
