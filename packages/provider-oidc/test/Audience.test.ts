import { assert, describe, it } from "@effect/vitest"
import * as Audience from "@bailiwick/provider-oidc/Audience"

const target = { provider: "oidc", principal: "https://api.example.com" } as const

describe("Audience", () => {
  it("is the target's principal and what its settings name, once each", () => {
    assert.deepStrictEqual(Audience.configured(target), ["https://api.example.com"])
    const settings = { audiences: "reports  https://api.example.com urn:example:x" }
    assert.deepStrictEqual(Audience.configured({ ...target, settings }), [
      "https://api.example.com",
      "reports",
      "urn:example:x"
    ])
  })

  it("is never a principal that no token could name", () => {
    assert.deepStrictEqual(Audience.configured({ ...target, principal: "the API of Acme" }), [])
    assert.deepStrictEqual(Audience.configured({ ...target, principal: "äpi" }), [])
  })

  it.each([
    "sts.amazonaws.com",
    "STS.AmazonAWS.com",
    "https://sts.amazonaws.com/",
    "sts.amazonaws.com.",
    "https://sts.eu-west-1.amazonaws.com",
    "https://sts-fips.us-east-1.amazonaws.com:443",
    "sts.amazonaws.com.cn",
    "https://signin.aws.amazon.com/saml",
    "urn:amazon:webservices",
    "cognito-identity.amazonaws.com",
    "https://sts.googleapis.com",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "//iam.example-universe.goog/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com",
    "api://AzureADTokenExchange",
    "api://azureadtokenexchange",
    "api://AzureADTokenExchangeUSGov",
    "api://AzureADTokenExchangeChina",
    "https://login.microsoftonline.com/tenant/v2.0",
    "https://login.microsoftonline.us",
    "https://sts.windows.net/tenant/",
    "https://management.azure.com",
    "https://management.azure.com/.default",
    "https://management.core.windows.net/",
    "https://graph.microsoft.com",
    "https://storage.azure.com",
    "https://acme.vault.azure.net",
    "https://user@sts.amazonaws.com/"
  ])("of a cloud's exchange is known as such: %s", (audience) => {
    assert.isString(Audience.exchange(audience))
  })

  it.each([
    "https://api.example.com",
    "reports",
    "urn:example:reports",
    "https://abc123.execute-api.eu-west-1.amazonaws.com",
    "https://acme.azurewebsites.net",
    "https://acme.azure-api.net",
    "https://sts.example.com",
    "https://sts.amazonaws.com.example.com",
    "https://notgoogleapis.com",
    "api://0f3c1d2e"
  ])("of an API is none of an exchange: %s", (audience) => {
    assert.isUndefined(Audience.exchange(audience))
  })
})
