/** What the real AWS SDK takes from a child's environment, in a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import type { Credentials } from "@bailiwick/core/Credentials"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AwsDocument from "@bailiwick/delivery/AwsDocument"
import * as ChildEnvironment from "@bailiwick/delivery/ChildEnvironment"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import { DeliveryError, Refused } from "@bailiwick/delivery/DeliveryError"
import * as LoopbackEndpoint from "@bailiwick/delivery/LoopbackEndpoint"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { createInterface } from "node:readline"
import { directory, services } from "./support/Fixtures.ts"

const seconds = 1000
const realNow = () => UnixTime.UnixTime.make(Math.floor(Date.now() / seconds))

/** A session of the account that the fake AWS takes, which the given number of seconds is left of. */
const lend = (aws: FakeAws.FakeAws, left: number): Credentials => {
  const { accessKeyId, secretAccessKey, sessionToken = "" } = aws.login("agent")
  return {
    provider: "aws",
    secret: Redacted.make<Readonly<Record<string, string>>>({
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken
    }),
    expires: UnixTime.plus(realNow(), left)
  }
}

const world = Effect.gen(function* () {
  const aws = yield* FakeAws.make
  aws.role({ name: "agent" })
  const home = yield* directory
  return { aws, home }
})

/** A client in a process of its own; each call of it is one request to AWS, and its answer the key or the error. */
const client = (env: ChildEnvironment.Environment) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [Path.join(import.meta.dirname, "fixtures/AwsClient.ts")], {
          env: { ...env },
          stdio: ["pipe", "pipe", "inherit"]
        })
      ),
      (child) => Effect.sync(() => child.kill())
    ),
    (child) => {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return Effect.promise(async () => {
        child.stdin.write("ask\n")
        const { value } = await lines.next()
        return String(value)
      })
    }
  )

const child = (
  home: string,
  delivered: ChildEnvironment.Environment,
  parent: Readonly<Record<string, string | undefined>> = { PATH: process.env.PATH }
) =>
  ChildEnvironment.build({
    parent: { HOME: home, ...parent },
    configuration: Path.join(home, "configuration"),
    delivered,
    platform: process.platform
  })

/** An endpoint whose broker mints a new session each time that it is asked, as long as it may. */
const endpoint = (aws: FakeAws.FakeAws, life: number) =>
  Effect.gen(function* () {
    const broker = { asked: 0, generation: 1, isRevoked: false }
    const revoked = new DeliveryError({ reason: new Refused({ code: "revoked", detail: "the session was revoked" }) })
    const lease = yield* CredentialLease.make({
      ask: Effect.suspend(() => {
        broker.asked += 1
        if (broker.isRevoked) return Effect.fail(revoked)
        return Effect.succeed({ credentials: lend(aws, life), generation: broker.generation })
      }),
      generation: Effect.sync(() => broker.generation)
    })
    const served = yield* LoopbackEndpoint.serve({ lease, provider: "aws" })
    return { broker, delivered: { ...served.environment, AWS_ENDPOINT_URL: aws.url, AWS_REGION: "eu-west-1" } }
  })

// Every source of the SDKs' chains beside the one that is delivered; each would open the account with another key.
const sources = (aws: FakeAws.FakeAws, home: string): Readonly<Record<string, string>> => {
  const { accessKeyId, secretAccessKey } = aws.user(FakeAws.everything)
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  Fs.mkdirSync(Path.join(home, ".aws"))
  Fs.writeFileSync(Path.join(home, ".aws/credentials"), `[default]\n${keys}[work]\n${keys}`)
  Fs.writeFileSync(Path.join(home, ".aws/config"), `[default]\nregion = eu-west-1\n[profile work]\n${keys}`)
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_PROFILE: "work",
    AWS_DEFAULT_PROFILE: "work",
    AWS_CONFIG_FILE: Path.join(home, ".aws/config"),
    AWS_SHARED_CREDENTIALS_FILE: Path.join(home, ".aws/credentials"),
    AWS_WEB_IDENTITY_TOKEN_FILE: Path.join(home, "web-identity"),
    AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/agent",
    AWS_ROLE_SESSION_NAME: "planted",
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/planted",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/planted",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "planted",
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: Path.join(home, "authorization"),
    AWS_EC2_METADATA_DISABLED: "false",
    AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:9/",
    AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv4",
    AWS_BEARER_TOKEN_BEDROCK: "planted",
    AWS_LOGIN_CACHE_DIRECTORY: Path.join(home, "login")
  }
}

describe("the real AWS SDK", () => {
  it.live("takes one minted session for all its calls, however close to its end it asks before each of them", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      // Within five minutes of the end the SDK asks the endpoint before every call.
      const { broker, delivered } = yield* endpoint(aws, 200)
      const ask = yield* client(child(home, delivered))
      const first = yield* ask
      assert.match(first, /^ASIA/u)
      assert.deepStrictEqual([yield* ask, yield* ask, yield* ask], [first, first, first])
      assert.strictEqual(broker.asked, 1)
    }).pipe(Effect.provide(services))
  )

  it.live("takes the next session inside one long-lived client, by itself", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      const { broker, delivered } = yield* endpoint(aws, 200)
      const ask = yield* client(child(home, delivered))
      const first = yield* ask
      broker.generation += 1
      // So close to the end the SDK refreshes beside a call, which still signs with what it has.
      const second = yield* ask.pipe(Effect.repeat({ until: (key) => key !== first, times: 20 }))
      assert.match(second, /^ASIA/u)
      assert.notStrictEqual(second, first)
      assert.strictEqual(broker.asked, 2)
    }).pipe(Effect.provide(services))
  )

  it.live("keeps working beyond the life of one session, and stops when the next one is refused", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      const { broker, delivered } = yield* endpoint(aws, 2)
      const ask = yield* client(child(home, delivered))
      const first = yield* ask
      const end = Date.now() + 3 * seconds
      const keys = new Set([first])
      while (Date.now() < end) keys.add(yield* ask)
      assert.isAtLeast(keys.size, 2)
      for (const key of keys) assert.match(key, /^ASIA/u)
      assert.isAtMost(broker.asked, 5)
      broker.generation += 1
      broker.isRevoked = true
      // What the SDK holds already lives to its end; it is given nothing after that. Its chain keeps the reason to itself.
      const refused = yield* ask.pipe(Effect.repeat({ until: (answer) => !answer.startsWith("ASIA") }))
      assert.match(refused, /^CredentialsProviderError: /u)
    }).pipe(Effect.provide(services))
  )

  it.live("takes a session from the environment", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Redacted.value(lend(aws, 900).secret)
      const delivered = {
        AWS_ACCESS_KEY_ID: AccessKeyId,
        AWS_SECRET_ACCESS_KEY: SecretAccessKey,
        AWS_SESSION_TOKEN: SessionToken,
        AWS_ENDPOINT_URL: aws.url
      }
      assert.strictEqual(yield* yield* client(child(home, delivered)), AccessKeyId)
    }).pipe(Effect.provide(services))
  )

  it.live("takes a session from a credential_process", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      const { expires, provider, secret } = lend(aws, 900)
      const document = Path.join(home, "document")
      Fs.writeFileSync(document, AwsDocument.process({ expires, provider, secret: Redacted.value(secret) }) ?? "")
      Fs.writeFileSync(Path.join(home, "config"), `[default]\ncredential_process = cat ${document}\n`)
      const env = child(home, { AWS_CONFIG_FILE: Path.join(home, "config"), AWS_ENDPOINT_URL: aws.url })
      assert.strictEqual(yield* yield* client(env), Redacted.value(secret).AccessKeyId)
    }).pipe(Effect.provide(services))
  )

  it.live("finds none of the parent's other logins, with or without one of ours", () =>
    Effect.gen(function* () {
      const { aws, home } = yield* world
      const planted = sources(aws, home)
      const parent = { PATH: process.env.PATH, ...planted }
      const there = { ...parent, HOME: home, AWS_ENDPOINT_URL: aws.url }
      // The positive control: the planted login opens the account where nothing is scrubbed.
      assert.match(
        yield* yield* client({ HOME: home, PATH: process.env.PATH ?? "", ...planted, AWS_ENDPOINT_URL: aws.url }),
        /^AKIA/u
      )
      const { delivered } = yield* endpoint(aws, 900)
      assert.match(yield* yield* client(child(home, delivered, there)), /^ASIA/u)
      assert.match(
        yield* yield* client(child(home, { AWS_ENDPOINT_URL: aws.url }, there)),
        /^CredentialsProviderError: Could not load credentials/u
      )
      const scrubbed = child(home, {}, there)
      for (const [name, value] of Object.entries(planted)) assert.notStrictEqual(scrubbed[name], value, name)
    }).pipe(Effect.provide(services))
  )

  it.effect("is told who refused, in the members that it shows", () =>
    Effect.gen(function* () {
      const refused = new DeliveryError({ reason: new Refused({ code: "revoked", detail: "the session was revoked" }) })
      const lease = yield* CredentialLease.make({ ask: Effect.fail(refused), generation: Effect.succeed(1) })
      const { authorization, baseUrl, environment } = yield* LoopbackEndpoint.serve({ lease, provider: "aws" })
      const url = `${baseUrl}/aws`
      assert.deepStrictEqual(environment, {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: Redacted.value(authorization)
      })
      const answer = (headers: Readonly<Record<string, string>>, method = "GET") =>
        Effect.promise(async () => {
          const response = await fetch(url, { headers, method })
          return [response.status, await response.json()]
        })
      const headers = { authorization: Redacted.value(authorization) }
      assert.deepStrictEqual(yield* answer(headers), [403, { Code: "revoked", Message: "the session was revoked" }])
      const [status, body] = yield* answer({ authorization: "Bearer other" })
      assert.strictEqual(status, 401)
      assert.deepStrictEqual(Object.keys(body), ["Code", "Message"])
      assert.strictEqual((yield* answer({ ...headers, origin: "https://example.com" }))[0], 403)
      assert.strictEqual((yield* answer(headers, "POST"))[0], 405)
    }).pipe(Effect.provide(services))
  )
})
