/**
 * An agent that wants a whole role: with its own session it asks the agents' issuer for what a cloud would exchange, sets
 * every variable by which SDKs are led elsewhere, and asks for more in every way that a command has.
 *
 * Over everything that happens in this file, each session that the broker asked STS for has a session policy, each key that
 * anybody was given is of such a session, and nothing that was meant for AWS went anywhere else.
 */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Https from "node:https"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Lease from "../../src/warm/Lease.ts"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Forge from "./support/Forge.ts"
import * as Front from "./support/Front.ts"
import * as RecordText from "./support/RecordText.ts"
import { Secrets } from "./support/Secrets.ts"
import * as World from "./support/World.ts"

const { read } = AwsWorld

const pool = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/broker/providers/broker"

/** Audiences that a cloud or a cluster gives more for than the token says; each stands in the record as a target's own. */
const exchanges = [
  "sts.amazonaws.com",
  "https://sts.amazonaws.com",
  "https://STS.AmazonAWS.com/",
  "https://sts.eu-west-1.amazonaws.com",
  "https://sts%2Eamazonaws.com",
  "sts.amazonaws.com.cn",
  "urn:amazon:webservices",
  `//${pool}`,
  `https://${pool}`,
  `https://${pool}/`,
  `//${pool.toUpperCase()}`,
  "https://iam.googleapis.com/locations/global/workforcePools/p/providers/x",
  "https://sts.googleapis.com/v1/token",
  "api://AzureADTokenExchange",
  "API://azureadtokenexchange/",
  "api%3A%2F%2FAzureADTokenExchange",
  "api://AzureADTokenExchangeUSGov",
  "api://AzureADTokenExchangeChina",
  "https://login.microsoftonline.com/tenant/v2.0",
  "https://sts.windows.net/tenant/",
  "https://management.azure.com/.default",
  "https://storage.azure.com",
  "https://kubernetes.default.svc",
  "https://kubernetes.default.svc.cluster.local",
  "vault.workload.identity",
  "vault",
  "sigstore",
  "sts.aliyuncs.com",
  "https://sts%E3%80%82amazonaws.com/",
  '"sts.amazonaws.com"'
]
const mistaken = exchanges.map((audience, index) => [`x${index}`, audience] as const)

let world: AwsWorld.AwsWorld
let elsewhere: Awaited<ReturnType<typeof Front.catcher>>
let masked: Masked
/** The agent that is hostile: it may read the team's objects, and ask one API of the issuer's. */
let agent: string
/** An agent of an owner who made every mistake: it may use all those audiences, as far as the chain says. */
let misled: string
/** Another agent, with more than the hostile one. */
let richer: string
/** Every key that anybody was given. */
const given = new Set<string>()

/** Speaks TLS in the place of AWS, with a certificate that nobody vouches for. */
interface Masked {
  readonly server: Https.Server
  readonly url: string
  readonly certificate: string
  asked: number
}

const mask = async (): Promise<Masked> => {
  const about = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "-", ...about]
  const certificate = execFileSync("openssl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
  const server = Https.createServer({ key: certificate, cert: certificate }, (_, response) => {
    made.asked += 1
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const made: Masked = { server, url: `https://127.0.0.1:${Object(server.address()).port}`, certificate, asked: 0 }
  return made
}

beforeAll(async () => {
  elsewhere = await Front.catcher()
  masked = await mask()
  world = await AwsWorld.open((aws) => {
    aws.put("acme", "team/x", "hello")
    aws.put("acme", "teams/x", "a sibling's")
    const principal = aws.role({ name: "agent" })
    return {
      targets: {
        dev: RecordText.oidc(),
        ...Object.fromEntries(mistaken.map(([alias, audience]) => [alias, RecordText.oidc(audience)])),
        cloud: RecordText.aws(principal, aws.url),
        admin: RecordText.aws(aws.role({ name: "admin" }), aws.url),
        abroad: RecordText.aws("arn:aws:iam::444455556666:role/agent", aws.url),
        masked: {
          provider: "aws",
          principal,
          region: RecordText.region,
          endpoint: masked.url,
          settings: { method: "scoped" }
        },
        // At no endpoint but AWS's own.
        real: { provider: "aws", principal, region: RecordText.region, settings: { method: "scoped" } }
      }
    }
  })
  agent = await world.session("claude", read)
  const everywhere = ["dev", ...mistaken.map(([alias]) => alias)].flatMap((alias) => ["--on", alias])
  misled = await world.session("claude", [...everywhere, "--allow", "orders:read", "--resource", "*"])
  const both = ["--on", "cloud", "--on", "admin", "--allow", "s3:*", "--resource", "s3://acme/*"]
  richer = await world.session("other", both)
}, World.patience)
afterAll(async () => {
  elsewhere.close()
  masked.server.close()
  await world.close()
})

const as = (session: string, env: Readonly<Record<string, string>> = {}): World.Options => ({
  env: { ...world.login, ...env, BAILIWICK_SESSION: session }
})

/** The key that `credential-process` gives, which is noted. */
const key = async (words: ReadonlyArray<string>, options: World.Options): Promise<string> => {
  const { AccessKeyId } = JSON.parse(await world.must(["credential-process", ...words], options))
  assert.match(AccessKeyId, /^ASIA/u)
  given.add(AccessKeyId)
  return AccessKeyId
}

/** Refused in a line, before AWS is asked anything. */
const refused = async (
  words: ReadonlyArray<string>,
  { exit, message }: { readonly exit: number; readonly message: RegExp },
  options = as(agent)
) => {
  const before = world.aws.calls.length
  const ended = await world.run(words, options)
  assert.match(ended.stderr, /^bailiwick: .*\n(?:hint: .*\n)?$/u)
  assert.match(ended.stderr, message)
  assert.strictEqual(ended.stdout, "")
  assert.strictEqual(ended.code, exit, ended.stderr)
  assert.lengthOf(world.aws.calls.slice(before), 0)
}

/** What the credentials can do, as the real SDK finds out in the child. */
const can = async (words: ReadonlyArray<string>, { env = {} } = as(agent)): Promise<ReadonlyArray<unknown>> => {
  const steps = ["get team/x", "get teams/x", "put team/x", "list team/"]
  const lines = await world.sdk(["--deliver", "env", ...words], steps, env)
  given.add(lines.at(-1).AWS_ACCESS_KEY_ID)
  return lines.slice(0, steps.length)
}

const narrow = ["hello", "AccessDenied", "AccessDenied", "AccessDenied"]

describe("an agent that asks the agents' issuer", () => {
  it("gets a token for an API that its owner configured, signed as no cloud's exchange takes it", async () => {
    const { BAILIWICK_TOKEN: token } = await world.json(["export", "--on", "dev", "--allow", "orders:read"], as(misled))
    const [header = ""] = String(token).split(".")
    assert.deepInclude(JSON.parse(Buffer.from(header, "base64url").toString()), { alg: "Ed25519", typ: "at+jwt" })
    assert.strictEqual(Forge.payload(String(token)).aud, "urn:acme:api")
  })

  it.each(mistaken)("gets none for the mistaken target %s, %s", async (alias, audience) => {
    const belongs = { exit: 8, message: /belongs to .*, and agents get no such token\nhint: an owner takes it out/u }
    await refused(["export", "--on", alias, "--allow", "orders:read", "--resource", audience], belongs, as(misled))
  })

  it("gets none by a run or a process either", async () => {
    const belongs = { exit: 8, message: /belongs to AWS STS/u }
    for (const words of [
      ["run", "--on", "x0", "--allow", "orders:read", "--", "true"],
      ["credential-process", "--on", "x0"]
    ]) {
      await refused(words, belongs, as(misled))
    }
  })

  it("gets none by naming the audience as a resource of an honest target", async () => {
    for (const audience of exchanges.filter((_, index) => index % 5 === 0)) {
      const words = ["export", "--on", "dev", "--allow", "orders:read", "--resource", audience]
      await refused(words, { exit: 8, message: /audience/u }, as(misled))
    }
  })

  it("gets none by a policy document that names it", async () => {
    const file = world.file(
      "audience.json",
      JSON.stringify({
        statements: [{ provider: "oidc", actions: ["orders:read"], resources: ["urn:acme:api", "sts.amazonaws.com"] }],
        deny: []
      })
    )
    await refused(["export", "--on", "dev", "--policy-file", file], { exit: 8, message: /audience/u }, as(misled))
  })
})

describe("an agent that leads SDKs elsewhere", () => {
  const services = ["sts", "iam", "s3", "sso", "sso_oidc", "signin"]

  /** Every variable by which somebody else would be asked for, or told, what is meant for AWS. */
  const misleading = (): Readonly<Record<string, string>> => {
    const { url } = elsewhere
    const config = world.file(
      "their-config",
      `[default]\nregion = us-east-1\nendpoint_url = ${url}\nservices = there\nec2_metadata_service_endpoint = ${url}\n` +
        `[profile there]\naws_access_key_id = ${world.aws.broker.accessKeyId}\naws_secret_access_key = ${world.aws.broker.secretAccessKey}\n` +
        `endpoint_url = ${url}\nservices = there\n[services there]\n` +
        services.map((name) => `${name} =\n  endpoint_url = ${url}\n`).join("")
    )
    return {
      AWS_ENDPOINT_URL: url,
      ...Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name.toUpperCase()}`, url])),
      AWS_CONFIG_FILE: config,
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "true",
      AWS_STS_REGIONAL_ENDPOINTS: "legacy",
      AWS_REGION: `x@${new URL(url).host}/`,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_CA_BUNDLE: config,
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `${url}/`,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "Bearer x",
      AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/admin",
      AWS_ROLE_SESSION_NAME: "admin",
      ...Object.fromEntries(
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
          [name, url],
          [name.toLowerCase(), url]
        ])
      ),
      NO_PROXY: "",
      no_proxy: ""
    }
  }

  it.each([
    ["with the keys of the environment", {}],
    ["with a profile that names an endpoint", { AWS_PROFILE: "there" }],
    ["with a web identity of its own making", { AWS_WEB_IDENTITY_TOKEN_FILE: "/etc/hostname" }]
  ] as const)("%s leads nothing there, and gets no more", async (_, more) => {
    const before = world.assumed().length
    await key([...read, "--ttl", `${20 + before}m`], as(agent, { ...misleading(), ...more }))
    // The child is led nowhere either; that it must ask for no FIPS endpoint of this AWS is its own business.
    const env = { ...misleading(), ...more, AWS_USE_FIPS_ENDPOINT: "false", AWS_USE_DUALSTACK_ENDPOINT: "false" }
    assert.deepStrictEqual(await can(read, as(agent, env)), narrow)
    assert.isAbove(world.assumed().length, before)
    assert.deepStrictEqual(elsewhere.caught, [])
  })

  it("by a login that takes on the role itself gets no more, and the login's own key stays with the broker", async () => {
    const config = world.file(
      "their-role",
      `[profile whole]\nrole_arn = arn:aws:iam::111122223333:role/agent\ncredential_source = Environment\nendpoint_url = ${elsewhere.url}\n`
    )
    const principal = "arn:aws:iam::111122223333:role/agent"
    // As generous as it gets: the role trusts itself too.
    const broker = world.assumed()[0]?.by ?? ""
    world.aws.role({ name: "agent", trusted: [broker, principal] })
    const env = { ...misleading(), AWS_CONFIG_FILE: config, AWS_PROFILE: "whole" }
    const before = world.assumed().length
    await key([...read, "--ttl", "41m"], as(agent, env))
    const [asLogin, asAgent, ...others] = world.assumed().slice(before)
    assert.deepStrictEqual(others, [])
    assert.strictEqual(asLogin?.by, broker)
    assert.match(asAgent?.by ?? "", /assumed-role\/agent/u)
    assert.deepStrictEqual(elsewhere.caught, [])
  })

  // A long-lived key asks by AssumeRole, a session by GetScopedCredentials: two clients of HTTP, and one proxy.
  it.each([
    ["a key", () => world.aws.broker],
    ["a session", () => world.aws.login("agent")]
  ] as const)("by a proxy, with the login of %s, shows it the name of AWS, and nothing else", async (_, loginOf) => {
    const session = await world.session("claude", ["--on", "real", ...read.slice(2)])
    const login = AwsWorld.keyOf(loginOf())
    const env = { ...login, HTTP_PROXY: elsewhere.url, HTTPS_PROXY: elsewhere.url }
    const before = elsewhere.caught.length
    await refused(
      ["run", "--on", "real", "--", "true"],
      { exit: 8, message: /sts\.eu-west-1\.amazonaws\.com .*\nhint: check .*prox/iu },
      as(session, env)
    )
    const caught = [...new Set(elsewhere.caught.slice(before))]
    assert.lengthOf(caught, 1)
    assert.match(caught[0] ?? "", /^CONNECT sts\.eu-west-1\.amazonaws\.com:443 /u)
    for (const secret of [...Object.values(login), "Credential=", "Policy="]) {
      assert.notInclude(caught[0], secret)
    }
    // What is no proxy is not passed over in silence.
    const asked = elsewhere.caught.length
    const malformed = { ...env, HTTPS_PROXY: "proxy.acme.test:3128" }
    const said = { exit: 8, message: /the proxy of HTTPS_PROXY/u }
    await refused(["run", "--on", "real", "--", "true"], said, as(session, malformed))
    assert.lengthOf(elsewhere.caught.slice(asked), 0)
  })
})

describe("an agent that tells Node to believe everybody", () => {
  // As above: two clients of HTTP.
  it.each([
    ["a key", () => world.aws.broker],
    ["a session", () => world.aws.login("agent")]
  ] as const)("with the login of %s, has AWS's certificate checked all the same", async (_, loginOf) => {
    const session = await world.session("claude", ["--on", "masked", ...read.slice(2)])
    const login = AwsWorld.keyOf(loginOf())
    const words = ["run", "--on", "masked", "--", "true"]
    const untrusted = { exit: 8, message: /a certificate that this machine does not trust/u }
    await refused(words, untrusted, as(session, { ...login, NODE_TLS_REJECT_UNAUTHORIZED: "0" }))
    assert.strictEqual(masked.asked, 0)
    // The control: one that is vouched for is asked.
    const NODE_EXTRA_CA_CERTS = world.file("authority.pem", masked.certificate)
    const vouched = { exit: 8, message: /no answer of AWS/u }
    await refused(words, vouched, as(session, { ...login, NODE_EXTRA_CA_CERTS }))
    assert.isAbove(masked.asked, 0)
    masked.asked = 0
  })

  it("has its own children told so still", async () => {
    const variable = "NODE_TLS_REJECT_UNAUTHORIZED"
    const said = await world.must(["run", ...read, "--", "printenv", variable], as(agent, { [variable]: "0" }))
    assert.strictEqual(said, "0")
  })
})

describe("an agent that asks for more", () => {
  it("of what it may have, gets that", async () => {
    assert.deepStrictEqual(await can(read), narrow)
  })

  it.each([
    [
      "another target",
      ["--on", "admin", "--allow", "s3:GetObject", "--resource", "s3://acme/team/*"],
      4,
      /target admin/u
    ],
    [
      "another account",
      ["--on", "abroad", "--allow", "s3:GetObject", "--resource", "s3://acme/team/*"],
      4,
      /target abroad/u
    ],
    ["a role for a target", ["--on", "arn:aws:iam::444455556666:role/admin"], 2, /there is no target/u],
    ["a target with settings", ["--on", "cloud.settings.principal=admin"], 2, /there is no target/u],
    [
      "other actions",
      ["--on", "cloud", "--allow", "s3:PutObject", "--resource", "s3://acme/team/*"],
      4,
      /s3:PutObject/u
    ],
    ["all actions", ["--on", "cloud", "--allow", "*", "--resource", "*"], 4, /more than is allowed/u],
    ["a role", ["--on", "cloud", "--allow", "sts:AssumeRole", "--resource", "*"], 4, /sts:AssumeRole/u],
    ["IAM", ["--on", "cloud", "--allow", "iam:*", "--resource", "*"], 4, /iam:\*/u],
    ["a sibling", ["--on", "cloud", "--allow", "s3:GetObject", "--resource", "s3://acme/teams/*"], 4, /teams/u],
    [
      "a whole bucket",
      ["--on", "cloud", "--allow", "s3:GetObject", "--resource", "s3://acme/*"],
      4,
      /more than is allowed/u
    ],
    ["a longer life", [...read, "--ttl", "30d"], 4, /30d|s are allowed/u],
    [
      "no restriction",
      [...read, "--policy-arns", "arn:aws:iam::aws:policy/AdministratorAccess"],
      2,
      /exclude one another/u
    ],
    ["a managed policy", ["--on", "cloud", "--policy-arns", "arn:aws:iam::aws:policy/AdministratorAccess"], 2, /./u],
    ["a named policy", ["--on", "cloud", "--policy", "admin"], 2, /./u],
    ["a variable", ["--on", "cloud", "--allow", "s3:GetObject", "--resource", "s3://acme/${aws:username}/*"], 2, /./u],
    [
      "a document by a resource",
      [
        "--on",
        "cloud",
        "--allow",
        "s3:GetObject",
        "--resource",
        's3://acme/team/*"},{"Effect":"Allow","Action":"*","Resource":"*'
      ],
      2,
      /no AWS resource/u
    ],
    [
      "a document by an action",
      ["--on", "cloud", "--allow", 's3:GetObject","s3:PutObject', "--resource", "s3://acme/team/*"],
      4,
      /./u
    ]
  ] as const)("%s is refused before AWS is asked", async (_, words, exit, message) => {
    await refused(["credential-process", ...words], { exit, message })
  })

  it("by a run or an export is refused alike", async () => {
    const more = ["--on", "cloud", "--allow", "s3:PutObject", "--resource", "s3://acme/team/*"]
    await refused(["run", ...more, "--", "true"], { exit: 4, message: /s3:PutObject/u })
    await refused(["export", ...more], { exit: 4, message: /s3:PutObject/u })
    await refused(["run", "--on", "admin", "--", "true"], { exit: 4, message: /target admin/u })
  })

  it("by accepting what nobody holds is told that only the signed chain may", async () => {
    for (const dimension of ["actions", "resources", "actions,resources,expiry,network"]) {
      const ended = await world.run(["run", ...read, "--accept-unenforced", dimension, "--", "true"], as(agent))
      assert.notStrictEqual(ended.code, 10)
      assert.notInclude(ended.stderr, "defect")
    }
    assert.deepStrictEqual(await can([...read, "--accept-unenforced", "actions,resources"]), narrow)
  })

  it("by taking what is left has no more than the chain, for no longer", async () => {
    const wide = ["--on", "cloud", "--allow", "*", "--resource", "*", "--ttl", "30d", "--narrow"]
    assert.deepStrictEqual(await can(wide), narrow)
  })

  it("by tags chooses none that AWS sees", async () => {
    const tags = ["RoleArn=arn:aws:iam::111122223333:role/admin", "bailiwick-agent=ai:other@acme", "Policy=none"]
    assert.deepStrictEqual(await can([...read, "--ttl", "22m", ...tags.flatMap((tag) => ["--tag", tag])]), narrow)
    const { parameters } = world.assumed().at(-1) ?? { parameters: new Map<string, string>() }
    assert.strictEqual(parameters.get("RoleArn"), "arn:aws:iam::111122223333:role/agent")
    const sent = [...parameters].filter(([name]) => name.startsWith("Tags.member.")).map(([, value]) => value)
    assert.notInclude(sent, "ai:other@acme")
    assert.include(sent, "ai:claude@acme")
  })

  const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] })

  it.each([
    ["NotAction", document({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })],
    ["NotResource", document({ Effect: "Allow", Action: "s3:GetObject", NotResource: "arn:aws:s3:::x/*" })],
    ["a principal", document({ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" })],
    ["everything", document({ Effect: "Allow", Action: "*", Resource: "*" })],
    ["no statement", JSON.stringify({ Version: "2012-10-17", Statement: [] })],
    ["an empty statement", document({})],
    ["nothing", ""],
    ["an empty object", "{}"],
    ["an empty policy", JSON.stringify({ statements: [], deny: [] })],
    ["null", "null"],
    [
      "a policy of another provider",
      JSON.stringify({ statements: [{ provider: "oidc", actions: ["*"], resources: ["*"] }], deny: [] })
    ],
    [
      "a policy of a provider that is none",
      JSON.stringify({ statements: [{ provider: "AWS", actions: ["*"], resources: ["*"] }], deny: [] })
    ]
  ])("by a policy file that holds %s is refused", async (_, text) => {
    const before = world.aws.calls.length
    const file = world.file("policy.json", text)
    const ended = await world.run(["credential-process", "--on", "cloud", "--policy-file", file], as(agent))
    assert.oneOf(ended.code, [2, 4, 8], ended.stderr)
    assert.match(ended.stderr, /^bailiwick: .*\n(?:hint: .*\n)?$/u)
    assert.strictEqual(ended.stdout, "")
    assert.lengthOf(world.aws.calls.slice(before), 0)
  })

  it("by a policy file that fits gets what is in it", async () => {
    const text = document({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/team/*" })
    const file = world.file("policy.json", text)
    await key(["--on", "cloud", "--policy-file", file], as(agent))
  })

  it("by a sub-agent of its own passes on no more than it has", async () => {
    const wider = ["--on", "cloud", "--allow", "s3:*", "--resource", "s3://acme/*"]
    await refused(["delegate", "claude/sub", "--bearer", ...wider], { exit: 4, message: /./u })
    const other = ["--on", "admin", "--allow", "s3:GetObject", "--resource", "s3://acme/team/*"]
    await refused(["delegate", "claude/sub", "--bearer", ...other], { exit: 4, message: /./u })
    const sub = await world.redeem(await world.must(["delegate", "claude/sub", "--bearer", ...read], as(agent)))
    assert.deepStrictEqual(await can(read, as(sub)), narrow)
    await refused(["run", ...wider, "--", "true"], { exit: 4, message: /more than is allowed/u }, as(sub))
  })
})

describe("an agent that edits what lies around", () => {
  const cache = () => Path.join(world.store, "cache")
  const of = (session: string, end: string) =>
    Fs.readdirSync(cache())
      .filter((name) => name.startsWith(Forge.readSession(session).id) && name.endsWith(end))
      .map((name) => Path.join(cache(), name))
  const entries = (store: string) =>
    Fs.readdirSync(Path.join(store, "cache"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => Path.join(store, "cache", name))
  const isNote = (path: string) => path.endsWith(".lease.json")
  const seedOf = (session: string) => Forge.readSession(session).key.seed
  const words = [...read, "--ttl", "25m"]

  it("replays its own note under other words, and is decided anew", async () => {
    await key(words, as(agent))
    for (const wider of [
      ["--on", "cloud", "--allow", "s3:*", "--resource", "*"],
      ["--on", "admin"],
      ["--on", "cloud", "--allow", "*"]
    ]) {
      const [note = ""] = of(agent, ".lease.json")
      const place = { seed: seedOf(agent), session: Forge.readSession(agent).id, words: wider }
      Fs.copyFileSync(note, Path.join(cache(), Lease.fileName(place)))
      const ended = await world.run(["credential-process", ...wider], as(agent))
      assert.oneOf(ended.code, [2, 4], ended.stderr)
      assert.strictEqual(ended.stdout, "")
    }
  })

  it("notes another session's entry as its own, and cannot open it", async () => {
    const theirs = await key(["--on", "admin", "--ttl", "26m"], as(richer))
    const entry = of(richer, ".json").find((path) => !isNote(path)) ?? ""
    const reuse = Path.basename(entry).slice(Forge.readSession(richer).id.length + 1, -".json".length)
    const id = Forge.readSession(agent).id
    const place = { seed: seedOf(agent), session: id, words: [...words, "--narrow"] }
    Fs.writeFileSync(Path.join(cache(), Lease.fileName(place)), Lease.seal(place, { reuse, renew: 4_000_000_000 }), {
      mode: 0o600
    })
    Fs.copyFileSync(entry, Path.join(cache(), `${id}-${reuse}.json`))
    const own = await key(place.words, as(agent))
    assert.notStrictEqual(own, theirs)
  })

  it("puts a program of its own before the system's on PATH, and the broker, which holds a login, runs none of it", async () => {
    const bin = Path.join(world.home, "planted")
    const called = Path.join(world.home, "called")
    Fs.mkdirSync(bin)
    for (const name of ["mkfifo", "sh", "env", "node", "aws", "id", "tty", "ps", "uname"]) {
      Fs.writeFileSync(Path.join(bin, name), `#!/bin/sh\necho ${name} $AWS_ACCESS_KEY_ID >> ${called}\n`, {
        mode: 0o755
      })
    }
    const PATH = `${bin}:/usr/bin:/bin`
    const words = ["run", ...read, "--"]
    // Nothing but a denial makes the broker listen to what the child says.
    const hint = await world.run([...words, ...AwsWorld.child, "put team/x"], as(agent, { PATH }))
    assert.match(hint.stdout, /AccessDenied/u)
    assert.isFalse(Fs.existsSync(called), "a program from PATH was run")
    // The control: the child is looked for there, and has no login of the broker's.
    await world.must([...words, "aws"], as(agent, { PATH }))
    assert.strictEqual(Fs.readFileSync(called, "utf8"), "aws\n")
  })

  it.each<[what: string, spoil: (store: string) => void, ends: Array<number | null>]>([
    ["empties its entries", (store) => entries(store).forEach((path) => Fs.writeFileSync(path, "{}")), [0]],
    ["cuts its entries short", (store) => entries(store).forEach((path) => Fs.truncateSync(path, 20)), [0]],
    ["sets the generation back", (store) => Fs.writeFileSync(Path.join(store, "generation"), "1\n"), [0, 3, 9]],
    ["sets the generation forward", (store) => Fs.writeFileSync(Path.join(store, "generation"), "999999\n"), [0, 3, 9]],
    ["takes the generation away", (store) => Fs.rmSync(Path.join(store, "generation")), [0, 3, 9]]
  ])("%s, and is given what the chain gives or nothing", async (_, spoil, ends) => {
    await key(words, as(agent))
    const copy = world.copy()
    spoil(copy.store)
    const ended = await copy.run(["credential-process", ...words], as(agent))
    assert.oneOf(ended.code, ends, ended.stderr)
    if (ended.code === 0) given.add(JSON.parse(ended.stdout).AccessKeyId)
    const more = ["credential-process", "--on", "cloud", "--allow", "s3:PutObject", "--resource", "s3://acme/team/*"]
    const refused = await copy.run(more, as(agent))
    assert.oneOf(refused.code, [3, 4, 9], refused.stderr)
    assert.strictEqual(refused.stdout, "")
    copy.remove()
  })
})

describe("over everything that was tried", () => {
  it("each session that the broker asked for an agent has a session policy, and each key given is of such a session", () => {
    const forAgents = world.assumed().filter(({ parameters }) => parameters.get("RoleSessionName")?.startsWith("bw-"))
    assert.isAbove(forAgents.length, 10)
    for (const { parameters } of forAgents) {
      const { Statement } = JSON.parse(parameters.get("Policy") ?? "{}")
      const allowed = Statement.filter((one: Forge.Json) => one.Effect === "Allow")
      assert.isNotEmpty(allowed)
      assert.notInclude(JSON.stringify(allowed.map((one: Forge.Json) => one.Action)), '"*"')
    }
    // All others are the broker's own login, as an agent's own profile had it.
    const others = world.assumed().filter((call) => !forAgents.includes(call))
    assert.deepStrictEqual(
      [...new Set(others.map(({ parameters }) => parameters.get("RoleArn")))],
      ["arn:aws:iam::111122223333:role/agent"]
    )
    assert.isAbove(given.size, 10)
    for (const one of given) {
      const narrowed = world.aws.world.callers.get(one)?.session?.narrowed ?? []
      assert.isNotEmpty(narrowed, `${one} is of a session without a session policy`)
      assert.isNotEmpty(narrowed.flat())
    }
  })

  it("no secret of AWS lies anywhere in the clear, of the login or of what was lent", () => {
    const secrets = new Secrets()
    for (const { accessKeyId, secret, session } of world.aws.world.callers.values()) {
      secrets.text(`secret key of ${accessKeyId}`, secret)
      if (session !== undefined) secrets.text(`token of ${accessKeyId}`, session.token)
    }
    assert.isAbove(secrets.names.length, 20)
    assert.deepStrictEqual(secrets.inFiles(world.home, ["state", "config", "run"]), [])
    const { accessKeyId } = world.aws.broker
    assert.include(secrets.inFiles(world.home, ["."]).join(), `secret key of ${accessKeyId}`, "the control")
  })
})
