/** What people read of an AWS that ends what was lent, or does not: each line says what holds, and what to do next. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Driven from "./support/Driven.ts"
import * as RecordText from "./support/RecordText.ts"
import * as World from "./support/World.ts"

const { read } = AwsWorld

let world: AwsWorld.AwsWorld
let role: string
/** The login of somebody who may write no denial on the role. */
let powerless: AwsWorld.Variables
const runs: Array<Driven.Driven> = []

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    aws.put("acme", "team/x", "hello")
    const settings = { ...RecordText.at(aws.url), revoke: "role-policy" }
    role = aws.role({ name: "agent" })
    return { targets: { dev: RecordText.oidc(), cloud: RecordText.aws(role, aws.url, settings) } }
  })
  const reader = world.aws.user(
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}'
  )
  powerless = { ...world.login, ...AwsWorld.keyOf(reader) }
}, World.patience)
afterAll(() => world.close())
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.end()))
})

/** A run of an agent's that holds credentials. */
const started = async (agent: string) => {
  const env = await world.agent(read, agent)
  const run = Driven.run(world, read, env)
  runs.push(run)
  assert.match((await run.step("get team/x")).key, /^ASIA/u)
  const [{ id }] = (await world.json(["sessions", "list", "--limit", "1"], { env })).sessions
  return { run, id, env }
}

/** As the person, by passphrase. */
const signed = (args: ReadonlyArray<string>, env = world.login) => world.run([...args, ...world.signed], { env })

describe("a delegation that is revoked", { timeout: World.patience }, () => {
  it("says how each cloud ended, what lives on in the list, and what tries it once more", async () => {
    const { id } = await started("claude")
    const failed = await signed(["delegations", "revoke", "claude"], powerless)
    assert.strictEqual(failed.code, 8, failed.stderr)
    assert.match(failed.stdout, /^ended: beneath it \d+ sessions? and \d+ credential sessions? are over\n/u)
    assert.match(failed.stdout, new RegExp(`^${id}  .* \\(good until \\S+Z\\)$`, "mu"))
    assert.match(failed.stderr, /^hint: .*iam:PutRolePolicy.*; then revoke .* again: bailiwick revoke ID$/mu)

    const row = async () => {
      const { stderr, stdout } = await signed(["sessions", "list"])
      return { stderr, line: stdout.split("\n").find((line) => line.startsWith(id)) ?? "" }
    }
    const alive = await row()
    assert.match(alive.line, /  revoked, still valid  /u)
    assert.match(alive.stderr, /^still valid: .*bailiwick sessions show ID$/mu)
    assert.strictEqual((await signed(["revoke", id])).code, 0)
    const dead = await row()
    assert.match(dead.line, /  revoked  /u)
    assert.notInclude(dead.stderr, "still valid")
    // The whole command stands in the record; a row shows where it was cut.
    assert.match(dead.line, /…$/u)
  })

  it("tells the run and its child whom to ask for what", async () => {
    const { run } = await started("other")
    const { stdout } = await signed(["delegations", "rotate", "other"])
    assert.match(
      stdout,
      /^rotated: beneath it 1 session and 1 credential session are over\n.*the role denies the session/u
    )
    const next =
      /this session cannot act: .*; ask you@example\.com for a new delegation token, then start the command again/u
    const { Code, Message } = await run.step("ask")
    assert.strictEqual(Code, "session-unusable")
    assert.match(Message, next)
    assert.match(
      (await run.end()).stderr,
      new RegExp(`^bailiwick: warning: no more credentials .*${next.source}$`, "mu")
    )
  })
})

describe("a credential session that is revoked", { timeout: World.patience }, () => {
  it("says that the command can be started again, for its authority stands", async () => {
    const { env, id, run } = await started("other")
    await world.must(["revoke", id], { env })
    const { Code, Message } = await run.step("ask")
    assert.strictEqual(Code, "revoked")
    assert.strictEqual(Message, `credential session ${id} has ended: revoked; start the command again for a new one`)
    await world.must(["run", ...read, "--", "true"], { env })
  })
})

describe("a run whose end AWS does not take", { timeout: World.patience }, () => {
  it("says until when its credentials live and what to do, and ends with its child's code", async () => {
    const end = () =>
      world.run(["run", ...read, ...world.signed, "--", process.execPath, "-e", "process.exit(7)"], {
        env: world.login
      })
    const inline = world.aws.world.roles.get(role)?.inline
    inline?.set(
      "bailiwick-revoked",
      '{"Version":"2012-10-17","Statement":{"Sid":"Theirs","Effect":"Deny","Action":"s3:*","Resource":"*"}}'
    )
    const failed = await end()
    inline?.clear()
    assert.strictEqual(failed.code, 7)
    assert.match(
      failed.stderr,
      /^bailiwick: warning: the cloud did not end the credentials of this run: .*\(good until \S+Z\); look at the role's inline policy .*\n$/u
    )
    assert.deepInclude(await end(), { code: 7, stderr: "" })
  })
})

describe("a run inside a run", { timeout: World.patience }, () => {
  it("says that the broker's login is out of reach there, and what can be used", async () => {
    const words = ["run", ...read, ...world.signed, "--"]
    const { code, stderr } = await world.run([...words, process.execPath, world.entry, ...words, "true"], {
      env: world.login
    })
    assert.strictEqual(code, 8, stderr)
    assert.match(stderr, /the only AWS login here is a session that bailiwick lent/u)
    assert.match(stderr, /^hint: inside a run .*use the credentials that are here/mu)
  })
})

describe("setup aws", { timeout: World.patience }, () => {
  it("says what to do with the profile, and nothing of it once the profile is gone", async () => {
    const words = ["setup", "aws", "--profile", "lent"]
    const written = await world.run([...words, ...read], { env: world.login })
    assert.match(written.stderr, /^AWS tools use it with AWS_PROFILE=lent, as long as BAILIWICK_SESSION is set or /u)
    assert.strictEqual((await world.run([...words, "--remove"])).stderr, "")
  })
})

describe("doctor", { timeout: World.patience }, () => {
  const logins = async (env: AwsWorld.Variables) => {
    const { findings } = await world.json(["doctor"], { env })
    return findings.filter(({ check }: { readonly check: string }) => check === "login")
  }

  it("looks for the broker's login at each target of AWS, and names what would give it one", async () => {
    assert.deepStrictEqual(await logins(world.login), [
      { check: "login", level: "good", what: "the broker has an AWS login for cloud" }
    ])
    const [missing, ...more] = await logins({ AWS_EC2_METADATA_DISABLED: "true" })
    assert.deepStrictEqual(more, [])
    assert.deepInclude(missing, { level: "advice", what: "cloud: aws: the broker has no AWS credentials of its own" })
    assert.match(missing.fix, /aws sts get-caller-identity/u)
  })

  it("asks several logins at once, so that none waits for another that hangs", async () => {
    const meeting = await AwsWorld.open((aws) => {
      const of = (profile: string) => RecordText.aws(aws.role({ name: profile }), aws.url, { profile })
      return { targets: { one: of("one"), other: of("other") } }
    })
    try {
      const place = (name: string) => Path.join(meeting.home, `login-${name}`)
      // Each gives a login once the other has been asked for one.
      const helper = (name: string, awaited: string) => {
        const login = JSON.stringify({ Version: 1, AccessKeyId: `AKIA${name}`, SecretAccessKey: "none" })
        const lines = [
          `touch ${place(name)}`,
          `while [ ! -e ${place(awaited)} ]; do sleep 0.05; done`,
          `echo '${login}'`
        ]
        Fs.writeFileSync(place(`${name}.sh`), lines.join("\n"))
        return `[profile ${name}]\ncredential_process = /bin/sh ${place(`${name}.sh`)}\n`
      }
      Fs.writeFileSync(place("aws.config"), helper("one", "other") + helper("other", "one"))
      const { findings } = await meeting.json(["doctor"], { env: { AWS_CONFIG_FILE: place("aws.config") } })
      const found = findings.filter(({ check }: { readonly check: string }) => check === "login")
      assert.deepStrictEqual(
        found.map(({ what }: { readonly what: string }) => what),
        ["the broker has an AWS login for one", "the broker has an AWS login for other"]
      )
    } finally {
      await meeting.close()
    }
  })
})
