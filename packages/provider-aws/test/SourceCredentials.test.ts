import { SourceCredentials } from "@bailiwick/provider-aws/SourceCredentials"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, vi } from "vitest"
import * as AwsFailure from "@bailiwick/provider-aws/AwsFailure"

const identity = (profile?: string) =>
  SourceCredentials.use((source) =>
    source.identity({ sts: "http://127.0.0.1:1", region: "eu-west-1", ...(profile === undefined ? {} : { profile }) })
  ).pipe(Effect.provide(SourceCredentials.layer))

const asked: AwsFailure.Asked = {
  call: "AssumeRole",
  role: "arn:aws:iam::111122223333:role/agent",
  region: "eu-west-1",
  host: "sts"
}

let directory = ""

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bailiwick-aws-"))
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined)
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true")
  vi.stubEnv("AWS_CONFIG_FILE", join(directory, "config"))
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(directory, "credentials"))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

const config = (text: string) => writeFileSync(join(directory, "config"), text)

describe("SourceCredentials", () => {
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
      writeFileSync(join(directory, "out.json"), JSON.stringify(output))
      config(
        `[profile fixed]\naws_access_key_id = AKIAFIXED\naws_secret_access_key = s\n[profile proc]\ncredential_process = cat ${join(directory, "out.json")}\n`
      )
      assert.strictEqual((yield* identity("fixed")).accessKeyId, "AKIAFIXED")
      const found = yield* identity("proc")
      assert.strictEqual(found.accessKeyId, "AKIAPROC")
      assert.strictEqual(found.expiration, 4_070_908_800)
    })
  )

  it.live("are missed with what to do", () =>
    Effect.gen(function* () {
      config("")
      const error = AwsFailure.toProviderError(asked, yield* Effect.flip(identity("nobody")))
      assert.strictEqual(error.reason, "Misconfigured")
      assert.include(error.hint, "aws sso login")
    })
  )

  it.live("that failed say nothing of what a helper printed", () =>
    Effect.gen(function* () {
      config("[profile proc]\ncredential_process = sh -c 'echo topsecret; echo topsecret >&2; exit 1'\n")
      const error = AwsFailure.toProviderError(asked, yield* Effect.flip(identity("proc")))
      assert.notInclude(JSON.stringify(error) + error.message, "topsecret")
    })
  )

  it.live("of a login that has ended ask for a new login", () =>
    Effect.gen(function* () {
      config(
        "[profile sso]\nsso_start_url = https://example.com\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = agent\n"
      )
      const error = AwsFailure.toProviderError(asked, yield* Effect.flip(identity("sso")))
      assert.strictEqual(error.reason, "ExpiredSource")
      assert.include(error.hint, "aws sso login")
    })
  )
})
