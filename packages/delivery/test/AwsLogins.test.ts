/** Whether the real SDK and the real AWS CLI find a login that lies in a home directory, as most people's do. */
import { assert, describe, it } from "@effect/vitest"
import * as ChildEnvironment from "@bailiwick/delivery/ChildEnvironment"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { directory } from "./support/Fixtures.ts"

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

interface Login {
  readonly name: string
  /** Lies beneath the home directory. */
  readonly files: (keys: Keys, home: string, url: string) => Readonly<Record<string, string>>
  /** What a client says that has found it: its key, or how it fails with it here, where nobody answers it. */
  readonly found: RegExp
  readonly clients: ReadonlyArray<"sdk" | "cli">
}

const ini = ({ accessKeyId, secretAccessKey }: Keys) =>
  `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`

const start = "https://acme.awsapps.com/start"

const logins: ReadonlyArray<Login> = [
  {
    name: "keys in ~/.aws/credentials",
    files: (keys) => ({ ".aws/credentials": ini(keys) }),
    found: /AKIA|:user\//u,
    clients: ["sdk", "cli"]
  },
  {
    name: "keys in ~/.aws/config",
    files: (keys) => ({ ".aws/config": ini(keys) }),
    found: /AKIA|:user\//u,
    clients: ["sdk", "cli"]
  },
  {
    name: "a credential_process",
    files: ({ accessKeyId, secretAccessKey }, home) => ({
      ".aws/config": `[default]\ncredential_process = cat ${home}/document\n`,
      document: JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey })
    }),
    found: /AKIA|:user\//u,
    clients: ["sdk", "cli"]
  },
  {
    name: "a web identity",
    // Its token is missing, so that no client asks a server that the test does not stand for.
    files: (_, home) => ({
      ".aws/config": `[default]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111122223333:role/agent\nweb_identity_token_file = ${home}/token-of-the-test\n`
    }),
    found: /token-of-the-test/u,
    clients: ["sdk", "cli"]
  },
  {
    name: "a session of IAM Identity Center",
    files: () => ({
      ".aws/config": `[default]\nsso_start_url = ${start}\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = agent\n`,
      [`.aws/sso/cache/${createHash("sha1").update(start).digest("hex")}.json`]: JSON.stringify({
        startUrl: start,
        region: "eu-west-1",
        accessToken: "planted",
        expiresAt: "2020-01-01T00:00:00Z"
      })
    }),
    found: /SSO|sso/u,
    clients: ["sdk", "cli"]
  },
  {
    name: "keys in ~/.boto",
    files: ({ accessKeyId, secretAccessKey }) => ({
      ".boto": `[Credentials]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    }),
    found: /:user\//u,
    clients: ["cli"]
  }
]

/** Everything that a program says, on both streams. */
const said = (command: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, input = "") =>
  Effect.promise(
    () =>
      new Promise<string>((done, failed) => {
        const child = spawn(command, args, { env: { ...env }, stdio: ["pipe", "pipe", "pipe"] })
        let text = ""
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding("utf8").on("data", (more) => (text += more))
        child.stdin.on("error", () => undefined).end(input)
        child.on("error", failed).on("close", () => done(text))
      })
  )

const clients = {
  sdk: (env: Readonly<Record<string, string>>) =>
    said(process.execPath, [Path.join(import.meta.dirname, "fixtures/AwsClient.ts")], env, "ask\n"),
  // Named on the command line, because an older CLI does not read it from the environment.
  cli: (env: Readonly<Record<string, string>>) =>
    said(
      "aws",
      ["--region", "eu-west-1", "--endpoint-url", env["AWS_ENDPOINT_URL"] ?? "", "sts", "get-caller-identity"],
      env
    )
}
const nothing = { sdk: /^CredentialsProviderError: Could not load credentials/u, cli: /Unable to locate credentials/u }

const plant = (login: Login, keys: Keys, home: string, url: string) => {
  for (const [name, content] of Object.entries(login.files(keys, home, url))) {
    const path = Path.join(home, name)
    Fs.mkdirSync(Path.dirname(path), { recursive: true })
    Fs.writeFileSync(path, content, { mode: 0o600 })
  }
}

const cli = (process.env["PATH"] ?? "").split(":").some((place) => Fs.existsSync(Path.join(place, "aws")))
if (!cli) console.warn("NOT TESTED HERE: no aws on PATH; CI has it")

describe.each(["sdk", "cli"] as const)("the real %s, in a child without credentials", (client) => {
  for (const login of logins.filter(({ clients }) => clients.includes(client))) {
    // The CLI takes seconds to start on a busy machine.
    it.live.skipIf(client === "cli" && !cli && process.env["CI"] !== "true")(
      `does not find ${login.name}`,
      () =>
        Effect.gen(function* () {
          const [aws, other] = [yield* FakeAws.make, yield* FakeAws.make]
          const home = yield* directory
          plant(login, aws.user(FakeAws.everything), home, aws.url)
          const parent = { PATH: process.env["PATH"] ?? "", HOME: home }
          const open = { ...parent, AWS_ENDPOINT_URL: aws.url, AWS_EC2_METADATA_DISABLED: "true" }
          const closed = ChildEnvironment.build({
            parent,
            configuration: Path.join(home, "configuration"),
            delivered: { AWS_ENDPOINT_URL: other.url },
            platform: process.platform
          })
          const both = [clients[client](open), clients[client](closed)] as const
          const [found, answer] = yield* Effect.all(both, { concurrency: 2 })
          assert.match(found, login.found, "the positive control: it is found where nothing is closed off")
          assert.match(answer.trim(), nothing[client])
          assert.lengthOf(other.calls, 0, "AWS was asked for nothing")
        }),
      30_000
    )
  }
})
