/** Policies as people have them, on a target of AWS: named ones, IAM documents, managed policies; and what is refused. */
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as RecordText from "./support/RecordText.ts"
import * as World from "./support/World.ts"

let world: AwsWorld.AwsWorld
/** May do anything in S3 on the target. */
let agent: AwsWorld.Variables
/** The managed policy whose grant the record describes, and one that the record does not name. */
let arn: string
let unnamed: string

const own = Array.from({ length: 60 }, (_, index) => `arn:aws:s3:::common-${index}/prefix/*`)

const iam = (statements: ReadonlyArray<object>) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 2)
const reads = { Effect: "Allow", Action: "s3:GetObject", Resource: [...own, "arn:aws:s3:::acme/shared/*"] }

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    aws.put("acme", "team/x", "hello")
    aws.put("acme", "shared/x", "shared")
    aws.put("acme", "secret/x", "secret")
    arn = aws.managed("common-reader", iam([reads]))
    unnamed = aws.managed("admin", FakeAws.everything)
    const settings = { ...RecordText.at(aws.url), managed_policies: `common=${arn}` }
    const cloud = RecordText.aws(aws.role({ name: "agent" }), aws.url, settings)
    const orders = RecordText.allow("oidc", ["orders:read"], ["urn:acme:api"])
    return {
      targets: { dev: RecordText.oidc(), cloud },
      profiles: {
        team: [RecordText.allow("aws", ["s3:GetObject"], ["arn:aws:s3:::acme/team/*"]), orders],
        orders: [orders],
        common: [RecordText.allow("aws", ["s3:GetObject"], reads.Resource)]
      }
    }
  })
  agent = await world.agent(["--on", "cloud", "--allow", "s3:*", "--resource", "*"])
}, World.patience)
afterAll(() => world.close())

const run = async (flags: ReadonlyArray<string>, steps: ReadonlyArray<string>, env = agent) => {
  const said = await world.sdk(["--on", "cloud", ...flags], steps, env)
  return said.slice(0, steps.length)
}

const explained = async (...flags: ReadonlyArray<string>) => {
  const answer = await world.json(["explain", "--on", "cloud", ...flags], { env: agent })
  return { ...answer, document: JSON.parse(answer.document) }
}

/** Refused with exactly these words, exit 2, and AWS never asked. */
const refused = async (args: ReadonlyArray<string>, message: string, hint?: string, env = agent) => {
  const before = world.aws.calls.length
  const ended = await world.run(args, { env })
  const lines = [`bailiwick: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])]
  assert.deepStrictEqual(
    { code: ended.code, stdout: ended.stdout, stderr: ended.stderr },
    {
      code: 2,
      stdout: "",
      stderr: `${lines.join("\n")}\n`
    }
  )
  assert.lengthOf(world.aws.calls.slice(before), 0)
}

describe("--policy", () => {
  it("is what an owner signed under that name, cut to the provider of the target", async () => {
    assert.deepStrictEqual(await run(["--policy", "team"], ["get team/x", "get secret/x"]), ["hello", "AccessDenied"])
    const { policy } = await explained("--policy", "team")
    assert.deepStrictEqual(policy.statements, [
      { provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme/team/*"] }
    ])
  })

  it("serves export, credential-process, delegate, login and setup aws alike", async () => {
    const policy = ["--on", "cloud", "--policy", "team"]
    assert.match((await world.json(["export", ...policy], { env: agent })).AWS_ACCESS_KEY_ID, /^ASIA/u)
    const document = JSON.parse(await world.must(["credential-process", ...policy], { env: agent }))
    assert.strictEqual(document.Version, 1)
    const env = await world.agent(["--on", "cloud,dev", "--policy", "team"], "other")
    assert.deepStrictEqual(await run([], ["get team/x", "get shared/x"], env), ["hello", "AccessDenied"])
    // A person, who signs exactly that for this run alone.
    const own = await run(["--policy", "team", ...world.signed], ["get team/x", "get shared/x"], world.login)
    assert.deepStrictEqual(own, ["hello", "AccessDenied"])
    await world.must(["setup", "aws", "--profile", "lent", ...policy])
    const config = Fs.readFileSync(Path.join(world.home, ".aws/config"), "utf8")
    assert.match(config, / credential-process --project acme --on cloud --policy team\n$/u)
  })

  it("is refused under an unknown name, without anything for the target, and beside another way to say it", async () => {
    const on = ["explain", "--on", "cloud"]
    for (const name of ["__proto__", "constructor", "*", ""]) {
      await world.refused([...on, "--policy", name], { exit: 2, message: /names no policy/u }, { env: agent })
    }
    await refused([...on, "--policy", "taem"], 'the project names no policy "taem"', 'did you mean "team"?')
    await refused(
      [...on, "--policy", "orders"],
      "--policy: orders allows nothing on a target of aws",
      "it speaks of oidc; name a target of these with --on"
    )
    const together = "--allow, --policy, --policy-file and --policy-arns exclude one another"
    for (const other of [
      ["--allow", "s3:GetObject"],
      ["--policy-file", "x"],
      ["--policy-arns", arn]
    ]) {
      await refused([...on, "--policy", "team", ...other], together, "give one of them")
    }
    await refused(
      [...on, "--policy", "team", "--deny", "s3:*"],
      "--resource and --deny do not go with --policy",
      "they go with --allow"
    )
  })
})

describe("--policy-file", () => {
  const file = (text: string) => world.file("policy.json", text)
  const cannot = (path: string) => `${path} cannot be taken as it stands: `

  it("takes an IAM document as it stands, from a file and from stdin", async () => {
    const text = iam([
      { Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"], Resource: "arn:aws:s3:::acme/*" },
      { Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::acme/secret/*" }
    ])
    const steps = ["get team/x", "get shared/x", "get secret/x", "put team/x"]
    const answers = ["hello", "shared", "AccessDenied", "AccessDenied"]
    assert.deepStrictEqual(await run(["--policy-file", file(text)], steps), answers)
    const piped = await world.must(["explain", "--on", "cloud", "--policy-file", "-", "--json"], {
      env: agent,
      input: text
    })
    assert.deepStrictEqual(JSON.parse(piped).policy, (await explained("--policy-file", file(text))).policy)
  })

  it("takes the project's own form too", async () => {
    const statements = [{ provider: "aws", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme/team/*"] }]
    const path = file(JSON.stringify({ statements, deny: [] }))
    assert.deepStrictEqual(await run(["--policy-file", path], ["get team/x", "get shared/x"]), [
      "hello",
      "AccessDenied"
    ])
  })

  it("is read at every start: credential-process never answers for what the file held before", async () => {
    const at = (prefix: string) => file(iam([{ ...reads, Resource: `arn:aws:s3:::acme/${prefix}/*` }]))
    const ask = async () => {
      const flags = ["--on", "cloud", "--policy-file", path]
      return JSON.parse(await world.must(["credential-process", ...flags], { env: agent })).AccessKeyId
    }
    const path = at("team")
    const first = await ask()
    assert.strictEqual(await ask(), first)
    at("shared")
    assert.notStrictEqual(await ask(), first)
    at("team")
    assert.strictEqual(await ask(), first)
  })

  it("is handed on to a profile by its place, and not from stdin", async () => {
    const path = file(iam([reads]))
    const setup = ["setup", "aws", "--profile", "filed", "--on", "cloud"]
    await world.must([...setup, "--policy-file", Path.basename(path)])
    const config = Fs.readFileSync(Path.join(world.home, ".aws/config"), "utf8")
    assert.include(config, ` --on cloud --policy-file ${Fs.realpathSync(path)}\n`)
    await refused([...setup, "--policy-file", "-"], "--policy-file: a profile has no stdin to read", "name a file")
  })

  it("holds networks and times as AWS does", async () => {
    const near = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/team/*" }
    const within = (Condition: object) => file(iam([{ ...near, Condition }]))
    const at = (ip: string) => within({ IpAddress: { "aws:SourceIp": ip } })
    assert.deepStrictEqual(await run(["--policy-file", at("127.0.0.0/8")], ["get team/x"]), ["hello"])
    assert.deepStrictEqual(await run(["--policy-file", at("192.0.2.0/24")], ["get team/x"]), ["AccessDenied"])
    const vpc = within({ StringEquals: { "aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1" } })
    // From outside the VPC the request carries neither.
    assert.deepStrictEqual(await run(["--policy-file", vpc], ["get team/x"]), ["AccessDenied"])
    const text = await world.must(["explain", "--on", "cloud", "--policy-file", vpc], { env: agent })
    assert.match(text, /in vpc-1, through vpce-1/u)
    assert.match(text, /network +session-policy/u)
  })

  it("is refused with the statement that does not fit, and nothing is asked", async () => {
    const flags = (path: string) => ["run", "--on", "cloud", "--policy-file", path, "--", "true"]
    const good = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*" }
    const second = (fields: object) => file(iam([good, fields]))
    const path = file("")
    await refused(
      flags(second({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })),
      `${cannot(path)}Statement[1] of the IAM document: NotAction has no counterpart`,
      "say what is allowed, with Action and Resource"
    )
    await refused(
      flags(second({ ...good, Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } })),
      `${cannot(path)}Statement[1] of the IAM document: Bool on "aws:MultiFactorAuthPresent" has no counterpart`,
      "the conditions are aws:SourceIp, aws:SourceVpc, aws:SourceVpce, aws:CurrentTime (DateLessThan) and aws:ResourceTag/…"
    )
    await refused(
      flags(second({ ...good, Resource: "arn:aws:s3:::acme/${aws:username}/*" })),
      `${cannot(path)}Statement[1] of the IAM document: "arn:aws:s3:::acme/\${aws:username}/*" holds a policy variable`,
      "write what the variable stands for"
    )
  })

  it("is refused where two readers could understand it differently, and when it is too large", async () => {
    const flags = (path: string) => ["explain", "--on", "cloud", "--policy-file", path]
    const kinds = "give an IAM document, or a policy as explain --json shows it"
    const path = file("")
    await refused(
      flags(file('{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}')),
      `${path} is no policy: JSON refused at character 24: a member name stands twice in one object`,
      kinds
    )
    await refused(
      flags(file(`\uFEFF${iam([{ Effect: "Allow", Action: "s3:*", Resource: "*" }])}`)),
      `${path} is no policy: JSON refused at character 0: it begins with a byte order mark`,
      kinds
    )
    const large = Array.from({ length: 300 }, (_, index) => ({ ...reads, Resource: `arn:aws:s3:::acme/${index}` }))
    await refused(
      flags(file(iam(large))),
      `${cannot(path)}the IAM document: it is larger than a policy may be, or holds odd text`,
      'give {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":…,"Resource":…}]}'
    )
    await refused(
      flags(file(" ".repeat(2_000_000))),
      `${path} holds more than 131072 bytes`,
      "nothing that is expected here is so large"
    )
    await refused(flags(world.home), `${world.home} is a directory`, "name a file in it")
    await refused(flags(""), '"" cannot be read', "check its name and its permissions")
    const { stderr } = await world.run(flags("-"), { env: agent, input: "{}" })
    assert.match(stderr, /^bailiwick: standard input is no policy: /u)
    await refused(
      ["explain", "--on", "dev", "--policy-file", file(iam([{ Effect: "Allow", Action: "s3:*", Resource: "*" }]))],
      `--policy-file: ${path} is an IAM document, and dev is a target of oidc`,
      "name targets of AWS with --on, or write the policy as JSON of the project's own form"
    )
  })

  it("may be asked about with policy check and policy test", async () => {
    const parent = world.file("parent.json", iam([{ Effect: "Allow", Action: "s3:*", Resource: "*" }]))
    await world.must(["policy", "check", "--parent", parent, "--child", file(iam([reads]))])
    const asked = ["policy", "test", "--policy", parent, "--on", "aws", "--action", "s3:GetObject"]
    await world.must([...asked, "--resource", "arn:aws:s3:::acme/x"])
  })
})

describe("managed policies", () => {
  it("are asked for as what the record says of them, and go inline as far as that fits", async () => {
    const { policy } = await explained("--policy-arns", arn)
    assert.sameMembers(policy.statements[0].resources, reads.Resource)
    const twice = await explained("--policy-arns", `${arn},${arn}`, "--policy-arns", arn)
    assert.deepStrictEqual(twice.policy, policy)
    await refused(
      ["explain", "--on", "cloud", "--policy-arns", `${arn},x`],
      `--policy-arns: the target does not name the managed policy "${arn},x"`,
      `did you mean ${arn}? Else an owner adds it to settings.managed_policies with the profile that says what it grants, and signs that with project apply`
    )
    await refused(
      ["explain", "--on", "cloud", "--policy-arns", `${arn},${unnamed}`],
      `--policy-arns: the target does not name the managed policy "${unnamed}"`,
      "an owner adds it to settings.managed_policies with the profile that says what it grants, and signs that with project apply"
    )
    await refused(
      ["explain", "--on", "cloud", "--policy-arns", arn.replace("reader", "raeder")],
      `--policy-arns: the target does not name the managed policy "${arn.replace("reader", "raeder")}"`,
      `did you mean ${arn}? Else an owner adds it to settings.managed_policies with the profile that says what it grants, and signs that with project apply`
    )
    await refused(
      ["explain", "--on", "dev", "--policy-arns", arn],
      "--policy-arns: dev is a target of oidc",
      "name targets of AWS with --on"
    )
  })

  it("hold what has no room in the session policy: real SDK, real evaluator, more than 2,048 characters", async () => {
    const large = world.file(
      "large.json",
      iam([reads, { Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::acme/team/*" }])
    )
    const before = world.assumed().length
    const steps = ["get shared/x", "put team/y", "get team/x", "get secret/x", "put shared/x"]
    assert.deepStrictEqual(await run(["--policy-file", large], steps), [
      "shared",
      "done",
      "AccessDenied",
      "AccessDenied",
      "AccessDenied"
    ])
    const [call] = world.assumed().slice(before)
    assert.strictEqual(call?.parameters.get("PolicyArns.member.1.arn"), arn)
    assert.notInclude(call?.parameters.get("Policy") ?? "", "common-")
    assert.notInclude(call?.parameters.get("Policy") ?? "", "shared")
    const { document, notes, report } = await explained("--policy-file", large)
    assert.deepStrictEqual(
      document.managed.map((one: { readonly arn: string; readonly profile: string }) => [one.arn, one.profile]),
      [[arn, "common"]]
    )
    assert.isTrue(notes.some((note: string) => note.includes(`the profile common, which ${arn} holds`)))
    assert.strictEqual(report.actions.held, "session-policy")
    assert.match(report.actions.note, /the profile common by arn:.*, as the project record says/u)
  })

  it("stand in for nothing that was not granted, and never without need", async () => {
    const one = world.file("one.json", iam([{ ...reads, Resource: own.slice(0, 3) }]))
    assert.deepStrictEqual((await explained("--policy-file", one)).document.managed, [])
    const large = Array.from({ length: 60 }, (_, index) => `arn:aws:s3:::private-${index}/prefix/*`)
    const other = world.file("other.json", iam([{ ...reads, Resource: large }]))
    const before = world.aws.calls.length
    await world.refused(
      ["run", "--on", "cloud", "--policy-file", other, "--", "true"],
      {
        exit: 8,
        message: /the session policy takes \d+ characters, 0 of them for denials, and \d+ are free/u,
        hint: /it fits in 2 requests/u
      },
      { env: agent }
    )
    assert.lengthOf(world.aws.calls.slice(before), 0)
  })

  it("mean what the record in force says: a profile that an owner narrows lifts no more", async () => {
    const copy = world.copy()
    try {
      const toml = Fs.readFileSync(Path.join(copy.home, "bailiwick.toml"), "utf8")
      const all = `resources = ${JSON.stringify(reads.Resource)}`
      assert.include(toml, all)
      copy.file(
        "bailiwick.toml",
        toml.replace(all, `resources = ${JSON.stringify([...reads.Resource, "arn:aws:s3:::more/*"])}`)
      )
      const large = copy.file("large.json", iam([reads]))
      const flags = ["explain", "--on", "cloud", "--policy-file", large]
      await copy.must(flags, { env: agent })
      await copy.must(["project", "apply", ...copy.signed])
      await copy.refused(flags, { exit: 8, message: /characters/u }, { env: agent })
    } finally {
      copy.remove()
    }
  })
})

describe("project apply", () => {
  const changed = (from: string, to: string) => {
    const toml = Fs.readFileSync(Path.join(world.home, "bailiwick.toml"), "utf8")
    assert.include(toml, from)
    return world.file("changed.toml", toml.replace(from, to))
  }

  it("refuses settings that a target could not use, before anybody signs them", async () => {
    const apply = (file: string) => ["project", "apply", "--file", file, ...world.signed]
    const nobody = changed(`common=${arn}`, `nobody=${arn}`)
    const form =
      "settings.managed_policies holds PROFILE=ARN, parted by blanks, such as reader=arn:aws:iam::111122223333:policy/reader; an owner changes the target and signs it with project apply"
    await refused(
      apply(nobody),
      `${nobody}: targets.cloud: "${arn}" stands for a profile "nobody", which the project does not have for AWS`,
      form
    )
    const foreign = changed("111122223333:policy", "444455556666:policy")
    await refused(
      apply(foreign),
      `${foreign}: targets.cloud: "${arn.replace("111122223333", "444455556666")}" is a policy neither of the role's own account nor of AWS itself`,
      form
    )
    const old = changed("managed_policies", "policy_arns")
    const ended = await world.run(apply(old), { env: {} })
    assert.strictEqual(ended.code, 2)
    assert.match(ended.stderr, /targets\.cloud: the target has a setting "policy_arns", which means nothing to AWS/u)
  })
})

describe("what AWS says of the size", () => {
  it("is a warning from 80 percent on", async () => {
    world.aws.packs(91)
    try {
      const flags = ["--on", "cloud", "--policy", "team", "--ttl", "17m"]
      const ended = await world.run(["run", ...flags, "--", "true"], { env: agent })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stderr, /warning: the session policy and its tags take 91 % of the packed size/u)
      const exported = await world.run(["export", ...flags], { env: agent })
      assert.match(exported.stderr, /warning: the session policy and its tags take 91 %/u)
    } finally {
      world.aws.packs(undefined)
    }
    const quiet = await world.run(["run", "--on", "cloud", "--policy", "team", "--", "true"], { env: agent })
    assert.notInclude(quiet.stderr, "packed size of")
  })
})
