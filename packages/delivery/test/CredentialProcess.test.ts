import { assert, describe, it } from "@effect/vitest"
import * as CredentialProcess from "@bailiwick/delivery/CredentialProcess"

const credentials = { provider: "oidc", expires: 1_900_000_900, secret: { token: "a.b.c" } }

describe("CredentialProcess", () => {
  it("writes compact JSON and one line end", () => {
    assert.strictEqual(CredentialProcess.document(credentials), `{"version":1,"token":"a.b.c","expires":1900000900}\n`)
  })

  it("writes nothing else that the credentials hold", () => {
    const more = { ...credentials, secret: { token: "a.b.c", refresh: "no" } }
    assert.notInclude(CredentialProcess.document(more) ?? "", "refresh")
  })

  it("has no document for another provider, or without a token", () => {
    assert.isUndefined(CredentialProcess.document({ ...credentials, provider: "aws" }))
    assert.isUndefined(CredentialProcess.document({ ...credentials, secret: {} }))
  })
})
