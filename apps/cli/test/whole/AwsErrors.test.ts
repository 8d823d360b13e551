/**
 * Every trouble that AWS can be in, from its answer to what the user reads: one line with the cause, one with the fix, a
 * stable code, a session that ended as failed, a line in the log, a command that never started, and none of the secrets
 * that the answer held.
 */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Front from "./support/Front.ts"
import * as RecordText from "./support/RecordText.ts"
import { Secrets } from "./support/Secrets.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

const { child, read } = AwsWorld
const places = ["state", "config", "run"]

const externalId = "external-id-that-only-the-trust-policy-knows"
const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"broker"}').toString("base64url")}.c2lnbmF0dXJl`

let world: AwsWorld.AwsWorld
let front: Front.Front
let env: AwsWorld.Variables
const secrets = new Secrets()
/** What the answers hold, in the very words that must go no further. */
let planted: string

/** Endpoints at which nothing good can happen. */
const nowhere: Record<string, string> = { refused: "http://127.0.0.1:1", unnamed: "https://sts.nowhere.invalid" }
const servers: Array<{ close(): void }> = []

beforeAll(async () => {
  world = await AwsWorld.open(async (aws) => {
    const broker = aws.role({ name: "broker" })
    const principal = aws.role({ name: "agent", trusted: [broker], externalId })
    aws.put("acme", "team/x", "hello")
    front = await Front.start(aws.url)
    await listen()
    const settings = { ...RecordText.at(aws.url), external_id: externalId }
    const targets = Object.entries({ cloud: front.url, ...nowhere }).map(
      ([name, endpoint]) => [name, RecordText.aws(principal, endpoint, settings)] as const
    )
    return { targets: Object.fromEntries(targets) }
  })
  const login = world.aws.login("broker")
  secrets.text("the broker's access key", login.accessKeyId)
  secrets.text("the broker's secret key", login.secretAccessKey)
  secrets.text("the broker's session token", login.sessionToken ?? "")
  secrets.text("a web identity", jwt)
  planted = [login.accessKeyId, login.secretAccessKey, login.sessionToken, externalId, jwt].join(" ")
  const targets = ["cloud", ...Object.keys(nowhere)].flatMap((name) => ["--on", name])
  const session = await world.session("claude", [...targets, ...read.slice(2)])
  env = { ...AwsWorld.keyOf(login), BAILIWICK_SESSION: session }
}, World.patience)
afterEach(() => front.put())
afterAll(async () => {
  for (const server of [front, ...servers]) server.close()
  await world.close()
})

const listen = async () => {
  const port = (server: Net.Server) =>
    new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve(Object(server.address()).port)))
  const mute = Net.createServer((socket) => void socket.on("error", () => {}).end("SSH-2.0-none\r\n"))
  servers.push(mute)
  nowhere.mute = `http://127.0.0.1:${await port(mute)}`
  const pem = selfSigned()
  const strange = Https.createServer({ key: pem, cert: pem }, (_, response) => void response.end())
  servers.push(strange)
  nowhere.strange = `https://127.0.0.1:${await port(strange)}`
}

/** A certificate that nobody vouches for. */
const selfSigned = (): string =>
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "-", "-subj", "/CN=127.0.0.1", "-days", "1"],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }
  )

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const refusal =
  (code: string, status: number, message = ""): Front.Instead =>
  (_, __, response) => {
    const body = `<Type>Sender</Type><Code>${code}</Code><Message>${escaped(`${message} ${planted}`)}</Message>`
    response
      .writeHead(status, { "content-type": "text/xml", date: new Date().toUTCString() })
      .end(`<ErrorResponse><Error>${body}</Error><RequestId>1</RequestId></ErrorResponse>`)
  }

const answer =
  (status: number, body: string, type = "text/html"): Front.Instead =>
  (_, __, response) => {
    response.writeHead(status, { "content-type": type, date: new Date().toUTCString() }).end(body)
  }

/** Of a case what the user is told, and how often AWS is asked: at most four times, and once for what stays. */
interface Told {
  readonly says: RegExp
  readonly fix: RegExp
  readonly asks?: number
}

const lastFailure = () => {
  const line = Store.lines(world).findLast((text) => text.includes('"issue.failed"'))
  return JSON.parse(line ?? "{}")
}

const failed = () =>
  Number(
    Store.read(world, (rows) => rows("SELECT count(*) AS n FROM credential_sessions WHERE status = 'failed'"))[0]?.n
  )

/** The whole promise for one kind of trouble. */
const holds = async (reason: string, { asks, fix, says }: Told, on = "cloud") => {
  const words = ["--on", on, ...read.slice(2)]
  const marker = Path.join(world.home, "started")
  const before = failed()
  const ended = await world.run(["run", ...words, "--", "touch", marker], { env })
  if (asks !== undefined) assert.strictEqual(front.count, asks, "how often AWS was asked")
  const [line = "", hint = "", ...more] = ended.stderr.trimEnd().split("\n")
  assert.match(line, /^bailiwick: aws: \S/u, ended.stderr)
  assert.match(line, says)
  assert.match(hint, /^hint: \S/u)
  assert.match(hint, fix)
  assert.deepStrictEqual(more, [])
  assert.strictEqual(ended.code, 8)
  assert.isFalse(Fs.existsSync(marker), "nothing was started")
  assert.strictEqual(failed() - before, 1, "the session stands as failed")
  const { outcome, detail } = lastFailure()
  assert.deepInclude({ outcome, ...detail }, { outcome: "failed", reason, provider: "aws" })
  const json = await world.run(["export", ...words, "--json"], { env })
  assert.deepStrictEqual(JSON.parse(json.stderr), {
    error: { code: "provider-failed", message: line.slice("bailiwick: ".length), hint: hint.slice("hint: ".length) }
  })
  assert.strictEqual(json.code, 8)
  assert.strictEqual(ended.stdout + json.stdout, "")
  const said = ended.stderr + json.stderr
  assert.deepStrictEqual(secrets.in(said), [])
  assert.notInclude(said, externalId)
  assert.notInclude(Store.lines(world).slice(-8).join("\n"), externalId)
  assert.deepStrictEqual(secrets.inFiles(world.home, places), [])
}

describe("a refusal of AWS reaches the user with its cause and its fix, and no secret", () => {
  it("where there is none, the command runs", async () => {
    const text = await world.must(["run", ...read, "--", ...child, "get team/x"], { env })
    assert.include(text, "hello")
  })

  it.each<[code: string, status: number, reason: string, told: Told, message?: string]>([
    ["MalformedPolicyDocument", 400, "Misconfigured", { says: /could not read/u, fix: /bailiwick explain.*report/u }],
    ["PackedPolicyTooLarge", 400, "PolicyTooLarge", { says: /AWS packs/u, fix: /fewer resources.*attribution/u }],
    [
      "PackedPolicyTooLarge",
      400,
      "PolicyTooLarge",
      { says: /take 127 % of what/u, fix: /two runs/u },
      "Packed policy consumes 127% of allotted space, please use smaller policy."
    ],
    [
      "RegionDisabledException",
      403,
      "Misconfigured",
      { says: /eu-west-1/u, fix: /enable-region --region-name eu-west-1/u }
    ],
    ["ExpiredTokenException", 400, "ExpiredSource", { says: /has ended/u, fix: /aws sso login/u }],
    ["ExpiredToken", 403, "ExpiredSource", { says: /has ended/u, fix: /aws sso login/u }],
    ["IDPRejectedClaim", 403, "AccessDenied", { says: /identity provider/u, fix: /sub and aud/u }],
    ["IDPCommunicationError", 400, "Unreachable", { says: /could not ask/u, fix: /discovery document/u, asks: 4 }],
    ["InvalidIdentityToken", 400, "Misconfigured", { says: /web identity token/u, fix: /OIDC provider/u }],
    [
      "AccessDenied",
      403,
      "AccessDenied",
      { says: /assume arn:aws:iam::111122223333:role\/agent/u, fix: /bailiwick setup role/u }
    ],
    ["AccessDeniedException", 403, "AccessDenied", { says: /assume arn:aws/u, fix: /sts:ExternalId|external_id/u }],
    [
      "AccessDenied",
      403,
      "AccessDenied",
      { says: /put tags.*\(sts:TagSession\)/u, fix: /add sts:TagSession.*settings\.attribution/u },
      "User: x is not authorized to perform: sts:TagSession on resource: y"
    ],
    [
      "AccessDenied",
      403,
      "AccessDenied",
      { says: /source identity.*\(sts:SetSourceIdentity\)/u, fix: /add sts:SetSourceIdentity/u },
      "User: x is not authorized to perform: sts:SetSourceIdentity on resource: y"
    ],
    [
      "AccessDenied",
      403,
      "AccessDenied",
      { says: /assume arn:aws/u, fix: /service control policy.*CloudTrail/u },
      "User: x is not authorized to perform: sts:AssumeRole on resource: y with an explicit deny in a service control policy"
    ],
    [
      "InvalidClientTokenId",
      403,
      "ExpiredSource",
      { says: /access key/u, fix: /another partition.*AWS_SESSION_TOKEN/u }
    ],
    ["SignatureDoesNotMatch", 403, "Misconfigured", { says: /secret key or this machine's clock/u, fix: /NTP/u }],
    ["ValidationError", 400, "Misconfigured", { says: /parameter of AssumeRole/u, fix: /external_id.*project apply/u }],
    [
      "ValidationError",
      400,
      "Misconfigured",
      { says: /an hour for a broker/u, fix: /--ttl.*--max-session-duration/u },
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    ],
    ["Throttling", 400, "Throttled", { says: /several times/u, fix: /in a minute/u, asks: 4 }],
    [
      "ServiceUnavailable",
      503,
      "Unreachable",
      { says: /fails at the moment.*HTTP 503/u, fix: /Health Dashboard/u, asks: 4 }
    ],
    ["SomethingNew", 400, "Misconfigured", { says: /\(SomethingNew\)/u, fix: /look SomethingNew up/u }]
  ])("%s (%i) as %s %o", async (code, status, reason, told, message) => {
    front.put(refusal(code, status, message))
    await holds(reason, { asks: told.says.source.includes("signature") ? 2 : 1, ...told })
  })
})

describe("what is no answer of AWS at all", () => {
  const page = () => `<html><body><p>Please log in<br>${planted}</body></html>`
  const proxy = { says: /no answer of AWS/u, fix: /proxy or a login page/u }

  it.each<[what: string, instead: () => Front.Instead, told: Told]>([
    ["a login page", () => answer(200, page()), proxy],
    ["a page that is well-formed", () => answer(200, "<html><body>Please log in</body></html>"), proxy],
    ["nothing", () => answer(200, ""), proxy],
    ["JSON", () => answer(200, JSON.stringify({ planted }), "application/json"), proxy],
    ["a proxy that refuses", () => answer(403, "<html><body>Blocked</body></html>"), proxy],
    ["a proxy that wants a password", () => answer(407, page()), proxy],
    ["a redirect", () => (_, __, response) => void response.writeHead(302, { location: nowhere.mute }).end(), proxy],
    [
      "XML that breaks off",
      () => answer(200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA", "text/xml"),
      proxy
    ],
    [
      "an answer without credentials",
      () => answer(200, "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>", "text/xml"),
      proxy
    ],
    [
      "a gateway that fails",
      () => answer(502, page()),
      { says: /HTTP 502/u, fix: /Health Dashboard.*proxy/u, asks: 4 }
    ],
    [
      "a connection that breaks",
      () => (_, __, response) => void response.destroy(),
      { says: /breaks off \(ECONNRESET\)/u, fix: /firewall and proxy/u, asks: 4 }
    ]
  ])("%s", async (_, instead, told) => {
    front.put(instead())
    await holds("Unreachable", { asks: 1, ...told })
  })

  it.each<[target: string, told: Told]>([
    ["refused", { says: /127\.0\.0\.1:1 cannot be reached.*ECONNREFUSED/u, fix: /firewall and proxy.*project apply/u }],
    ["unnamed", { says: /sts\.nowhere\.invalid has no address.*E/u, fix: /DNS.*region and endpoint/u }],
    ["mute", { says: /does not speak the protocol/u, fix: /http or https/u }],
    ["strange", { says: /certificate that this machine does not trust/u, fix: /NODE_EXTRA_CA_CERTS/u }]
  ])("of an endpoint that is %s", async (on, told) => {
    await holds("Unreachable", told, on)
  })
})

describe("the broker's own login", () => {
  it("that is missing is said with what to do", async () => {
    const session = { BAILIWICK_SESSION: env.BAILIWICK_SESSION ?? "", AWS_EC2_METADATA_DISABLED: "true" }
    const refused = { exit: 8, message: /no AWS credentials of its own/u, hint: /aws sso login/u }
    await world.refused(["run", ...read, "--", "true"], refused, { env: session })
  })

  it("that has ended names the command that renews it", async () => {
    Fs.mkdirSync(Path.join(world.home, ".aws"), { recursive: true })
    Fs.writeFileSync(
      Path.join(world.home, ".aws/config"),
      "[profile work]\nsso_start_url = https://example.com\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = broker\n"
    )
    const session = { BAILIWICK_SESSION: env.BAILIWICK_SESSION ?? "", AWS_PROFILE: "work" }
    const refused = { exit: 8, message: /login has ended/u, hint: /aws sso login --profile work/u }
    await world.refused(["run", ...read, "--", "true"], refused, { env: session })
  })
})

/** Asks the run's endpoint as SDKs do, which show the `Message` of a refusal; says when it was first and last answered. */
const untilRefused = `
const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env
const ask = async (said) => {
  const answer = await fetch(url, { headers: { authorization } })
  const body = await answer.json()
  if (!answer.ok) return console.log(JSON.stringify({ status: answer.status, ...body }))
  if (!said) console.log("first")
  setTimeout(ask, 200, true)
}
ask(false)`

/** Waits until AWS has been asked since it was last put. */
const asked = async () => {
  while (front.count === 0) await setTimeout(50)
}

describe("a refusal in the middle of a run", () => {
  it("reaches the child's SDK as a message that its user can read", { timeout: 60_000 }, async () => {
    const words = ["run", "--ttl", "4s", ...read, "--", process.execPath, "--eval", untilRefused]
    const started = world.start(words, { env })
    const first = new Promise<void>((resolve) => started.child.stdout?.once("data", () => resolve()))
    await Promise.race([first, started.ended])
    front.put(refusal("ExpiredToken", 403))
    const { stderr, stdout } = await started.ended
    const { status, Code, Message } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
    assert.isTrue(status >= 400 && status < 500, `${status}`)
    assert.isNotEmpty(Code)
    assert.match(Message, /the broker's own AWS login has ended/u)
    assert.match(Message, /aws sso login/u)
    assert.deepStrictEqual(secrets.in(stdout + stderr), [])
  })

  it(
    "that passes leaves the child what it has, and gives it the next as soon as AWS does",
    { timeout: 60_000 },
    async () => {
      const words = ["run", "--ttl", "6s", ...read, "--", process.execPath, "--eval", untilRefused]
      const started = world.start(words, { env })
      const first = new Promise<void>((resolve) => started.child.stdout?.once("data", () => resolve()))
      await Promise.race([first, started.ended])
      // Two thirds of the life later AWS is asked again, and is not there.
      front.put(refusal("ServiceUnavailable", 503))
      await asked()
      front.put()
      await asked()
      assert.isNull(started.child.exitCode, "nothing was refused")
      started.child.kill()
      await started.ended
    }
  )
})
