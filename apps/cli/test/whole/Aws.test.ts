/** Runs on a target of AWS, from the signed record to a real SDK in the child, at an AWS that decides by session policies. */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Loaded from "./support/Loaded.ts"
import * as RecordText from "./support/RecordText.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

const { child, read } = AwsWorld

let world: AwsWorld.AwsWorld
/** May read the team's objects and nothing else. */
let agent: AwsWorld.Variables

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    aws.put("acme", "team/x", "hello")
    aws.put("acme", "teams/x", "a sibling's")
    const cloud = RecordText.aws(aws.role({ name: "agent" }), aws.url)
    return { targets: { dev: RecordText.oidc(), cloud } }
  })
  agent = await world.agent(read)
}, World.patience)
afterAll(() => world.close())

describe("a run on a target of AWS", () => {
  it("may do what was asked, and AWS itself refuses everything beside it", async () => {
    const before = world.assumed().length
    const steps = ["get team/x", "get teams/x", "put team/x", "list team/", "get team/x"]
    const [...answers] = await world.sdk(read, steps, agent)
    assert.deepStrictEqual(answers.slice(0, 5), ["hello", "AccessDenied", "AccessDenied", "AccessDenied", "hello"])
    // The login from which it was lent could have done it.
    const { accessKeyId, secretAccessKey } = world.aws.broker
    const whole = new S3Client({
      endpoint: world.aws.url,
      region: "eu-west-1",
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey }
    })
    const sibling = await whole.send(new GetObjectCommand({ Bucket: "acme", Key: "teams/x" }))
    assert.strictEqual(await sibling.Body?.transformToString(), "a sibling's")
    // One mint for all its calls, with a session policy.
    assert.lengthOf(world.assumed().slice(before), 1)
    assert.isNotEmpty(world.assumed().at(-1)?.parameters.get("Policy"))
  })

  it("gives the child an endpoint and a place, and nothing of the broker's login", async () => {
    const [seen] = (await world.sdk(read, [], agent)).slice(-1)
    assert.deepStrictEqual(Object.keys(seen).toSorted(), [
      "AWS_CONFIG_FILE",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      "AWS_CREDENTIAL_PROFILES_FILE",
      "AWS_CSM_CLIENT_ID",
      "AWS_CSM_ENABLED",
      "AWS_CSM_HOST",
      "AWS_CSM_PORT",
      "AWS_DEFAULT_REGION",
      "AWS_EC2_METADATA_DISABLED",
      "AWS_ENDPOINT_URL",
      "AWS_REGION",
      "AWS_SHARED_CREDENTIALS_FILE"
    ])
    assert.notInclude(JSON.stringify(seen), world.aws.broker.accessKeyId)
    assert.notInclude(JSON.stringify(seen), world.aws.broker.secretAccessKey)
  })

  it("is ended by whom it says: by STS where that gives a life as short, and else by the policy", async () => {
    for (const [ttl, held] of [
      ["15m", "token"],
      ["5m", "session-policy"]
    ] as const) {
      const asked = [...read, "--ttl", ttl]
      const { document, report } = await world.json(["explain", ...asked], { env: agent })
      assert.strictEqual(report.expiry.held, held)
      assert.notInclude(document, "aws:CurrentTime")
      await world.json(["export", ...asked], { env: agent })
      const sent = world.assumed().at(-1)?.parameters.get("Policy") ?? ""
      assert.strictEqual(sent.includes("aws:CurrentTime"), held === "session-policy")
    }
  })

  it("delivers once by environment, as do export and credential-process", async () => {
    const [answer, seen] = await world.sdk(["--deliver", "env", ...read], ["get team/x"], agent)
    assert.strictEqual(answer, "hello")
    assert.match(seen.AWS_ACCESS_KEY_ID, /^ASIA/u)
    assert.notProperty(seen, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    const exported = await world.json(["export", ...read], { env: agent })
    assert.match(exported.AWS_ACCESS_KEY_ID, /^ASIA/u)
    const before = world.assumed().length
    const document = JSON.parse(await world.must(["credential-process", ...read], { env: agent }))
    assert.deepStrictEqual(Object.keys(document), [
      "Version",
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
      "Expiration",
      "AccountId"
    ])
    assert.deepStrictEqual(JSON.parse(await world.must(["credential-process", ...read], { env: agent })), document)
    assert.isAtMost(world.assumed().length - before, 1)
  })

  it("is refused what the chain does not hold, before AWS is asked", async () => {
    const before = world.aws.calls.length
    const more = ["--on", "cloud", "--allow", "s3:PutObject", "--resource", "s3://acme/team/*"]
    await world.refused(["run", ...more, "--", "true"], { exit: 4, message: /more than is allowed/u }, { env: agent })
    assert.lengthOf(world.aws.calls.slice(before), 0)
  })

  it("asks AWS for nothing that nobody could use, and opens no session for it", async () => {
    const before = world.assumed().length
    const run = (...words: ReadonlyArray<string>) => ["run", ...read, ...words]
    const plain = world.file("plain", "")
    for (const [words, exit, message] of [
      [["--", "no-such-command"], 127, /command not found: no-such-command/u],
      [["--", Path.join(world.home, "no-such-command")], 127, /command not found/u],
      [["--", plain], 126, /cannot be executed/u],
      [["--", world.home], 126, /cannot be executed/u],
      [["--", ""], 126, /cannot be executed/u],
      [["--deliver", "file", "--", "true"], 9, /cannot be delivered this way/u],
      [["--keep", "NAME=value", "--", "true"], 2, /--keep: expected the name of a variable/u]
    ] as const) {
      await world.refused(run(...words), { exit, message }, { env: agent })
    }
    await world.must(run("--", "true"), { env: agent })
    await world.must(run("--", Fs.existsSync("/bin/true") ? "/bin/true" : "/usr/bin/true"), { env: agent })
    assert.strictEqual(world.assumed().length, before + 2)
    // A person is not asked for a passphrase either.
    const person = await world.run(["run", ...read, "--passphrase-file", "none", "--", "no-such-command"])
    assert.strictEqual(person.code, 127, person.stderr)
  })

  it("says with its cause and its fix why AWS refused, and no secret", async () => {
    world.aws.fail("AssumeRole", {
      status: 403,
      code: "AccessDenied",
      message: "not authorized to perform: sts:TagSession"
    })
    const ended = await world.run(["run", ...read, "--", "true"], { env: agent })
    assert.strictEqual(ended.code, 8)
    assert.match(ended.stderr, /^bailiwick: .*\nhint: ./u)
    assert.notInclude(ended.stderr, world.aws.broker.secretAccessKey)
  })

  it(
    "works beyond the life of its credentials, and is given no more once it is revoked",
    { timeout: 60_000 },
    async () => {
      const env = await world.agent(read)
      const before = world.assumed().length
      const started = world.start(["run", "--ttl", "4s", ...read, "--", ...child, "until-refused"], { env })
      const keys: Array<string> = []
      const second = new Promise<void>((resolve) => {
        started.child.stdout?.on("data", (text: string) => {
          keys.push(...text.trim().split("\n"))
          if (keys.length >= 2) resolve()
        })
      })
      await Promise.race([second, started.ended])
      assert.isAtLeast(keys.length, 2)
      const { credentials } = await world.json(["revoke", "--mine"], { env })
      assert.lengthOf(credentials, 1)
      const asked = world.assumed().length
      const { stdout } = await started.ended
      const [last] = stdout.trim().split("\n").slice(-1)
      assert.match(last ?? "", /CredentialsProviderError|AccessDenied|ExpiredToken/u)
      // Nothing was minted after the revoke.
      assert.strictEqual(world.assumed().length, asked)
      assert.isAtLeast(asked - before, 2)
    }
  )
})

describe("the packages of AWS", () => {
  const isOfAws = (name: string) => !["bailiwick.js", "cli.js", "LoopbackEndpoint.js"].includes(name)

  it("are loaded by nothing but a target of theirs", async () => {
    const words = ["credential-process", "--ttl", "20m", ...read]
    assert.isNotEmpty((await Loaded.by(world, words, agent)).filter(isOfAws))
    // The second answer is the first one's, from the sealed cache.
    assert.deepStrictEqual(await Loaded.by(world, words, agent), ["bailiwick.js"])
    for (const args of [["status"], ["sessions", "list"], ["whoami"]]) {
      assert.deepStrictEqual((await Loaded.by(world, args, agent)).filter(isOfAws), [], args[0])
    }
    const other = { ...world.login, BAILIWICK_SESSION: await world.redeem(await world.lend("other")) }
    const oidc = ["run", "--on", "dev", "--", "true"]
    assert.deepStrictEqual((await Loaded.by(world, oidc, other)).filter(isOfAws), [])
  })
})

describe("setup aws", () => {
  const profile = ["setup", "aws", "--profile", "lent"]
  const config = () => Path.join(world.home, ".aws/config")
  const theirs = "[default]\nregion = eu-west-1\n\n# mine\n[profile work]\noutput = json"

  beforeAll(() => {
    Fs.mkdirSync(Path.join(world.home, ".aws"))
    Fs.writeFileSync(config(), theirs, { mode: 0o640 })
  })

  it("writes a profile from which the real SDK takes credentials, and changes nothing else", async () => {
    await world.must([...profile, ...read])
    const written = Fs.readFileSync(config(), "utf8")
    assert.isTrue(written.startsWith(`${theirs}\n\n[profile lent]\n`), written)
    assert.strictEqual(Fs.statSync(config()).mode & 0o777, 0o640)
    const command =
      /^credential_process = (\S+) (\S+) credential-process .* --resource 's3:\/\/acme\/team\/\*'$/mu.exec(written)
    assert.deepStrictEqual(command?.slice(1), [process.execPath, world.entry])
    const env = { ...world.env, ...agent, AWS_PROFILE: "lent" }
    const ended = await Bailiwick.start(process.execPath, [...child.slice(1), "get team/x", "get teams/x"], {
      cwd: world.home,
      env
    }).ended
    assert.deepStrictEqual(
      ended.stdout
        .split("\n")
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
      ["hello", "AccessDenied"],
      ended.stderr
    )
    await world.must([...profile, ...read])
    assert.strictEqual(Fs.readFileSync(config(), "utf8"), written)
    assert.deepStrictEqual(Fs.readdirSync(Path.dirname(config())), ["config"])
  })

  it("takes it away again, and leaves the file as it was", async () => {
    await world.must([...profile, "--remove"])
    assert.strictEqual(Fs.readFileSync(config(), "utf8"), `${theirs}\n`)
    await world.must([...profile, "--remove"])
    assert.strictEqual(Fs.readFileSync(config(), "utf8"), `${theirs}\n`)
  })

  it("refuses a profile that is not ours, the broker's own, and what no profile could hand on", async () => {
    const before = Fs.readFileSync(config(), "utf8")
    const of = (name: string) => ["setup", "aws", "--profile", name]
    await world.refused([...of("work"), ...read], { exit: 2, message: /not ours/u })
    await world.refused([...of("work"), "--remove"], { exit: 2, message: /not ours/u })
    await world.refused([...of("default"), ...read], { exit: 2, message: /stays the broker's own login/u })
    await world.refused([...of("a]b"), ...read], { exit: 2, message: /no name/u })
    const odd = ["--on", "cloud", "--allow", "s3:GetObject", "--resource", "s3://acme/it's/*"]
    await world.refused([...of("lent"), ...odd], { exit: 2, message: /could not hand on/u })
    await world.refused([...of("lent"), "--on", "dev", "--allow", "orders:read"], {
      exit: 2,
      message: /no target of AWS/u
    })
    Fs.writeFileSync(Path.join(world.home, ".aws/credentials"), "[lent]\naws_access_key_id = AKIA\n")
    await world.refused([...of("lent"), ...read], { exit: 2, message: /would go before/u })
    assert.strictEqual(Fs.readFileSync(config(), "utf8"), before)
  })

  it("leaves alone what is no text, and writes where a link leads", async () => {
    const before = Fs.readFileSync(config())
    const latin = Buffer.from("# f\u00fcr uns\n[default]\n", "latin1")
    Fs.writeFileSync(config(), latin)
    await world.refused([...profile, ...read], {
      exit: 2,
      message: /is not text in UTF-8/u,
      hint: /nothing was changed/u
    })
    assert.deepStrictEqual(Fs.readFileSync(config()), latin)
    const marked = "\uFEFF# f\u00fcr uns\n[default]\n"
    Fs.writeFileSync(config(), marked)
    Fs.rmSync(Path.join(world.home, ".aws/credentials"))
    await world.must([...profile, ...read])
    await world.must([...profile, "--remove"])
    assert.strictEqual(Fs.readFileSync(config(), "utf8"), marked)
    Fs.rmSync(config())
    Fs.symlinkSync("../later", config())
    await world.must([...profile, ...read])
    assert.isTrue(Fs.lstatSync(config()).isSymbolicLink())
    assert.match(Fs.readFileSync(Path.join(world.home, "later"), "utf8"), /^\[profile lent\]$/mu)
    Fs.rmSync(config())
    Fs.writeFileSync(config(), before)
  })

  it("warns of a key in the environment, which the AWS CLI takes before the profile", async () => {
    const said = async (env: AwsWorld.Variables) => (await world.run([...profile, ...read], { env })).stderr
    assert.match(await said(world.login), /^bailiwick: warning: AWS_ACCESS_KEY_ID .* before AWS_PROFILE=lent.*$/mu)
    assert.notMatch(await said({}), /warning/u)
    await world.must([...profile, "--remove"])
  })

  it("never asks itself for the login that it asks with", async () => {
    const env = { ...agent, BAILIWICK_CREDENTIAL_PROCESS: "1" }
    const words = ["credential-process", "--ttl", "25m", ...read]
    await world.refused(
      words,
      { exit: 2, message: /the broker's own login is a profile that asks the broker/u },
      { env }
    )
  })
})

describe("what is shown of a target of AWS", () => {
  it("is the document as AWS will hold it, its size, its risk and who holds what", async () => {
    const text = await world.must(["explain", ...read], { env: agent })
    assert.match(text, /"Action": "s3:GetObject"/u)
    assert.match(text, /"Resource": "arn:aws:s3:::acme\/team\/\*"/u)
    assert.match(text, /the session policy takes \d+ of 2048 characters/u)
    assert.match(text, /estimated risk: read; actions by level: 1 read/u)
    assert.match(text, /session-policy/u)
    assert.notMatch(text, /cut off/u)
    const more = ["--allow", "s3:GetObject,s3:PutObject", "--resource", "s3://acme/team/*", "--narrow"]
    assert.match(
      await world.must(["explain", "--on", "cloud", ...more], { env: agent }),
      /^ {2}cut off by the chain: aws s3:PutObject on arn:aws:s3:::acme\/team\/\*: the action is not allowed$/mu
    )
    const { document } = await world.json(["explain", ...read], { env: agent })
    assert.strictEqual(JSON.parse(document).call, "AssumeRole")
  })

  it("is what would be refused, with what was probably meant, before anybody signs it", async () => {
    const misspelt = ["--on", "cloud", "--allow", "s3:GetObjekt", "--resource", "s3://acme/team/*"]
    const file = world.file(
      "misspelt.json",
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObjekt","Resource":"*"}}'
    )
    const marker = Path.join(world.home, "misspelt")
    const before = Store.lines(world)
    const [message, hint] = [/AWS has no action "s3:GetObjekt"$/u, /did you mean s3:GetObject/u]
    await world.refused(["explain", ...misspelt], { exit: 8, message, hint }, { env: world.login })
    for (const words of [
      ["run", ...misspelt, ...world.signed, "--", "touch", marker],
      ["delegate", "claude", "--bearer", ...misspelt, ...world.signed],
      ["delegate", "claude", "--bearer", "--on", "cloud", "--policy-file", file, ...world.signed],
      ["setup", "aws", "--profile", "misspelt", ...misspelt]
    ]) {
      await world.refused(words, { exit: 2, message, hint }, { env: world.login })
    }
    const onward = ["delegate", "claude/sub", "--bearer", ...misspelt]
    await world.refused(onward, { exit: 2, message, hint }, { env: agent })
    assert.deepStrictEqual(Store.lines(world), before)
    assert.isFalse(Fs.existsSync(marker))
  })

  it("says which denial holds nothing, for it may be misspelt", async () => {
    const denying = (action: string) =>
      world.run(["explain", ...read, "--deny", action], { env: agent }).then(({ stderr }) => stderr)
    assert.strictEqual(await denying("s3:PutObject"), "")
    assert.match(
      await denying("s3:PutObjekt"),
      /^bailiwick: warning: AWS has no action "s3:PutObjekt", so its denial holds nothing today; did you mean s3:PutObject/u
    )
  })
})
