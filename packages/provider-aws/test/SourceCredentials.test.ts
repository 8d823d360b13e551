import * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"
import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"
import Dns from "node:dns"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { afterEach, beforeEach, vi } from "vitest"
import * as Loopback from "./support/Loopback.ts"
import * as World from "./support/World.ts"

const nobody = "http://127.0.0.1:1"

const identity = (profile?: string, sts = nobody) =>
  SourceCredentials.use((source) =>
    source.identity({ sts, region: "eu-west-1", ...(profile === undefined ? {} : { profile }) })
  ).pipe(Effect.provide(SourceCredentials.layer), Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv())))

/** As the user reads it; nothing of what the source said may be in it. */
const refusal = Effect.fnUntraced(function* (profile?: string, sts = nobody) {
  const failure = yield* Effect.flip(identity(profile, sts))
  const error = AwsFailure.toProviderError(
    { call: "the broker's own login", role: World.roleArn, region: "eu-west-1", host: "sts" },
    failure
  )
  assert.notInclude(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`, "topsecret")
  return error
})

let directory = ""

const at = (name: string) => join(directory, name)

const file = (name: string, text: string) => {
  writeFileSync(at(name), text)
  return at(name)
}

const config = (text: string) => file("config", text)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bailiwick-aws-"))
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined)
  vi.stubEnv("HOME", directory)
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true")
  vi.stubEnv("AWS_CONFIG_FILE", at("config"))
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", at("credentials"))
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

/** Everything by which an environment or a file would have SDKs ask somebody else; FIPS and dual stack are AWS's own. */
const misled = (url: string) => {
  for (const name of ["", "_STS", "_SSO", "_SSO_OIDC", "_SIGNIN", "_IAM"]) vi.stubEnv(`AWS_ENDPOINT_URL${name}`, url)
  vi.stubEnv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
  vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true")
  vi.stubEnv("AWS_USE_DUALSTACK_ENDPOINT", "true")
  vi.stubEnv("AWS_REGION", "us-east-1")
  return `endpoint_url = ${url}\nservices = there\nregion = us-west-2\n[services there]\n${["sts", "sso", "sso_oidc", "signin"].map((name) => `${name} =\n  endpoint_url = ${url}\n`).join("")}`
}

const catcher = Loopback.serve(Loopback.always(200, "<x/>"))

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

const answerOf = (
  action: string
) => `<${action}Response><${action}Result><Credentials><AccessKeyId>ASIAWEB</AccessKeyId>
<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/broker/x</Arn><AssumedRoleId>AROA:x</AssumedRoleId>
</AssumedRoleUser></${action}Result></${action}Response>`

describe("SourceCredentials of the environment and of a profile", () => {
  it.live("come from the environment", () =>
    Effect.gen(function* () {
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV")
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "hidden")
      vi.stubEnv("AWS_SESSION_TOKEN", "token")
      const found = yield* identity()
      assert.strictEqual(found.accessKeyId, "AKIAENV")
      assert.strictEqual(Redacted.value(found.secretAccessKey), "hidden")
      assert.notInclude(JSON.stringify(found), "hidden")
      assert.notInclude(JSON.stringify(found), 'token"')
    })
  )

  it.live("come from a named profile, and from its credential_process with its end", () =>
    Effect.gen(function* () {
      const output = {
        Version: 1,
        AccessKeyId: "AKIAPROC",
        SecretAccessKey: "s",
        SessionToken: "t",
        Expiration: "2099-01-01T00:00:00Z"
      }
      const path = file("out.json", JSON.stringify(output))
      config(
        `[profile fixed]\naws_access_key_id = AKIAFIXED\naws_secret_access_key = s\n[profile proc]\ncredential_process = cat ${path}\n`
      )
      assert.strictEqual((yield* identity("fixed")).accessKeyId, "AKIAFIXED")
      const found = yield* identity("proc")
      assert.strictEqual(found.accessKeyId, "AKIAPROC")
      assert.strictEqual(found.expiration, 4_070_908_800)
    })
  )

  it.live("of a named profile go before the environment's, without a word on stderr", () =>
    Effect.gen(function* () {
      const warned = vi.spyOn(console, "warn")
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV")
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "hidden")
      config("[profile fixed]\naws_access_key_id = AKIAFIXED\naws_secret_access_key = s\n")
      assert.strictEqual((yield* identity("fixed")).accessKeyId, "AKIAFIXED")
      assert.lengthOf(warned.mock.calls, 0)
    })
  )

  it.live("that are missing say so, with what to do", () =>
    Effect.gen(function* () {
      config("")
      const none = yield* refusal()
      assert.strictEqual(none.reason, "Misconfigured")
      assert.include(none.detail, "no AWS credentials of its own")
      assert.include(none.hint, "aws sso login")
      assert.include((yield* refusal("nobody")).detail, "the broker's AWS profile nobody is missing")
    })
  )

  it.live("of a helper that fails, or says nothing of use, say nothing of what it printed", () =>
    Effect.gen(function* () {
      config(
        "[profile fails]\ncredential_process = sh -c 'echo topsecret; echo topsecret >&2; exit 1'\n" +
          "[profile mumbles]\ncredential_process = echo topsecret\n"
      )
      for (const profile of ["fails", "mumbles"]) {
        const error = yield* refusal(profile)
        assert.strictEqual(error.reason, "Misconfigured")
        assert.include(error.detail, "credential_process")
        assert.include(error.hint, `aws sts get-caller-identity --profile ${profile}`)
      }
    })
  )

  it.effect("of a helper that hangs are waited for no longer than a minute", () =>
    Effect.gen(function* () {
      config("[profile hangs]\ncredential_process = sleep 2\n")
      const asked = yield* Effect.forkChild(refusal("hangs"))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(asked.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(asked)
      assert.strictEqual(error.reason, "Unreachable")
      assert.include(error.hint, "it shows what hangs")
    })
  )

  it.live("that want a one-time password say that nobody can type it here", () =>
    Effect.gen(function* () {
      config(
        "[profile mfa]\nrole_arn = arn:aws:iam::111122223333:role/broker\nsource_profile = keys\nmfa_serial = topsecret\n" +
          "[profile keys]\naws_access_key_id = AKIAFIXED\naws_secret_access_key = s\n"
      )
      assert.include((yield* refusal("mfa")).detail, "one-time password")
    })
  )
})

describe("SourceCredentials of one process", () => {
  /** Asks these in turn, as one broker does. */
  const inTurn = (profiles: ReadonlyArray<string>, sts = nobody) =>
    SourceCredentials.use((source) =>
      Effect.forEach(profiles, (profile) => source.identity({ sts, region: "eu-west-1", profile }))
    ).pipe(Effect.provide(SourceCredentials.layer), Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv())))

  /** A helper that counts how often it was run, and gives credentials for so many minutes. */
  const helper = (name: string, minutes: number) => {
    const end = new Date(Date.now() + minutes * 60_000).toISOString()
    const output = { Version: 1, SecretAccessKey: "s", SessionToken: "t", Expiration: end }
    const count = at(`${name}.count`)
    const script = file(
      `${name}.sh`,
      `echo x >> ${count}\necho '${JSON.stringify(output).replace("{", `{"AccessKeyId":"ASIA${name.toUpperCase()}'$(grep -c x ${count})'",`)}'\n`
    )
    return `[profile ${name}]\ncredential_process = sh ${script}\n`
  }

  const keys = (found: ReadonlyArray<{ readonly accessKeyId: string }>) => found.map(({ accessKeyId }) => accessKeyId)

  it.live("are kept while they are good, and renewed before they end", () =>
    Effect.gen(function* () {
      config(helper("long", 60) + helper("short", 4))
      assert.deepStrictEqual(keys(yield* inTurn(["long", "long"])), ["ASIALONG1", "ASIALONG1"])
      assert.deepStrictEqual(keys(yield* inTurn(["short", "short"])), ["ASIASHORT1", "ASIASHORT2"])
    })
  )

  it.live("that are about to end are used while their helper fails, and not beyond", () =>
    Effect.gen(function* () {
      const output = (seconds: number) =>
        file(
          "out.json",
          JSON.stringify({
            Version: 1,
            AccessKeyId: "AKIASHORT",
            SecretAccessKey: "s",
            Expiration: new Date(Date.now() + seconds * 1000).toISOString()
          })
        )
      config(`[profile short]\ncredential_process = cat ${output(120)}\n`)
      const now = Date.now()
      const found = yield* SourceCredentials.use((source) =>
        Effect.gen(function* () {
          const ask = source.identity({ sts: nobody, region: "eu-west-1", profile: "short" })
          const first = yield* ask
          rmSync(at("out.json"))
          const second = yield* ask
          vi.spyOn(Date, "now").mockReturnValue(now + 121_000)
          assert.isTrue(Result.isFailure(yield* Effect.result(ask)))
          return [first, second]
        })
      ).pipe(Effect.provide(SourceCredentials.layer), Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv())))
      assert.deepStrictEqual(keys(found), ["AKIASHORT", "AKIASHORT"])
    })
  )

  it.live("are of the profile that each target names, however they come in turn", () =>
    Effect.gen(function* () {
      config(helper("one", 60) + helper("two", 60))
      const found = keys(yield* inTurn(["one", "two", "one", "two"]))
      assert.deepStrictEqual(found, ["ASIAONE1", "ASIATWO1", "ASIAONE1", "ASIATWO1"])
    })
  )

  it.live("fail for one profile and not for another, and work again once the helper does", () =>
    Effect.gen(function* () {
      config(`${helper("good", 60)}[profile bad]\ncredential_process = cat ${at("later.json")}\n`)
      const found = yield* SourceCredentials.use((source) =>
        Effect.gen(function* () {
          const ask = (profile: string) => source.identity({ sts: nobody, region: "eu-west-1", profile })
          const [failed, good] = yield* Effect.all([Effect.result(ask("bad")), ask("good")], {
            concurrency: "unbounded"
          })
          assert.isTrue(Result.isFailure(failed))
          file("later.json", JSON.stringify({ Version: 1, AccessKeyId: "AKIALATER", SecretAccessKey: "s" }))
          return [good, yield* ask("bad")]
        })
      ).pipe(Effect.provide(SourceCredentials.layer), Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv())))
      assert.deepStrictEqual(keys(found), ["ASIAGOOD1", "AKIALATER"])
    })
  )
})

describe("SourceCredentials of a role that the login takes on", () => {
  it.live("are asked of the target's own STS, whatever environment and files name", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const elsewhere = yield* catcher
      const lines = misled(elsewhere.url)
      const { accessKeyId, secretAccessKey } = aws.broker
      const role = aws.role({ name: "broker" })
      config(
        `[profile keys]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
          `[profile broker]\nrole_arn = ${role}\nsource_profile = keys\n${lines}`
      )
      const found = yield* identity("broker", aws.url)
      assert.match(found.accessKeyId, /^ASIA/u)
      assert.isDefined(found.expiration)
      assert.deepStrictEqual(
        aws.calls.map(({ action }) => action),
        ["AssumeRole"]
      )
      assert.lengthOf(elsewhere.asked, 0)
    })
  )

  it.live("that is refused names what to look at", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const { accessKeyId, secretAccessKey } = aws.stranger
      config(
        `[profile keys]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
          `[profile broker]\nrole_arn = ${World.roleArn}\nsource_profile = keys\n`
      )
      const error = yield* refusal("broker", aws.url)
      assert.strictEqual(error.reason, "AccessDenied")
      assert.include(error.hint, "role_arn")
    })
  )

  const webIdentity = (way: "environment" | "profile", elsewhere: string) => {
    const token = file("token", "topsecret.web.identity")
    const lines = misled(elsewhere)
    if (way === "environment") {
      vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
      vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/broker")
      config(`[default]\n${lines}`)
      return undefined
    }
    config(
      `[profile web]\nweb_identity_token_file = ${token}\nrole_arn = arn:aws:iam::111122223333:role/broker\n${lines}`
    )
    return "web"
  }

  it.live.each(["environment", "profile"] as const)("by a web identity of the %s go to no other server", (way) =>
    Effect.gen(function* () {
      const elsewhere = yield* catcher
      const sts = yield* Loopback.serve(Loopback.always(200, answerOf("AssumeRoleWithWebIdentity")))
      const found = yield* identity(webIdentity(way, elsewhere.url), sts.url)
      assert.strictEqual(found.accessKeyId, "ASIAWEB")
      assert.strictEqual(
        new URLSearchParams(sts.asked[0]?.body).get("WebIdentityToken"),
        "topsecret.web.identity",
        "the server that was meant is asked"
      )
      assert.lengthOf(elsewhere.asked, 0)
    })
  )

  it.live.each([
    ["ExpiredTokenException", 400, "ExpiredSource", "AWS_WEB_IDENTITY_TOKEN_FILE"],
    ["IDPRejectedClaim", 403, "AccessDenied", "sub and aud"],
    ["IDPCommunicationError", 400, "Unreachable", ".well-known/openid-configuration"],
    ["InvalidIdentityToken", 400, "Misconfigured", "OIDC provider"],
    ["AccessDenied", 403, "AccessDenied", "trust policy"]
  ] as const)("by a web identity that STS answers with %s (%i) become %s", ([code, status, reason, hint]) =>
    Effect.gen(function* () {
      const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>topsecret</Message></Error></ErrorResponse>`
      const sts = yield* Loopback.serve(Loopback.always(status, body))
      const error = yield* refusal(webIdentity("environment", nobody), sts.url)
      assert.strictEqual(error.reason, reason)
      assert.include(error.hint, hint)
    })
  )

  it.live("by a web identity whose file is not there name the variable", () =>
    Effect.gen(function* () {
      vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", at("gone"))
      vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/broker")
      const error = yield* refusal()
      assert.strictEqual(error.reason, "Misconfigured")
      assert.include(error.hint, "AWS_WEB_IDENTITY_TOKEN_FILE")
    })
  )
})

describe("SourceCredentials of a container and of an instance", () => {
  const given = () => ({ AccessKeyId: "ASIAHERE", SecretAccessKey: "s", Token: "t", Expiration: inAnHour() })

  it.live("come from the container's endpoint with its token", () =>
    Effect.gen(function* () {
      const agent = yield* Loopback.serve(Loopback.always(200, JSON.stringify(given())))
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${agent.url}/role`)
      vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file("token", "Bearer mine"))
      assert.strictEqual((yield* identity()).accessKeyId, "ASIAHERE")
      assert.strictEqual(agent.asked[0]?.headers.authorization, "Bearer mine")
    })
  )

  it.live("that the container's endpoint refuses say so, and nothing of its words", () =>
    Effect.gen(function* () {
      const agent = yield* Loopback.serve(Loopback.always(403, '{"Code":"X","Message":"topsecret"}'))
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${agent.url}/role`)
      const error = yield* refusal()
      assert.strictEqual(error.reason, "Misconfigured")
      assert.include(error.detail, "refused")
    })
  )

  const instance = (answer: Loopback.Answer) => {
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined)
    return Effect.tap(Loopback.serve(answer), ({ url }) =>
      Effect.sync(() => vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", `${url}/`))
    )
  }

  it.live("come from the instance's metadata, by a token of IMDSv2", () =>
    Effect.gen(function* () {
      const path = "/latest/meta-data/iam/security-credentials/"
      const metadata = yield* instance(({ headers, method, url }, response) => {
        if (method === "PUT" && url === "/latest/api/token") return void response.writeHead(200).end("imds-token")
        if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return void response.writeHead(401).end()
        response.writeHead(200).end(url === path ? "broker" : JSON.stringify({ Code: "Success", ...given() }))
      })
      assert.strictEqual((yield* identity()).accessKeyId, "ASIAHERE")
      assert.deepStrictEqual(
        metadata.asked.map(({ url }) => url),
        ["/latest/api/token", path, `${path}broker`]
      )
    })
  )

  it.live("of an instance without a role, and of a machine that is none, say what there is to do", () =>
    Effect.gen(function* () {
      yield* instance(Loopback.always(404, "topsecret"))
      assert.include((yield* refusal()).hint, "a role of the machine")
      vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", `${nobody}/`)
      assert.include((yield* refusal()).detail, "no AWS credentials of its own")
    })
  )
})

describe("SourceCredentials of a login by SSO", () => {
  const region = "sso_region = eu-west-1\n"
  const profiles = `[profile old]\nsso_start_url = https://example.com\n${region}sso_account_id = 111122223333\nsso_role_name = agent\n[profile new]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = agent\n[sso-session acme]\nsso_start_url = https://example.com\n${region}`

  const cached = (key: string, token: object) => {
    const cache = join(".aws", "sso", "cache")
    mkdirSync(at(cache), { recursive: true })
    const name = createHash("sha1").update(key).digest("hex")
    file(join(cache, `${name}.json`), JSON.stringify({ accessToken: "topsecret", ...token }))
  }

  /** The hosts that are looked for; nobody is found. */
  const asked = () => {
    const hosts: Array<string> = []
    vi.spyOn(Dns, "lookup").mockImplementation(((host: string, _: unknown, done: (error: Error) => void) => {
      hosts.push(host)
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }))
      // oxlint-disable-next-line no-explicit-any -- one of the many forms that the function has
    }) as any)
    return hosts
  }

  it.live.each([
    ["old", "https://example.com", "that nobody has begun", undefined],
    ["old", "https://example.com", "that has ended", { expiresAt: "2020-01-01T00:00:00Z" }],
    ["new", "acme", "that nobody has begun", undefined],
    ["new", "acme", "that has ended and cannot be renewed", { expiresAt: "2020-01-01T00:00:00Z" }]
  ] as const)("(profile %s, %s) %s ask for a new one, by its command", ([profile, key, , token]) =>
    Effect.gen(function* () {
      config(profiles)
      if (token !== undefined) cached(key, token)
      const error = yield* refusal(profile)
      assert.strictEqual(error.reason, "ExpiredSource")
      assert.include(error.hint, `aws sso login --profile ${profile}`)
      vi.stubEnv("AWS_PROFILE", profile)
      assert.include((yield* refusal()).hint, `aws sso login --profile ${profile}`)
    })
  )

  it.live.each([
    ["old", "https://example.com"],
    ["new", "acme"]
  ] as const)("(profile %s, %s) that is still good shows its token to AWS's own portal alone", ([profile, key]) =>
    Effect.gen(function* () {
      const elsewhere = yield* catcher
      config(profiles.replaceAll("\n[", `\n${misled(elsewhere.url)}[`))
      cached(key, { expiresAt: inAnHour() })
      const hosts = asked()
      const error = yield* refusal(profile)
      assert.deepStrictEqual([...new Set(hosts)], ["portal.sso-fips.eu-west-1.api.aws"])
      assert.lengthOf(elsewhere.asked, 0)
      assert.strictEqual(error.reason, "Unreachable")
      assert.include(error.detail, "ENOTFOUND")
    })
  )

  it.live("that can be renewed shows its refresh token to AWS alone", () =>
    Effect.gen(function* () {
      const elsewhere = yield* catcher
      config(profiles.replaceAll("\n[", `\n${misled(elsewhere.url)}[`))
      cached("acme", {
        expiresAt: "2020-01-01T00:00:00Z",
        clientId: "topsecret",
        clientSecret: "topsecret",
        refreshToken: "topsecret"
      })
      const hosts = asked()
      yield* refusal("new")
      assert.deepStrictEqual([...new Set(hosts)], ["oidc-fips.eu-west-1.api.aws"])
      assert.lengthOf(elsewhere.asked, 0)
    })
  )
})

it.live("a region that is no host name leads nowhere", () =>
  Effect.gen(function* () {
    const elsewhere = yield* catcher
    vi.stubEnv("AWS_REGION", `x@${new URL(elsewhere.url).host}/`)
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", file("token", "topsecret"))
    vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/broker")
    assert.strictEqual((yield* refusal()).reason, "Unreachable")
    assert.lengthOf(elsewhere.asked, 0)
  })
)
