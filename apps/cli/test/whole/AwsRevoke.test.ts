/** Revokes at an AWS that decides by policies: in the middle of a run, of one session, of a whole role, and where it fails. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Driven from "./support/Driven.ts"
import * as RecordText from "./support/RecordText.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const { read } = AwsWorld
const unwritten = ["--on", "unwritten", ...read.slice(2)]
const hello = "hello"

let world: AwsWorld.AwsWorld
let role: string
/** An agent's session for each target. */
const agents = new Map<ReadonlyArray<string>, AwsWorld.Variables>()
/** The login of somebody who may read at IAM, and write nothing. */
let powerless: AwsWorld.Variables
const runs: Array<Driven.Driven> = []

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    role = aws.role({ name: "agent" })
    aws.put("acme", "team/x", hello)
    const revoke = "role-policy"
    return {
      targets: {
        dev: RecordText.oidc(),
        cloud: RecordText.aws(role, aws.url, { ...RecordText.at(aws.url), revoke }),
        unwritten: RecordText.aws(aws.role({ name: "unwritten" }), aws.url),
        scoped: RecordText.aws(role, aws.url, { method: "scoped", revoke })
      }
    }
  })
  for (const flags of [read, unwritten]) agents.set(flags, await world.agent(flags))
  const reader = world.aws.user(
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["sts:*","iam:Get*"],"Resource":"*"}}'
  )
  powerless = { ...world.login, ...AwsWorld.keyOf(reader) }
}, World.patience)
afterAll(() => world.close())
beforeEach(() => world.aws.world.roles.get(role)?.inline.clear())
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.end()))
})

/** A run of an agent's, which has its own credential session. */
const started = async (more: ReadonlyArray<string> = [], flags = read) => {
  const env = agents.get(flags) ?? {}
  const run = Driven.run(world, [...more, ...flags], env)
  runs.push(run)
  const { key } = await run.step("get team/x")
  assert.match(key, /^ASIA/u)
  const [{ id }] = (await world.json(["sessions", "list", "--limit", "1"], { env })).sessions
  return { run, id, env }
}

/** As the owner, by passphrase. */
const owner = (args: ReadonlyArray<string>, env = world.login) =>
  world.run(["revoke", ...args, ...world.signed], { env })
const cut = (args: ReadonlyArray<string>) => world.json(["revoke", ...args, ...world.signed], { env: world.login })

/** As the agent whose session it is. */
const revoked = (id: string, env = agents.get(read) ?? {}) => world.json(["revoke", id], { env })
const shown = (id: string, env = agents.get(read) ?? {}) => world.json(["sessions", "show", id], { env })

const logged = async (subject: string) => {
  const lines = (await world.must(["audit", "export"])).split("\n").map((line) => JSON.parse(line))
  return lines.filter((line) => line.subject === subject)
}

const denial = () => world.aws.world.roles.get(role)?.inline.get("bailiwick-revoked") ?? ""

describe("a revoke in the middle of a run", { timeout: World.patience }, () => {
  it("gives no more credentials, and the child's SDK says why", async () => {
    // On a role without a denial: what stops this child is that it is given nothing more.
    const { env, id, run } = await started(["--ttl", "4s"], unwritten)
    const keys = new Set<string>()
    while (keys.size < 3) keys.add((await run.step("get team/x")).key)
    assert.notInclude([...keys], undefined)
    const before = world.assumed().length
    const { credentials } = await revoked(id, env)
    assert.deepInclude(credentials[0], { id, ended: false })
    let answer = await run.step("get team/x")
    // An SDK uses what it holds to its end; that this has come, AWS may be the first to say.
    while (keys.has(answer.key) || answer.name === "AccessDenied") answer = await run.step("get team/x")
    const why = `credential session ${id} has ended: revoked`
    // This SDK's default chain keeps the endpoint's reason to itself; others show it, and the run says it beside them.
    assert.strictEqual(answer.name, "CredentialsProviderError")
    const asked = await run.step("ask")
    assert.deepInclude(asked, { status: 403, Code: "revoked" })
    assert.include(asked.Message, why)
    assert.strictEqual(world.assumed().length, before)
    const { stderr } = await run.end()
    assert.lengthOf(stderr.match(new RegExp(`no more credentials for this run: ${why}`, "gu")) ?? [], 1, stderr)
  })

  it("is told to the run by the store's generation file alone, at its very next question", async () => {
    const { id, run } = await started()
    const file = Path.join(world.store, "generation")
    const held = await run.step("ask")
    assert.strictEqual(held.status, 200)
    const before = Fs.readFileSync(file)
    const asked = world.assumed().length
    await revoked(id)
    const after = Fs.readFileSync(file)
    assert.notDeepEqual(after, before)
    // With the file as it was, the run answers from what it holds: nobody else has told it, and it asks nobody.
    Fs.writeFileSync(file, before)
    assert.deepStrictEqual(await run.step("ask"), held)
    Fs.writeFileSync(file, after)
    const refused = await run.step("ask")
    assert.deepInclude(refused, { status: 403, Code: "revoked" })
    assert.include(refused.Message, `credential session ${id} has ended: revoked`)
    assert.strictEqual(world.assumed().length, asked)
  })
})

describe("a revoke of one session", { timeout: World.patience }, () => {
  it("makes AWS refuse what the child holds already, and no other session of the role", async () => {
    const { id, run } = await started()
    const other = await started()
    const { how, until } = (await revoked(id)).credentials[0]
    const refused = await run.step("get team/x")
    assert.deepInclude(refused, { name: "AccessDenied" })
    assert.include(refused.message, "explicit deny")
    assert.strictEqual((await other.run.step("get team/x")).body, hello)
    assert.include(denial(), id)
    assert.notInclude(denial(), other.id)
    // Record and log say what the command said.
    const { cloud_end, status } = await shown(id)
    assert.strictEqual(status, "revoked")
    assert.deepInclude(cloud_end, { ended: true, how, until })
    assert.match(how, /^the role denies the session; AWS takes some minutes .* at \d{4}-\d{2}-\d{2}T[\d:]+Z$/u)
    const ends = (await logged(id)).filter(({ type }) => type === "credentials.ended")
    assert.lengthOf(ends, 1)
    assert.strictEqual(ends[0].outcome, "ok")
    assert.deepInclude(ends[0].detail, { ended: true, how, until })
  })

  it("says the same the second time without another call, and writes nothing twice", async () => {
    const { id } = await started()
    const [first] = (await revoked(id)).credentials
    const before = world.aws.calls.length
    const [second] = (await revoked(id)).credentials
    const { worst: _, ...same } = first
    assert.deepInclude(second, same)
    assert.lengthOf(world.aws.calls, before)
  })

  it("drops from the role what is over when it writes the next", async () => {
    const { id } = await started()
    await revoked(id)
    const { Statement } = JSON.parse(denial())
    const over = JSON.stringify({ Version: "2012-10-17", Statement: [{ ...Statement[0], Sid: "Until900" }] })
    world.aws.world.roles.get(role)?.inline.set("bailiwick-revoked", over)
    const next = await started()
    await revoked(next.id)
    assert.notInclude(denial(), id)
    assert.include(denial(), next.id)
  })

  it("without the rights says so everywhere, renews no more, and writes the denial once the rights are there", async () => {
    const { id, run } = await started()
    const failed = await owner([id, "--json"], powerless)
    assert.strictEqual(failed.code, 8)
    const { error } = JSON.parse(failed.stderr)
    assert.strictEqual(error.code, "not-ended")
    assert.include(error.message, `the broker may write no denial on ${role}`)
    assert.include(error.hint, "iam:PutRolePolicy")
    const [end] = JSON.parse(failed.stdout).credentials
    const { cloud_end, expires_at, status } = await shown(id)
    assert.strictEqual(status, "revoked")
    assert.deepInclude(end, { ended: false, until: expires_at })
    assert.include(end.how, `end by themselves at ${new Date(expires_at * 1000).toISOString().replace(".000Z", "Z")}`)
    assert.deepInclude(cloud_end, { ended: false, how: end.how, until: expires_at })
    const line = (await logged(id)).find(({ type }) => type === "credentials.ended")
    assert.strictEqual(line.outcome, "failed")
    assert.deepInclude(line.detail, { ended: false, how: end.how, until: expires_at })
    assert.deepInclude(await run.step("ask"), { status: 403, Code: "revoked" })
    // What is out lives on, as was said.
    assert.strictEqual((await run.step("get team/x")).body, hello)

    const again = await owner([id])
    assert.strictEqual(again.code, 0, again.stderr)
    assert.match(again.stdout, /the role denies the session.*expected to be dead by \S+Z/u)
    assert.strictEqual((await run.step("get team/x")).name, "AccessDenied")
    assert.deepInclude((await shown(id)).cloud_end, { ended: true })
    assert.match(
      await world.must(["sessions", "show", id], { env: agents.get(read) ?? {} }),
      /^cloud +the role denies the session/mu
    )
  })

  it("tells people the same in words", async () => {
    const { id } = await started()
    const { code, stderr, stdout } = await owner([id], powerless)
    assert.strictEqual(code, 8)
    assert.match(stdout, /^revoked: 0 sessions, 1 credential session; nothing is renewed from now on\n/u)
    assert.match(stdout, /end by themselves at \S+Z \(good until \S+Z\)\n$/u)
    assert.match(
      stderr,
      /^bailiwick: revoked here and renewed no more, but not ended at the cloud: .*\nhint: .*revoke/u
    )
  })
})

describe("a revoke of everything of a role", { timeout: World.patience }, () => {
  const wide = ["--role-wide", "--on", "cloud"]

  it("makes AWS refuse every session from before, whoever opened it, and none from after", async () => {
    const [one, two] = [await started(), await started()]
    const other = await started([], unwritten)
    const ended = await cut([...wide, "--yes", "--reason", "laptop lost"])
    assert.deepInclude(ended, { target: "cloud", principal: role, provider: "aws", ended: true })
    assert.match(ended.reach, /every session that anybody has opened until now/u)
    const ids = ended.credentials.map(({ id }: { readonly id: string }) => id)
    assert.include(ids, one.id)
    assert.include(ids, two.id)
    assert.notInclude(ids, other.id)
    for (const { id, run } of [one, two]) {
      assert.strictEqual((await run.step("get team/x")).name, "AccessDenied")
      assert.deepInclude(await run.step("ask"), { status: 403, Code: "revoked" })
      assert.deepInclude((await shown(id)).cloud_end, { ended: true, until: ended.until })
    }
    assert.strictEqual((await other.run.step("get team/x")).body, hello)
    // Their authority stands: what is issued from now on works.
    const again = Driven.run(world, read, one.env)
    runs.push(again)
    assert.strictEqual((await again.step("get team/x")).body, hello)
    const [revocation, end] = (await logged(role)).slice(-2)
    assert.deepInclude(revocation, { type: "revoked", outcome: "ok" })
    assert.deepInclude(revocation.detail, { kind: "principal", target: "cloud", reason: "laptop lost" })
    assert.deepInclude(end, { type: "principal.ended", outcome: "ok" })
    assert.deepInclude(end.detail, { ended: true, how: ended.how, until: ended.until })
  })

  it("asks first, on a terminal, and goes on only for a yes", async () => {
    const { id, run } = await started()
    const on = (answer: string) => {
      const args = ["revoke", ...wide, ...world.signed]
      return Terminal.answering(world, args, { env: world.login, prompt: "Type yes to go on: ", answer })
    }
    const no = await on("no")
    assert.strictEqual(no.code, 3)
    assert.match(no.stdout, /This ends \d+ credential sessions? of project acme for arn:\S+:role\/agent/u)
    assert.match(no.stdout, /every session that anybody has opened until now/u)
    assert.match(no.stdout, /cancelled: nothing was changed/u)
    assert.strictEqual((await shown(id)).status, "active")
    assert.strictEqual((await run.step("get team/x")).body, hello)
    const yes = await on("yes")
    assert.strictEqual(yes.code, 0, yes.stdout)
    assert.strictEqual((await run.step("get team/x")).name, "AccessDenied")
  })

  it("is refused where nobody can be asked, to an agent, for a target that has no such thing, and as half a command", async () => {
    const { env, id, run } = await started()
    const before = world.aws.calls.length
    const refuse = (args: ReadonlyArray<string>, exit: number, message: RegExp, hint: RegExp) =>
      world.refused(["revoke", ...args, ...world.signed], { exit, message, hint }, { env: world.login })
    await refuse(wide, 2, /no terminal to ask on/u, /--yes/u)
    await refuse([...wide, "--no-input"], 2, /--no-input forbids/u, /--yes/u)
    await refuse(["--role-wide", "--yes"], 2, /belong together/u, /--on/u)
    await refuse([id, "--on", "cloud"], 2, /belong together/u, /--on/u)
    await refuse([id, ...wide], 2, /say what to revoke/u, /./u)
    await refuse(["--role-wide", "--on", "nowhere", "--yes"], 2, /no target "nowhere"/u, /cloud/u)
    await refuse(["--role-wide", "--on", "../x", "--yes"], 2, /no target's name/u, /project show/u)
    await refuse(["--role-wide", "--on", "dev", "--yes"], 8, /nothing ends everything of a principal/u, /by session/u)
    await refuse(
      ["--role-wide", "--on", "scoped", "--yes"],
      8,
      /would end the broker's own session too/u,
      /by session/u
    )
    await world.refused(["revoke", ...wide, "--yes"], { exit: 4, message: /only an owner/u }, { env })
    assert.isEmpty(world.aws.calls.slice(before).filter(({ service }) => service === "iam"))
    assert.strictEqual((await run.step("get team/x")).body, hello)
  })

  it("says what it cannot do where the broker writes no denials, and when everything is over", async () => {
    const { env, id, run } = await started([], unwritten)
    const ended = await cut(["--role-wide", "--on", "unwritten", "--yes"])
    const { expires_at, status } = await shown(id, env)
    assert.strictEqual(status, "revoked")
    assert.deepInclude(ended, { ended: false })
    assert.isAtLeast(ended.until, expires_at)
    assert.match(ended.how, /settings\.revoke.*up to 12 hours.*end by themselves at/u)
    assert.deepInclude(await run.step("ask"), { status: 403, Code: "revoked" })
    assert.strictEqual((await run.step("get team/x")).body, hello)
  })

  it("without the rights ends what it can, says so, and can be asked again", async () => {
    const { id, run } = await started()
    const failed = await owner([...wide, "--yes"], powerless)
    assert.strictEqual(failed.code, 8)
    assert.match(failed.stderr, /the broker may write no denial on .*up to 12 hours.*\nhint: .*iam:PutRolePolicy/u)
    assert.strictEqual((await shown(id)).status, "revoked")
    assert.strictEqual((await run.step("get team/x")).body, hello)
    assert.strictEqual((await owner([...wide, "--yes"])).code, 0)
    assert.strictEqual((await run.step("get team/x")).name, "AccessDenied")
  })
})
