import { assert, describe, it } from "@effect/vitest"
import * as AwsDocument from "@bailiwick/delivery/AwsDocument"
import * as CredentialProcess from "@bailiwick/delivery/CredentialProcess"

const secret = { AccessKeyId: "ASIA1", SecretAccessKey: "key", SessionToken: "token", AccountId: "111122223333" }
const credentials = { provider: "aws", expires: 1_900_000_900, secret }

describe("AwsDocument", () => {
  it("writes what a credential_process prints", () => {
    const text = `{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"key","SessionToken":"token","Expiration":"2030-03-17T18:01:40Z","AccountId":"111122223333"}\n`
    assert.strictEqual(AwsDocument.process(credentials), text)
    assert.strictEqual(CredentialProcess.document(credentials), text)
  })

  it("writes what a container endpoint answers, where the token has another name", () => {
    assert.strictEqual(
      AwsDocument.container(credentials),
      `{"AccessKeyId":"ASIA1","SecretAccessKey":"key","Token":"token","Expiration":"2030-03-17T18:01:40Z","AccountId":"111122223333"}\n`
    )
  })

  it("leaves out an account that is not known, and whatever else the credentials hold", () => {
    const { AccountId: _, ...known } = secret
    const text = AwsDocument.process({ ...credentials, secret: { ...known, Region: "eu-west-1" } }) ?? ""
    assert.deepStrictEqual(Object.keys(JSON.parse(text)), [
      "Version",
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
      "Expiration"
    ])
  })

  it.each(["AccessKeyId", "SecretAccessKey", "SessionToken"])("has no document without %s", (name) => {
    for (const value of [{}, { [name]: "" }]) {
      const { [name as keyof typeof secret]: _, ...rest } = secret
      assert.isUndefined(AwsDocument.process({ ...credentials, secret: { ...rest, ...value } }))
      assert.isUndefined(AwsDocument.container({ ...credentials, secret: { ...rest, ...value } }))
    }
  })

  it("has no document for another provider", () => {
    assert.isUndefined(AwsDocument.process({ ...credentials, provider: "gcp" }))
    assert.isUndefined(AwsDocument.container({ ...credentials, provider: "oidc" }))
    assert.isUndefined(CredentialProcess.token(credentials))
  })
})
