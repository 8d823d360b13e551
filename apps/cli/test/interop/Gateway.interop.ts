/** The whole program, as it ships, with real clients as its children and a real STS and S3 behind them. */
import * as SharedGateway from "@bailiwick/testkit/aws/SharedGateway"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Bailiwick from "../whole/support/Bailiwick.ts"
import * as World from "../whole/support/World.ts"
import * as Place from "./support/Place.ts"

const { bucket, read } = Place
const gateway = SharedGateway.get()

// Debian's, whatever else is on PATH; this version does not know AWS_ENDPOINT_URL.
const cli = ["/usr/bin/aws", "--endpoint-url", gateway.url]
const sdk = [process.execPath, Path.join(import.meta.dirname, "support/sdk.cjs"), bucket]
const botocore = ["/usr/bin/python3", Path.join(import.meta.dirname, "support/botocore.py"), gateway.url, bucket]

const allowed = ["s3", "cp", `s3://${bucket}/team/a.txt`, "-"]
const refused: ReadonlyArray<ReadonlyArray<string>> = [
  ["s3", "cp", `s3://${bucket}/teams/a.txt`, "-"],
  ["s3", "cp", "/etc/hostname", `s3://${bucket}/team/a.txt`],
  ["s3", "rm", `s3://${bucket}/team/a.txt`],
  ["s3", "ls", `s3://${bucket}/team/`],
  ["s3", "ls", `s3://${bucket}/`]
]

let place: Place.Place
let agent: Readonly<Record<string, string>>

beforeAll(async () => {
  place = await Place.make(gateway)
  agent = await place.agent()
}, World.patience)
afterAll(() => place.world.remove())

const text = "of team/a.txt"

type Command = (words: ReadonlyArray<string>) => Promise<Bailiwick.Ended>

/** The command does what it may, before and after everything that it may not; the refusals changed nothing. */
const isNarrowed = async (command: Command, denied = refused) => {
  assert.strictEqual(Bailiwick.succeeded(await command(allowed), "the allowed key"), text)
  await Promise.all(
    denied.map(async (words) => {
      const { code, stdout } = await command(words)
      assert.notStrictEqual(code, 0, words.join(" "))
      assert.notInclude(stdout, "of teams", words.join(" "))
    })
  )
  assert.strictEqual(Bailiwick.succeeded(await command(allowed), "the allowed key"), text)
  assert.strictEqual(await place.holds("team/a.txt"), text)
}

/** Where what matters is the way by which the credentials come. */
const isDelivered = (command: Command) => isNarrowed(command, refused.slice(0, 2))

describe("a run on a real gateway", () => {
  it("lets the AWS CLI read what was asked for, and the gateway refuses sibling, write, delete and list", async () => {
    await isNarrowed((words) => place.world.run(["run", ...read, "--", ...cli, ...words], { env: agent }))
  })

  it("lets the JavaScript SDK do the same", async () => {
    const steps = ["get team/a.txt", "get teams/a.txt", "put team/a.txt", "delete team/a.txt", "list team/", "list "]
    const said = await place.world.must(["run", ...read, "--", ...sdk, ...steps], { env: agent })
    const [first, ...others] = said.split("\n")
    assert.strictEqual(first, text)
    assert.lengthOf(others, 5)
    for (const other of others) assert.match(other, /^AccessDenied: /u)
    assert.strictEqual(await place.holds("team/a.txt"), text)
  })

  it("delivers by environment as well", async () => {
    await isDelivered((words) =>
      place.world.run(["run", "--deliver", "env", ...read, "--", ...cli, ...words], { env: agent })
    )
  })

  it("is the only way to anything: the AWS CLI by itself has no credentials", async () => {
    const env = { ...place.world.env, AWS_EC2_METADATA_DISABLED: "true" }
    const [program = "", ...words] = [...cli, ...allowed]
    assert.notStrictEqual((await Bailiwick.start(program, words, { cwd: place.world.home, env }).ended).code, 0)
  })
})

describe("export", () => {
  it("puts a narrowed session into a shell", async () => {
    const line = `eval "$("$NODE" "$ENTRY" export ${read.map((word) => `'${word}'`).join(" ")})" && exec "$@"`
    const env = { ...place.world.env, ...agent, NODE: process.execPath, ENTRY: place.world.entry }
    await isDelivered(
      (words) => Bailiwick.start("/bin/sh", ["-c", line, "sh", ...cli, ...words], { cwd: place.world.home, env }).ended
    )
  })
})

describe("a profile by setup aws", () => {
  it("gives the AWS CLI a narrowed session by credential_process, until it is taken away", async () => {
    const { world } = place
    Fs.mkdirSync(Path.join(world.home, ".aws"), { recursive: true })
    await world.must(["setup", "aws", "--profile", "lent", ...read])
    const run = (words: ReadonlyArray<string>) =>
      Bailiwick.start(cli[0] ?? "", [...cli.slice(1), "--profile", "lent", ...words], {
        cwd: world.home,
        env: { ...world.env, ...agent }
      }).ended
    await isDelivered(run)
    await world.must(["setup", "aws", "--profile", "lent", "--remove"])
    assert.notStrictEqual((await run(allowed)).code, 0)
  })
})

describe("one long-lived client", () => {
  it.each([
    ["the JavaScript SDK", sdk],
    ["botocore", botocore]
  ] as const)(
    "of %s takes one credential after another from the endpoint, and no more after a revoke",
    async (_, program) => {
      const { world } = place
      const env = await place.agent()
      const started = world.start(["run", "--ttl", "4s", ...read, "--", ...program, "until-refused"], { env })
      const lines: Array<{ readonly line: string; readonly at: number }> = []
      const refreshed = new Promise<void>((resolve) => {
        started.child.stdout?.on("data", (said: string) => {
          for (const line of said.trim().split("\n")) lines.push({ line, at: Date.now() })
          // Beyond the life of the first, and with a third.
          if (lines.length >= 3 && Date.now() - (lines[0]?.at ?? 0) > 4500) resolve()
        })
      })
      await Promise.race([refreshed, started.ended])
      await world.must(["revoke", "--mine"], { env })
      const revoked = Date.now()
      const { stderr } = await started.ended
      const keys = lines.slice(0, -1)
      // One client in one process: the policy of the first key ended that after four seconds, and no call failed.
      for (const { line } of keys) assert.match(line, /^[A-Za-z0-9]{16,}$/u, stderr)
      assert.isAtLeast(new Set(keys.map(({ line }) => line)).size, 3)
      assert.isAbove((keys.at(-1)?.at ?? 0) - (keys[0]?.at ?? 0), 4000)
      // What it held lives to its own end, and no other came.
      assert.isBelow((keys.at(-1)?.at ?? 0) - revoked, 1000)
      assert.match(lines.at(-1)?.line ?? "", /^\w+(?:Error|Denied): /u, stderr)
    }
  )
})
