/**
 * What a run tells of AWS's refusals: by the monitoring of the AWS CLI, by the child's standard error where that is no
 * terminal, and never at the price of what the child says or how it ends.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Loaded from "./support/Loaded.ts"
import * as RecordText from "./support/RecordText.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const object = "arn:aws:s3:::acme/team/x"
const { child, read } = AwsWorld
const own = "bailiwick: "
const caution = `${own}this is what the command itself reported: look before you allow more`

let world: AwsWorld.AwsWorld
/** Of an agent that may read and write, and asks for less. */
let wide: AwsWorld.Variables

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    aws.put("acme", "team/x", "hello")
    const cloud = RecordText.aws(aws.role({ name: "agent" }), aws.url)
    const ceiling = [RecordText.allow("oidc", ["*"]), RecordText.allow("aws", ["s3:*", "sqs:*"])]
    return { targets: { dev: RecordText.oidc(), cloud }, ceiling }
  })
  const allowed = ["--on", "cloud", "--allow", "s3:GetObject,s3:PutObject,s3:ListBucket", "--resource", "s3://acme/*"]
  wide = await world.agent(allowed)
}, World.patience)
afterAll(() => world.close())

/** What was said before the child began is another test's. */
const withoutNotes = (text: string) => text.replace(/^(?:note: .*\n)*/u, "")

/** Runs a command on the target; the lines on standard error that are ours, and those that are the child's. */
const run = async (words: ReadonlyArray<string>, flags: ReadonlyArray<string> = read) => {
  const { stderr: all, ...ended } = await world.run(["run", ...flags, "--", ...words], { env: wide })
  const stderr = withoutNotes(all)
  const lines = stderr.split("\n").filter((line) => line !== "")
  return {
    ...ended,
    stderr,
    told: lines.filter((line) => line.startsWith(own)),
    childs: lines.filter((line) => !line.startsWith(own))
  }
}

const sh = (line: string) => ["/bin/sh", "-c", line]
const says = (text: string) => [process.execPath, "-e", `process.stderr.write(${JSON.stringify(text)})`]

const other = "User: arn:aws:sts::111122223333:assumed-role/agent/bw-claude-1"
const refusal = (action: string, resource: string, why = `because no session policy allows the ${action} action`) =>
  `is not authorized to perform: ${action} on resource: "${resource}" ${why}\n`

describe("the standard error of a child, where it is no terminal", () => {
  it("shows what the real SDK was refused, and the flags that would have allowed it", async () => {
    const { childs, code, told } = await run([...child, "throw put team/x"])
    assert.match(childs.join("\n"), /AccessDenied: User: arn:aws:sts::/u)
    assert.deepStrictEqual(told, [
      `${own}AWS refused s3:PutObject on ${object}: this run was not given it; to allow it: --allow s3:PutObject --resource ${object}`,
      caution
    ])
    assert.strictEqual(code, 1)
    // The positive control: so allowed, it is not refused.
    const flags = ["--on", "cloud", "--allow", "s3:PutObject", "--resource", object]
    const again = await run([...child, "throw put team/x"], flags)
    assert.deepStrictEqual([again.code, again.stderr], [0, ""])
  })

  it.each([
    [
      "what the authority of the run lacks",
      "s3:DeleteObject",
      object,
      /the authority that it runs on does not hold it either: it would be delegated with --allow s3:DeleteObject /u
    ],
    [
      "what the project never allows",
      "dynamodb:GetItem",
      "arn:aws:dynamodb:eu-west-1:111122223333:table/t",
      /the project's ceiling does not allow it either/u
    ]
  ])("tells %s", async (_, action, resource, line) => {
    const { code, told } = await run(says(refusal(action, resource)))
    assert.strictEqual(code, 0)
    assert.lengthOf(told, 2)
    assert.match(told[0] ?? "", line)
  })

  it("tells the run's own denials apart", async () => {
    const refused = says(refusal("s3:GetObject", object, "with an explicit deny in a session policy"))
    const flags = ["--on", "cloud", "--allow", "s3:GetObject,s3:PutObject", "--resource", object]
    const { code, told } = await run(refused, [...flags, "--deny", "s3:GetObject"])
    assert.strictEqual(code, 0)
    assert.match(told[0] ?? "", /this run's own denials keep it out$/u)
  })

  it("is quiet where nothing was refused, where others were, and where it is told to be", async () => {
    const others = ["all is well\n", refusal("s3:PutObjekt", object), `${other} ${refusal("s3:PutObject", object)}`]
    assert.deepStrictEqual((await run(says(others.join("")))).told, [])
    const said = says(refusal("s3:PutObject", object))
    assert.deepStrictEqual((await run(said, [...read, "--quiet"])).told, [])
    assert.deepStrictEqual((await run(said, [...read, "--json"])).told, [])
  })

  it("shows at most some lines, each refusal once, and nothing that steers a terminal", async () => {
    const hostile = refusal("s3:PutObject", "arn:aws:s3:::acme/\u001b[2J\u202egnp.exe")
    const many = Array.from({ length: 40 }, (_, index) =>
      refusal("s3:PutObject", `arn:aws:s3:::acme/${index}`).repeat(3)
    )
    const { childs, told } = await run(says(hostile + many.join("")))
    assert.lengthOf(told, 10)
    assert.match(told.at(-2) ?? "", /^bailiwick: AWS refused 33 more$/u)
    assert.strictEqual(told.at(-1), caution)
    assert.lengthOf(childs, 121, "the child's own words pass as they are")
    for (const line of told) assert.notMatch(line, /[\u001b\u202e]/u)
    const alone = await run(says(hostile))
    assert.match(alone.told[0] ?? "", /acme\/\\u\{1b\}\[2J\\u\{202e\}gnp\.exe: .* name it in a --policy-file$/u)
  })

  it("passes on byte for byte what a child writes, however much that is", async () => {
    const line = `i=0; while [ $i -lt 50 ]; do head -c 1048576 /dev/zero | tr '\\0' "x" >&2; i=$((i+1)); done; printf end >&2; exit 3`
    const { code, stderr } = await run(sh(line))
    assert.strictEqual(code, 3)
    assert.strictEqual(stderr.length, 50 * 1_048_576 + 3)
    assert.isTrue(stderr.endsWith("xend"))
  })

  it("keeps the order of both streams where they go to one place, and a name for them", async () => {
    const log = Path.join(world.home, "both")
    const words = [
      "run",
      ...read,
      "--",
      ...sh(`for i in 1 2 3; do echo out $i; echo error $i > /dev/stderr; done; echo last | tee /dev/stderr`)
    ]
    const line = `exec ${Terminal.command(world)} ${words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ")} > ${log} 2>&1`
    const { code } = await Bailiwick.start("/bin/sh", ["-c", line], { cwd: world.home, env: { ...world.env, ...wide } })
      .ended
    assert.strictEqual(code, 0)
    assert.strictEqual(
      withoutNotes(Fs.readFileSync(log, "utf8")),
      `${[1, 2, 3].map((count) => `out ${count}\nerror ${count}\n`).join("")}last\nlast\n`
    )
  })

  it("does not outlast a child that closes it, or one that leaves a process behind", async () => {
    const closed = await run(sh("exec 2>&-; echo still here; exit 4"))
    assert.deepStrictEqual([closed.code, closed.stdout], [4, "still here\n"])
    const started = Date.now()
    const left = await run(
      sh(`sleep 60 > /dev/null & printf %s "${refusal("s3:PutObject", object).replaceAll('"', String.raw`\"`)}" >&2`)
    )
    assert.isBelow(Date.now() - started, 30_000)
    assert.strictEqual(left.code, 0)
    assert.lengthOf(left.told, 2)
  })

  it("is there to the last byte where a signal ends the child", async () => {
    const ready =
      "process.on('SIGINT', () => { process.stderr.write('x'.repeat(200000) + 'last\\n', () => process.exit(5)) }); console.log('ready'); setInterval(() => {}, 1000)"
    const { child, ended } = world.start(["run", ...read, "--", process.execPath, "-e", ready], { env: wide })
    await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()))
    child.kill("SIGINT")
    const { code, stderr } = await ended
    assert.strictEqual(code, 5)
    assert.isTrue(withoutNotes(stderr) === `${"x".repeat(200_000)}last\n`)
    const killed = await run(sh("echo before >&2; kill -TERM $$"))
    assert.deepStrictEqual([killed.code, killed.stderr], [143, "before\n"])
  })

  it("tells a child that nobody reads it any more", async () => {
    const words = ["run", ...read, "--", "/usr/bin/env", "sh", "-c", "yes refused >&2"]
    const { child, ended } = world.start(words, { env: wide })
    child.stderr?.once("data", () => child.stderr?.destroy())
    const { code } = await ended
    assert.isAtLeast(code ?? 0, 1)
  })
})

describe("the monitoring of the AWS CLI", () => {
  const path = (process.env["PATH"] ?? "").split(":").find((directory) => Fs.existsSync(Path.join(directory, "aws")))
  const isThere = path !== undefined
  if (!isThere) console.warn("NOT TESTED HERE: no aws on PATH; its refusals are told only where CI runs this")

  it.skipIf(!isThere && process.env["CI"] !== "true")(
    "tells on a terminal what was refused, and leaves the terminal alone",
    async () => {
      assert.isTrue(isThere, "the AWS CLI is a peer of these tests")
      const call = `test -t 2 && echo it is a terminal; aws --endpoint-url "$AWS_ENDPOINT_URL" s3api put-object --bucket acme --key team/x --body ${world.file("body", "new")}`
      const { code, stdout } = await Terminal.bailiwick(world, ["run", ...read, "--", ...sh(call)], { env: wide }).ended
      assert.include(stdout, "it is a terminal")
      assert.include(stdout, "An error occurred (AccessDenied) when calling the PutObject operation")
      assert.include(
        stdout,
        `${own}AWS refused s3:PutObject on ${object}: this run was not given it; to allow it: --allow s3:PutObject --resource ${object}`
      )
      assert.isAbove(code ?? 0, 0)
    }
  )

  it.skipIf(!isThere && process.env["CI"] !== "true")(
    "tells a refusal without a word of why, such as one of a HEAD",
    async () => {
      assert.isTrue(isThere, "the AWS CLI is a peer of these tests")
      const call = `aws --endpoint-url "$AWS_ENDPOINT_URL" s3api head-object --bucket acme --key other/x`
      const { told } = await run(sh(call))
      assert.deepStrictEqual(told, [
        `${own}AWS refused s3:GetObject: this run was given it on arn:aws:s3:::acme/team/*, and AWS does not say where it was refused`,
        caution
      ])
    }
  )

  it("hears nobody who does not know the run's own id", async () => {
    const sending = (id: string) => `
      const socket = require("dgram").createSocket("udp4")
      const call = { Version: 1, ClientId: ${id}, Type: "ApiCall", Service: "S3", Api: "PutObject", Timestamp: 1, FinalAwsException: "AccessDenied", FinalAwsExceptionMessage: "Access Denied" }
      socket.send(JSON.stringify(call), process.env.AWS_CSM_PORT, process.env.AWS_CSM_HOST, () => socket.close())`
    const guessed = await run([process.execPath, "-e", sending(`""`)])
    assert.deepStrictEqual([guessed.code, guessed.told], [0, []])
    const { told } = await run([process.execPath, "-e", sending("process.env.AWS_CSM_CLIENT_ID")])
    assert.match(
      told[0] ?? "",
      /^bailiwick: AWS refused s3:PutObject: this run was not given it; to allow it: --allow s3:PutObject --resource ARN$/u
    )
  })
})

describe("a run on a target of no cloud", () => {
  it("has neither: no variable, nothing loaded, and the streams of whoever started it", async () => {
    const session = await world.redeem(await world.lend("other"))
    const env = { ...world.login, BAILIWICK_SESSION: session }
    const oidc = ["run", "--on", "dev", "--"]
    const seen = await world.run([...oidc, "/bin/sh", "-c", "env; readlink /proc/self/fd/2 >&2"], { env })
    assert.notInclude(seen.stdout, "AWS_CSM")
    assert.match(seen.stderr, /^socket:/u)
    assert.match((await run(sh("readlink /proc/self/fd/2 >&2"))).stderr, /^\/.*stderr \(deleted\)|^pipe:/u)
    const modules = await Loaded.by(world, [...oidc, "true"], env)
    assert.deepStrictEqual(
      modules.filter((name) => /Denial|SdkMonitor|ErrorPipe/u.test(name)),
      []
    )
    const ofAws = await Loaded.by(world, ["run", ...read, "--", "true"], wide)
    assert.isNotEmpty(ofAws.filter((name) => name.startsWith("DenialWatch")))
    assert.isEmpty(ofAws.filter((name) => name.startsWith("DenialAdvice")))
  })
})
